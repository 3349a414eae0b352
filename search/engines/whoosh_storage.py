"""Whoosh on disk so that a power cut loses nothing: every file synced, generations built aside and swapped.

Layout of an index folder (mode 0700; the files hold pickles, so nothing from outside is ever put there):

    CURRENT            the name of the generation that serves, written aside and renamed
    g-000001/          one generation: a Whoosh index and FINGERPRINT, the schema it was built for
                       (each file of the index ends with its checksum, the fingerprint begins with one)
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
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh.codec.base import Segment
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.index import TOC, clean_files

from search.errors import SearchBusy, SearchSuperseded, SearchUnavailable
from search.schema import IndexSchema

INDEX = "MAIN"  # Whoosh's name for the only index of a folder
PATIENCE = 10.0  # seconds to wait for another writer
LEFT_OVER = re.compile(rf"_{INDEX}_\d+\.toc\.")
SMALL = 1 << 18  # bytes of a segment's file that are kept in memory
NEAR = 4096  # bytes of a part that are read at once
SEAL = struct.Struct("!4sI")  # at the end of a file: a mark, and the checksum of all before it
MARK, PIECE = b"sum:", 1 << 20
DAMAGED = "the index folder is damaged"
RACY = 100_000_000  # nanoseconds: two changes this close together may leave the same time on a folder


class FolderStorage(FileStorage):
    """Whoosh's folder storage, but a folder that cannot be read just now is not taken for an empty one."""

    def list(self) -> list[str]:
        """The names in the folder. Raises OSError."""
        return os.listdir(self.folder)  # noqa: PTH208 (Whoosh wants names)


class DurableStorage(FolderStorage):
    """Whoosh's folder storage, with what Whoosh leaves out: checksums, fsync of files when closed and of names."""

    def create_file(self, name: str, excl: bool = False, mode: str = "w+b", **kwargs: Any) -> StructFile:
        """A file that is sealed with its checksum and synced before it is closed."""
        file = super().create_file(name, excl=excl, mode="w+b", **kwargs)
        before = file.onclose

        def sync(closing: StructFile) -> None:
            if before:
                before(closing)
            if closing.is_real:
                closing.flush()
                closing.seek(0, os.SEEK_END)
                closing.write(SEAL.pack(MARK, _checksum(closing.fileno(), closing.tell())))
                closing.flush()
                sync_file(closing.fileno())

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


def check(path: Path) -> None:
    """Raises SearchUnavailable when a file of the index is not, to the bit, what was written."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size - SEAL.size
        if size < 0 or os.pread(file.fileno(), SEAL.size, size) != SEAL.pack(MARK, _checksum(file.fileno(), size)):
            raise SearchUnavailable("a file of the index is damaged")


def _checksum(descriptor: int, size: int) -> int:
    found = at = 0
    while at < size:
        piece = os.pread(descriptor, min(PIECE, size - at), at)
        if not piece:
            raise EOFError("a file ends too early")
        found, at = zlib.crc32(piece, found), at + len(piece)
    return found


def contents(storage: FileStorage, stamp: int | None = None) -> TOC:
    """The table of contents of one commit, or of the last. It names all files, and is pickled: it is always checked."""
    stamp = TOC._latest_generation(storage, INDEX) if stamp is None else stamp
    check(Path(storage.folder) / TOC._filename(INDEX, stamp))
    return TOC.read(storage, INDEX, stamp)


def commit(storage: FileStorage, before: TOC, segments: list[Segment]) -> None:
    """Make these segments the index; the caller holds the lock for writing, or is alone in the folder."""
    TOC(before.schema, segments, before.generation + 1).write(storage, INDEX)
    with suppress(OSError):  # it is done; what cannot be taken away now goes with the next commit
        clear(storage, before.generation + 1, segments)


def clear(storage: FileStorage, stamp: int, segments: list[Segment]) -> None:
    """Take away all but the files of this commit; the caller holds the lock for writing, or is alone in the folder."""
    clean_files(storage, INDEX, stamp, segments)
    for name in storage.list():
        if LEFT_OVER.match(name):  # by a process that was killed while it wrote a table of contents
            storage.delete_file(name)


@contextmanager
def adding(storage: FileStorage, segment: Segment) -> Iterator[None]:
    """Within this a segment is committed; if that fails, its file goes. The caller holds the lock for writing.

    A commit may fail after its last step, and has then happened all the same: what the table of contents names stays,
    and so does a file of which that cannot be told, for the next commit to clear away.
    """
    try:
        yield
    except BaseException:
        with suppress(Exception):
            if segment not in contents(storage).segments:
                storage.delete_file(segment.make_filename(segment.COMPOUND_EXT))
        raise


def sync_file(descriptor: int) -> None:
    """Make the content of a file durable."""
    os.fsync(descriptor)


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
        name = self._served()
        if not name:
            raise SearchUnavailable("there is no index yet")
        path = self.folder / name
        if not name.startswith("g-") or "/" in name or not path.is_dir():
            raise SearchUnavailable(DAMAGED)
        return path

    def serving(self, schema: IndexSchema) -> Path:
        """The generation that serves. Raises SearchUnavailable when there is none, or one for another schema."""
        path = self.current()
        if self.fingerprint(path) != schema.fingerprint:
            raise SearchSuperseded("the index was built for another schema")
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
        """The schema a generation was built for. Raises SearchUnavailable when that cannot be read."""
        told, _, fingerprint = (generation / "FINGERPRINT").read_text(errors="replace").partition(" ")
        if told != _brief(fingerprint):
            raise SearchUnavailable(DAMAGED)
        return fingerprint

    @contextmanager
    def building(self) -> Iterator[Path]:
        """A fresh folder to build a generation in; only one builder at a time. Raises SearchUnavailable."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        with _locked(self.folder / "rebuild.lock", 0, "another process is rebuilding the index"):
            self._keep({self._served()})
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
        self._write(generation / "FINGERPRINT", f"{_brief(fingerprint)} {fingerprint}")
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

    def prune(self) -> None:
        """At a start: what killed processes have left goes. Raises SearchBusy when somebody is at work here.

        The generation that serves stays, and the last one that served before it. So does all without a pointer: a
        rebuild comes then, and clears up.
        """
        with _locked(self.folder / "rebuild.lock", 0, "another process is rebuilding the index"):
            if not (serving := self._served()):
                return
            done = [p.parent.name for p in sorted(self.folder.glob("g-*/FINGERPRINT")) if p.parent.name < serving]
            self._keep({serving, *done[-1:]})

    def _keep(self, names: set[str]) -> None:
        """Take all other generations away; called with the builder's lock held."""
        for path in sorted(self.folder.glob("g-*")):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)

    def _served(self) -> str:
        """The name in the pointer, "" without one. Raises OSError: what cannot be read now must not look like none."""
        try:
            return self._pointer.read_text(errors="replace").strip()
        except FileNotFoundError:
            return ""


def _brief(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


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
