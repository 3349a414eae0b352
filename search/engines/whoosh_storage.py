"""Whoosh on disk so that a power cut loses nothing: every file synced, generations built aside and swapped.

Layout of an index folder (mode 0700; the files hold pickles, so nothing from outside is ever put there):

    CURRENT            the name of the generation that serves, written aside and renamed
    g-000001/          one generation: a Whoosh index and FINGERPRINT, the schema it was built for
    rebuild.lock       held by the one process that builds a new generation
    write.lock         held for a commit
    merge.lock         held by the one process that merges segments
"""

from __future__ import annotations

import fcntl
import io
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh.codec.base import Segment
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC, clean_files

from search.errors import SearchBusy, SearchUnavailable
from search.schema import IndexSchema

INDEX = "MAIN"  # Whoosh's name for the only index of a folder
PATIENCE = 10.0  # seconds to wait for another writer
LEFT_OVER = re.compile(rf"_{INDEX}_\d+\.toc\.")
SMALL = 1 << 18  # bytes of a segment's file that are kept in memory
NEAR = 4096  # bytes of a part that are read at once
RACY = 100_000_000  # nanoseconds: two changes this close together may leave the same time on a folder


class DurableStorage(FileStorage):
    """Whoosh's folder storage, with what Whoosh leaves out: fsync of files when closed and of the folder's names."""

    def create_file(self, name: str, excl: bool = False, mode: str = "wb", **kwargs: Any) -> StructFile:
        """A file that is synced before it is closed."""
        file = super().create_file(name, excl=excl, mode=mode, **kwargs)
        before = file.onclose

        def sync(closing: StructFile) -> None:
            if before:
                before(closing)
            if closing.is_real:
                closing.flush()
                os.fsync(closing.file.fileno())

        file.onclose = sync
        return file

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """A rename that is on disk, with everything it refers to, when this returns."""
        sync_folder(Path(self.folder))
        super().rename_file(oldname, newname, safe=safe)
        sync_folder(Path(self.folder))


class SegmentFile(CompoundStorage):
    """The one file of a segment, read where it lies. Whoosh would copy all of it, or map it into memory.

    Of a map whose file was cut short, or lies on a disk that fails, the system ends the process; reading raises.
    A small file is read once and kept: after each commit some twenty of them are asked for every word.
    """

    def __init__(self, file: StructFile) -> None:
        self._whole: bytes | None = None
        if (size := os.fstat(file.fileno()).st_size) <= SMALL:
            self._whole = os.pread(file.fileno(), size, 0)
            file.close()
            file = BufferFile(self._whole)
        super().__init__(file, use_mmap=False)

    def open_file(self, name: str, *args: Any, **kwargs: Any) -> BufferFile:
        """A part of the file."""
        offset, length = self.range(name)
        if self._whole is None:
            return _Part(self._file, name, offset, length)
        return BufferFile(self._whole[offset : offset + length], name)


class _Part(BufferFile):
    def __init__(self, whole: StructFile, name: str, offset: int, length: int) -> None:
        super().__init__(b"", name)
        self._whole, self._offset, self._length = whole, offset, length
        self._near = (0, b"")  # what was read last, and a little further: a dictionary is read in small steps
        self.file: Any = _Reader(self)

    def get(self, position: int, length: int) -> bytes:
        """Bytes of this part. Raises EOFError where the file ends too early."""
        start, near = self._near
        if start <= position and position + length <= start + len(near):
            return near[position - start : position - start + length]
        length = max(0, min(length, self._length - position))
        most = min(max(length, NEAR), self._length - position) if length else 0
        found = os.pread(self._whole.fileno(), most, self._offset + position)
        if len(found) < length:
            raise EOFError(f"{self._name} ends too early")
        if length < NEAR:
            self._near = (position, found)
        return found[:length]


