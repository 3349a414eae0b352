"""Taking in files: whole in a form, or in chunks that a cut line does not undo. Bytes first, durably; then the row.

What a file is and what is made of it is found out in another process, between two transactions, so that nobody waits
for a lock meanwhile. Sending the same file to the same record again gives the file that is there.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.content.media import LARGEST, MEGA, MOST_FILES, Attachment
from knowledge.files import apart, recognise
from knowledge.files.refusal import Refusal
from knowledge.files.store import FilesUnavailable, NoSuchFile, Store
from knowledge.services import access, files
from knowledge.services.actor import Actor
from knowledge.services.authoring import new_id
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import attached
from knowledge.storage.models.base import now
from knowledge.storage.models.files import StoredFile, Upload
from knowledge.storage.session import Database, WriteConflict

LEAST_CHUNK, LARGEST_CHUNK = 16 * 1024, 1024 * 1024
MOST_UNDER_WAY = 20  # uploads of one person at a time
LARGEST_FILE = max(LARGEST.values())


@dataclass(frozen=True)
class Coming:
    """How far an upload is: bytes that are here, of how many; and the file, once it is whole."""

    id: str
    received: int
    size: int
    file_id: str | None = None


class Astray(Exception):
    """A chunk that does not follow what is here; says how much that is."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class Uploads:
    """Who takes in the files of a site. `room`: bytes one person may keep here."""

    def __init__(self, db: Database, store: Store, room: int) -> None:
        self.store = store
        self._db, self._room = db, room

    def keep(self, actor: Actor, record_id: str, name: str, source: BinaryIO) -> Attachment:
        """Take in a whole file. Raises Invalid with what to do, NotFound, Forbidden, FilesUnavailable."""
        with _bench() as target:
            with target.open("wb") as file:
                shutil.copyfileobj(source, file)
            return self._keep(actor, record_id, label(name), target)

    def begin(self, actor: Actor, record_id: str, name: str, size: int, key: str) -> Coming:
        """Announce a file that comes in chunks, or go on with one (`key` is the same). Raises as `keep` does."""
        with self._db.transaction() as session:
            record, _ = access.desk_record(session, actor, record_id, "edit", lock=True)
            told = hashlib.sha256(f"{actor.person_id}|{record.id}|{size}|{key}".encode()).hexdigest()
            there = attached.upload_of(session, told)
            if there is not None and (there.file_id is None or attached.file(session, there.file_id) is not None):
                there.touched = now()
                return _coming(there)
            if there is not None:  # what became of it was removed again
                session.delete(there)
                session.flush()
            if not 0 < size <= LARGEST_FILE:
                message = recognise.TOO_LARGE if size > 0 else recognise.EMPTY
                raise _wrong(message, name=label(name), size=-(-size // MEGA), most=LARGEST_FILE // MEGA)
            if attached.unfinished(session, actor.person_id or 0) >= MOST_UNDER_WAY:
                raise _wrong(N_("Too many files are on their way. Please wait until some of them are here."))
            self._check_room(session, actor, record.id, size)
            made = Upload(id=new_file_id(), key=told, record_id=record.id, person_id=actor.person_id or 0)
            made.name, made.size, made.chunks = label(name), size, []
            session.add(made)
            session.flush()
            return _coming(made)

    def state(self, actor: Actor, record_id: str, upload_id: str) -> Coming:
        """How far it is. Raises NotFound for somebody else's."""
        with self._db.reading() as session:
            return _coming(_mine(session, actor, record_id, upload_id))

    def add(self, actor: Actor, record_id: str, upload_id: str, offset: int, chunk: bytes) -> Coming:
        """Keep the next chunk. Raises Astray when it does not follow what is here, Invalid, NotFound, Forbidden."""
        with self._db.reading() as session:
            upload = _mine(session, actor, record_id, upload_id)
            _check_chunk(upload, offset, len(chunk))
        self.store.put(_chunk(upload_id, offset, len(chunk)), io.BytesIO(chunk))
        with self._db.transaction() as session:
            upload = _mine(session, actor, record_id, upload_id, lock=True)
            _check_chunk(upload, offset, len(chunk))
            upload.chunks = [*upload.chunks, len(chunk)]
            upload.touched = now()
            return _coming(upload)

    def finish(self, actor: Actor, record_id: str, upload_id: str) -> Attachment:
        """Make a file of what came; again, it is the same. Raises Astray when it is not whole, and as `keep`."""
        with self._db.reading() as session:
            upload = _mine(session, actor, record_id, upload_id)
            done = attached.file(session, upload.file_id) if upload.file_id else None
            if done is not None:
                return files.attachment(done)
            if upload.received != upload.size:
                raise Astray(upload.received)
        with _bench() as target:
            self._join(upload, target)
            try:
                made = self._keep(actor, record_id, upload.name, target, upload_id)
            except Invalid:  # it will never be taken: the same file may be tried again from the beginning
                self._forget(upload)
                raise
        self._drop_chunks(upload)
        return made

    def remove(self, actor: Actor, record_id: str, file_id: str) -> None:
        """Forget a file that no version of the record refers to. Raises NotFound, Forbidden."""
        with self._db.transaction() as session:
            names = files.remove(session, actor, record_id, file_id)
        self._drop(names)

    def tidy(self, db: Database) -> files.Agreement:
        """What the nightly sweep does; see `files.sweep`."""
        return files.sweep(db, self.store)

    # ------------------------------------------------------------------------ inside

    def _keep(self, actor: Actor, record_id: str, name: str, source: Path, upload_id: str = "") -> Attachment:
        try:
            return self._keep_once(actor, record_id, name, source, upload_id)
        except WriteConflict:  # the same file twice at the same moment: the other one is there now
            return self._keep_once(actor, record_id, name, source, upload_id)

    def _keep_once(self, actor: Actor, record_id: str, name: str, source: Path, upload_id: str) -> Attachment:
        size = source.stat().st_size
        if size > LARGEST_FILE:
            raise _wrong(recognise.TOO_LARGE, name=name, size=-(-size // MEGA), most=LARGEST_FILE // MEGA)
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._db.transaction() as session:
            access.desk_record(session, actor, record_id, "edit")
            if (there := attached.same(session, record_id, digest)) is not None:
                _became(session, upload_id, there.id)
                return files.attachment(there)
            self._check_room(session, actor, record_id, 0 if upload_id else size)
        made = _made(source.parent, name)
        row = StoredFile(id=new_file_id(), record_id=record_id, person_id=actor.person_id, name=name, digest=digest)
        row.kind, row.format, row.note, row.text = made.format.kind, made.format.id, made.note, made.text
        row.sizes = {part: list(measures) for part, measures in made.sizes.items()}
        row.size = sum(path.stat().st_size for path in made.parts.values())
        try:
            for part, path in made.parts.items():
                with path.open("rb") as file:
                    self.store.put(f"{row.id}/{part}", file)
            with self._db.transaction() as session:  # the bytes are safe: now the row may say so
                access.desk_record(session, actor, record_id, "edit", lock=True)
                self._check_room(session, actor, record_id, 0)
                session.add(row)
                session.flush()
                _became(session, upload_id, row.id)
        except BaseException:
            self._drop(files.parts_of(row))
            raise
        return files.attachment(row)

    def _check_room(self, session: Session, actor: Actor, record_id: str, more: int) -> None:
        if len(attached.of_record(session, record_id)) >= MOST_FILES:
            message = N_("This record has {most} files, which is as many as it can have. Please remove some first.")
            raise _wrong(message, most=MOST_FILES)
        used = attached.bytes_of(session, actor.person_id or 0)
        if used + more > self._room:
            message = N_(
                "You have {used} of {most} MB in use, and this does not fit. Please remove files you do not need."
            )
            raise _wrong(message, used=used // MEGA, most=self._room // MEGA)

    def _join(self, upload: Upload, target: Path) -> None:
        """Chunk after chunk. Raises Astray where one is missing, and forgets what follows it."""
        offset = 0
        with target.open("wb") as file:
            for number, length in enumerate(upload.chunks):
                try:
                    for block in self.store.read(_chunk(upload.id, offset, length)):
                        file.write(block)
                except NoSuchFile:
                    with self._db.transaction() as session:
                        row = attached.upload(session, upload.id)
                        if row is not None:
                            row.chunks = row.chunks[:number]
                    raise Astray(offset) from None
                offset += length

    def _forget(self, upload: Upload) -> None:
        with self._db.transaction() as session:
            row = attached.upload(session, upload.id)
            if row is not None:
                session.delete(row)
        self._drop_chunks(upload)

    def _drop_chunks(self, upload: Upload) -> None:
        places = itertools.accumulate(upload.chunks, initial=0)
        self._drop(_chunk(upload.id, place, length) for place, length in zip(places, upload.chunks, strict=False))

    def _drop(self, names: Iterable[str]) -> None:
        with suppress(FilesUnavailable):  # the sweep finds what stays
            for name in names:
                self.store.drop(name)


@contextmanager
def _bench() -> Iterator[Path]:
    """Where a file is looked at before it is kept. A disk without room is said to be one: FilesUnavailable."""
    try:
        with tempfile.TemporaryDirectory(prefix="praxis-", ignore_cleanup_errors=True) as folder:
            yield Path(folder) / apart.IN
    except OSError as error:
        raise FilesUnavailable(error.strerror or type(error).__name__) from error


def label(name: str) -> str:
    """A given name as people read it: no path, no signs that cannot be seen or that turn text around."""
    plain = tidy(re.split(r"[/\\]", name.replace("\0", ""))[-1])
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf").strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[:100]}{dot}{ending[:19]}" if dot else plain[:120]) or "file"


def new_file_id() -> str:
    """An id nobody can guess."""
    return new_id() + new_id()


def _mine(session: Session, actor: Actor, record_id: str, upload_id: str, lock: bool = False) -> Upload:
    access.desk_record(session, actor, record_id, "edit", lock=lock)
    upload = attached.upload(session, upload_id)
    if upload is None or upload.record_id != record_id or upload.person_id != actor.person_id:
        raise NotFound(upload_id)
    return upload


def _became(session: Session, upload_id: str, file_id: str) -> None:
    upload = attached.upload(session, upload_id) if upload_id else None
    if upload is not None:
        upload.file_id, upload.touched = file_id, now()


def _check_chunk(upload: Upload, offset: int, length: int) -> None:
    if upload.file_id or offset != upload.received:
        raise Astray(upload.received)
    last = offset + length == upload.size
    if offset + length > upload.size or not (LEAST_CHUNK <= length <= LARGEST_CHUNK or (last and length)):
        raise _wrong(N_("A part of the file does not fit. Please begin again."))


def _made(folder: Path, name: str) -> apart.Made:
    try:
        return apart.make(folder)
    except Refusal as refusal:
        raise _wrong(refusal.message, name=name, **refusal.facts) from None


def _chunk(upload_id: str, offset: int, length: int) -> str:
    return f"{files.PARTS}/{upload_id}/{offset}-{length}"


def _coming(upload: Upload) -> Coming:
    return Coming(upload.id, upload.received, upload.size, upload.file_id)


def _wrong(message: str, **facts: object) -> Invalid:
    return Invalid([Problem(("file",), message, facts)])
