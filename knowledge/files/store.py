"""Where the bytes of files are kept: five methods, behind which stands a folder or an S3 bucket.

A name is a path of small letters, digits and hyphens. What is under a name never changes: `put` writes it whole or not
at all, and when it returns the bytes survive a power cut. Nobody sees half a file.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

BLOCK = 128 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*){0,3}", re.ASCII)
ASIDE = "aside"  # where a folder keeps what is not whole yet


class FilesUnavailable(Exception):
    """The place where files are kept is full, away or refuses us. Nothing was changed; try again later."""


# what a disk says that is full, broken, read-only or asked by too many: no fault of the file, and it may be over soon
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE})


class NoSuchFile(Exception):
    """Nothing is kept under this name."""


class Store(Protocol):
    """A place for files. Every method raises FilesUnavailable when the place cannot be reached."""

    def put(self, name: str, source: BinaryIO) -> None:
        """Keep everything that can be read from `source`, durably; again under the same name does no harm."""

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on, in blocks. Raises NoSuchFile at once, not at the first block."""

    def size(self, name: str) -> int | None:
        """How many bytes it has; None for a name that is not there."""

    def drop(self, name: str) -> None:
        """Keep it no longer; no matter if it is not there."""

    def names(self, within: str = "") -> Iterator[tuple[str, datetime]]:
        """All names (below a path), each with the moment it was written."""


def open_store(url: str, folder: Path) -> Store:
    """The store of a site: an S3 bucket (`s3://bucket/prefix?endpoint=...`) or, for an empty `url`, this folder."""
    if not url:
        return Folder(folder)
    from knowledge.files.s3 import Bucket  # boto3 is an extra, and takes half a second to import

    return Bucket(url)


def checked(name: str) -> str:
    """The name, if it is one. Raises ValueError: names are made here and never come from outside."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name of a file: {name[:80]!r}")
    return name


class Folder:
    """A folder of this machine (or one that several machines share)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, source: BinaryIO) -> None:
        """Written aside, synced, and only then given its name."""
        target, aside = self._path(name), self._root / ASIDE / secrets.token_hex(12)
        try:
            for folder in (aside.parent, target.parent):
                _make(folder, self._root.parent)
            try:
                with aside.open("xb") as file:
                    shutil.copyfileobj(source, file, BLOCK)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(target)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
            sync(target.parent)
        except OSError as error:
            raise FilesUnavailable(f"{self._root}: {error.strerror}") from error

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Opened now, read as it is asked for."""
        try:
            file = self._path(name).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise NoSuchFile(name) from None
        except OSError as error:
            raise FilesUnavailable(f"{self._root}: {error.strerror}") from error
        return _blocks(file, start, length)

    def size(self, name: str) -> int | None:
        """From the folder's own books."""
        try:
            return self._path(name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise FilesUnavailable(f"{self._root}: {error.strerror}") from error

    def drop(self, name: str) -> None:
        """Its folder stays: another process may be about to write there."""
        try:
            self._path(name).unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise FilesUnavailable(f"{self._root}: {error.strerror}") from error

    def names(self, within: str = "") -> Iterator[tuple[str, datetime]]:
        """What lies aside is among them: a process that died may have left it there."""
        start = self._path(within) if within else self._root
        for path in sorted(start.rglob("*")) if start.is_dir() else ():
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                yield path.relative_to(self._root).as_posix(), datetime.fromtimestamp(stat.st_mtime, UTC)

    def _path(self, name: str) -> Path:
        return self._root / checked(name)


def _blocks(file: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = length
        while left is None or left > 0:
            block = file.read(BLOCK if left is None else min(BLOCK, left))
            if not block:
                return
            left = left if left is None else left - len(block)
            yield block


def _make(folder: Path, above: Path) -> None:
    """A folder and those above it, each known to the disk before anything is put into it."""
    if folder.is_dir() or folder == above:
        folder.mkdir(parents=True, exist_ok=True)
        return
    _make(folder.parent, above)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(folder: Path) -> None:
    """Let the disk know the names in a folder: else a power cut may take back a file that was written whole."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