class _Reader(io.RawIOBase):
    """Reading a part as a file."""

    def __init__(self, part: _Part) -> None:
        self._part, self._at = part, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        found = self._part.get(self._at, len(into))
        into[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._part._length)[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def commit(storage: FileStorage, before: TOC, segments: list[Segment]) -> None:
    """Make these segments the index; the caller holds the lock for writing, or is alone in the folder."""
    TOC(before.schema, segments, before.generation + 1).write(storage, INDEX)
    clean_files(storage, INDEX, before.generation + 1, segments)
    for name in storage.list():
        if LEFT_OVER.match(name):  # by a process that was killed while it wrote a table of contents
            storage.delete_file(name)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Generations:
    """The generations of one index folder, and the pointer to the one that serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "CURRENT"

    def current(self) -> Path:
        """The generation that serves. Raises SearchUnavailable when there is none."""
        try:
            name = self._pointer.read_text().strip()
        except OSError as error:
            raise SearchUnavailable("there is no index yet") from error
        path = self.folder / name
        if not name.startswith("g-") or "/" in name or not path.is_dir():
            raise SearchUnavailable("the index folder is damaged")
        return path

    def serving(self, schema: IndexSchema) -> Path:
        """The generation that serves. Raises SearchUnavailable when there is none, or one for another schema."""
        path = self.current()
        if self.fingerprint(path) != schema.fingerprint:
            raise SearchUnavailable("the index was built for another schema")
        return path

    def state(self, generation: Path) -> object:
        """Something that changes with every commit to this generation and every swap; None when that cannot be told.

        It costs two looks at the file system. A folder keeps the time of its last change only so exactly: within the
        next moment there may be another change of the same time, and a clock that was set back tells nothing.
        """
        try:
            pointer, folder = self._pointer.stat(), generation.stat()
        except OSError:
            return None
        if max(pointer.st_mtime_ns, folder.st_mtime_ns) > time.time_ns() - RACY:
            return None
        return pointer.st_ino, pointer.st_mtime_ns, folder.st_ino, folder.st_mtime_ns

    @contextmanager
    def writing(self, schema: IndexSchema) -> Iterator[DurableStorage]:
        """The index that serves, to be changed by nobody else meanwhile. Raises SearchUnavailable."""
        with _locked(self.folder / "write.lock", PATIENCE, "another process is writing to the index"):
            yield DurableStorage(str(self.serving(schema)))

    @contextmanager
    def merging(self) -> Iterator[None]:
        """The right to merge. Raises SearchUnavailable when somebody else does."""
        with _locked(self.folder / "merge.lock", 0, "another process is merging"):
            yield

    def fingerprint(self, generation: Path) -> str:
        """The schema a generation was built for."""
        try:
            return (generation / "FINGERPRINT").read_text()
        except OSError:
            return ""

    @contextmanager
    def building(self) -> Iterator[Path]:
        """A fresh folder to build a generation in; only one builder at a time. Raises SearchUnavailable."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        with _locked(self.folder / "rebuild.lock", 0, "another process is rebuilding the index"):
            self._prune()
            numbers = [int(p.name[2:]) for p in self.folder.glob("g-*") if p.name[2:].isdigit()]
            fresh = self.folder / f"g-{max(numbers, default=0) + 1:06d}"
            fresh.mkdir(mode=0o700)
            try:
                yield fresh
            except BaseException:
                if self._served() != fresh.name:  # what already serves stays, whatever went wrong after the swap
                    shutil.rmtree(fresh, ignore_errors=True)
                raise

    def serve(self, generation: Path, fingerprint: str) -> None:
        """Swap: from now on this generation serves; the one before is kept, older ones go. No commit is under way."""
        self._write(generation / "FINGERPRINT", fingerprint)
        sync_folder(generation)
        with _locked(self.folder / "write.lock", PATIENCE, "another process is writing to the index"):
            self._write(self._pointer, generation.name)

    def _write(self, path: Path, text: str) -> None:
        aside = path.with_name(path.name + ".new")
        with aside.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)

    def _prune(self) -> None:
        """Unfinished builds and generations before the last but one; called with the builder's lock held."""
        serving = self._served()
        for path in sorted(self.folder.glob("g-*")):
            if path.name != serving:
                shutil.rmtree(path, ignore_errors=True)

    def _served(self) -> str:
        try:
            return self.current().name
        except SearchUnavailable:
            return ""


@contextmanager
def _locked(path: Path, patience: float, refusal: str) -> Iterator[None]:
    """A lock between threads and processes; a process that is killed lets it go. Raises SearchUnavailable."""
    deadline = time.monotonic() + patience
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise SearchBusy(refusal) from error
                time.sleep(0.005)
        yield
