"""A disk that loses its power: of everything written, only what was synced is there afterwards.

While a `Disk` watches a folder, each fsync copies what it makes durable: of a file its content, of a folder its names.
At each one, before and after, `worlds` gives what a power cut at this moment may leave behind: exactly what was synced,
or, as journalling file systems do, all names as they are with the contents that were synced.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Names = dict[str, int]  # what stands in a folder: name -> inode


class Disk:
    """What of a folder is durable. `cut` is called with a function that makes each possible world."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, cut: Callable[[Disk], None]) -> None:
        self.root, self.cuts = root, 0
        self._cut, self._lock = cut, threading.RLock()
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, Names] = {root.stat().st_ino: {}}
        really = os.fsync

        def fsync(descriptor: int) -> None:
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            if not path.is_relative_to(root):
                really(descriptor)
                return
            with self._lock:
                self.go_out()
                self._keep(path, os.fstat(descriptor).st_ino)
                self.go_out()

        monkeypatch.setattr(os, "fsync", fsync)

    def go_out(self) -> None:
        """The power goes now."""
        with self._lock:
            self.cuts += 1
            self._cut(self)

    def worlds(self, folder: Path) -> Iterator[Path]:
        """Each folder that the power cut may leave: only synced names, and all names."""
        for ahead in (False, True):
            made = folder / ("names-ahead" if ahead else "synced")
            self._make(self.root, self.root.stat().st_ino, made, ahead)
            yield made

    def _keep(self, path: Path, inode: int) -> None:
        """Durable from now on; a number of what was deleted may come again for something else."""
        self._names.pop(inode, None)
        self._contents.pop(inode, None)
        if path.is_dir():
            self._names[inode] = _names(path)
        else:
            self._contents[inode] = path.read_bytes()

    def _make(self, path: Path, inode: int, made: Path, ahead: bool) -> None:
        made.mkdir(parents=True)
        now = _names(path) if path.is_dir() else {}
        for name, inside in (now if ahead else self._names.get(inode, {})).items():
            if inside in self._names or (path / name).is_dir():
                self._make(path / name, inside, made / name, ahead)
            else:
                (made / name).write_bytes(self._contents.get(inside, b""))


def _names(folder: Path) -> Names:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}
