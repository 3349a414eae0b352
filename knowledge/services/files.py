"""The files of records: which a revision refers to, who may have one, and whether rows and bytes agree.

A file has no rights of its own. It is public while a version of its record that everybody can read refers to it;
otherwise it is for those who may see the record at its desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_, Media
from knowledge.content.media import FORMATS, Attachment
from knowledge.content.registry import RecordType
from knowledge.derive.gallery import files_of
from knowledge.files.store import Store
from knowledge.services import access, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import attached, copies, find, publications
from knowledge.storage.models.base import now
from knowledge.storage.models.files import StoredFile
from knowledge.storage.models.records import Record
from knowledge.storage.session import Database

PARTS = "parts"  # where chunks lie until their file is whole
ABANDONED, UNUSED = timedelta(days=1), timedelta(days=30)
WHOLE = "whole"  # the name of what is kept as it came
BATCH = 500


@dataclass(frozen=True)
class Opened:
    """A file that this reader may have now: where its bytes are, and whether everybody may have them."""

    attachment: Attachment
    part: str
    mime: str
    public: bool

    @property
    def name(self) -> str:
        """Its name in the store."""
        return f"{self.attachment.id}/{self.part}"


def of(session: Session, record: Record, values: Mapping[str, Any]) -> dict[str, Attachment]:
    """The files of a record that these answers of it refer to."""
    wanted = set(_named(session, record, values, private=True))
    return {f.id: attachment(f) for f in attached.of_record(session, record.id) if f.id in wanted} if wanted else {}


def of_record(session: Session, actor: Actor, record_id: str) -> dict[str, Attachment]:
    """All files of a record, for those who work on it. Raises NotFound."""
    access.desk_record(session, actor, record_id)
    return {f.id: attachment(f) for f in attached.of_record(session, record_id)}


def words(session: Session, record: Record, values: Mapping[str, Any]) -> dict[str, str]:
    """The words found in the files that the public part of these answers refers to."""
    return attached.texts(session, record.id, _named(session, record, values))


def opened(session: Session, actor: Actor, file_id: str, part: str) -> Opened:
    """A file for this reader; `part`: a size of a picture. Raises NotFound, whatever the reason."""
    row = attached.file(session, file_id)
    record = find.record(session, row.record_id) if row is not None else None
    if row is None or record is None:
        raise NotFound(file_id)
    read = publications.texts(session, record.id)
    public = any(file_id in _named(session, record, values) for values in read)
    if not public:
        access.desk_record(session, actor, record.id)
    return _opened(row, part, public)


def opened_in(session: Session, record: Record, values: Mapping[str, Any], file_id: str, part: str) -> Opened:
    """A file for somebody who may read these answers of a record as the public would. Raises NotFound."""
    row = attached.file(session, file_id)
    if row is None or row.record_id != record.id or file_id not in _named(session, record, values):
        raise NotFound(file_id)
    return _opened(row, part, public=False)


def settle(session: Session, record_id: str, record_type: RecordType, values: dict[str, Any], known: Any) -> None:
    """Hold the files that answers name against those the record has, and say of each row what its file is.

    A file of another record is refused: naming it must not open it. `known`: the answers saved before; what they
    name may stay. Raises Invalid.
    """
    before = set(files_of(record_type.fields, known, private=True))
    there = {f.id: f for f in attached.of_record(session, record_id)}
    problems = []
    for f in (f for f in record_type.fields if isinstance(f, Media)):
        for number, row in enumerate(values.get(f.id, ())):
            named = row.get(f.file.id)
            if named in there:
                row["type"] = FORMATS[there[named].format].type
            elif named and named not in before:
                message = N_("This file is not here (any more). Please add it again.")
                problems.append(Problem((f.id, number, f.file.id), message))
    if problems:
        raise Invalid(problems)


def remove(session: Session, actor: Actor, record_id: str, file_id: str) -> list[str]:
    """Forget a file that no version of the record refers to; the names its bytes had. Raises NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "edit", lock=True)
    row = attached.file(session, file_id)
    if row is None or row.record_id != record.id or file_id in ever_used(session, record):
        raise NotFound(file_id)
    session.delete(row)
    return list(parts_of(row))


def _opened(row: StoredFile, part: str, public: bool) -> Opened:
    if row.sizes and part not in row.sizes:
        raise NotFound(row.id)
    return Opened(attachment(row), part if row.sizes else WHOLE, FORMATS[row.format].mime, public)


def attachment(row: StoredFile) -> Attachment:
    """A row as pages know it."""
    sizes = {name: (size[0], size[1]) for name, size in row.sizes.items()}
    return Attachment(row.id, row.kind, row.format, row.name, row.size, sizes, row.note)


def parts_of(row: StoredFile) -> Iterator[str]:
    """The names under which the bytes of a file are in the store."""
    return (f"{row.id}/{part}" for part in row.sizes or (WHOLE,))


# ---------------------------------------------------------------------------- do rows and bytes agree?


@dataclass(frozen=True)
class Agreement:
    """How rows and store differ: rows whose bytes are not there, and bytes that belong to no row."""

    lost: tuple[str, ...]
    stray: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether they agree."""
        return not (self.lost or self.stray)


def compare(db: Database, store: Store) -> Agreement:
    """Hold the store against the database. Chunks of uploads under way belong to somebody. Raises FilesUnavailable."""
    kept = {name for name, _ in store.names()}  # first: what is added meanwhile has its bytes before its row
    rows = {name for row in _all(db) for name in parts_of(row)}
    lost = [name for name in sorted(rows - kept) if store.size(name) is None]
    return Agreement(tuple(lost), tuple(sorted(name for name in kept - rows if not _under_way(db, name))))


def sweep(db: Database, store: Store) -> Agreement:
    """Drop uploads that nobody went on with, files that nobody used, bytes that belong to nothing; say what is lost.

    Nothing younger than a day is touched: somebody may be about to need it.
    """
    moment = now()
    with db.transaction() as session:
        for upload in attached.left_behind(session, moment - ABANDONED):
            session.delete(upload)
        for row in _unused(session, attached.added_before(session, moment - UNUSED)):
            session.delete(row)
    found = compare(db, store)
    stray = set(found.stray)
    for name, written in list(store.names()):
        if name in stray and written < moment - ABANDONED:
            store.drop(name)
    return found


def _under_way(db: Database, name: str) -> bool:
    head, _, rest = name.partition("/")
    if head != PARTS:
        return False
    with db.reading() as session:
        upload = attached.upload(session, rest.partition("/")[0])
        return upload is not None and upload.file_id is None


def _all(db: Database) -> Iterator[StoredFile]:
    after = ""
    while True:
        with db.reading() as session:
            rows = attached.file_ids_after(session, after, BATCH)
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _unused(session: Session, rows: Iterable[StoredFile]) -> Iterator[StoredFile]:
    of_record: dict[str, list[StoredFile]] = {}
    for row in rows:
        of_record.setdefault(row.record_id, []).append(row)
    for record_id, old in of_record.items():
        record = find.record(session, record_id)
        used = ever_used(session, record) if record else set()
        used |= copies.mention(session, record_id, {row.id for row in old})  # saved by nobody yet, and needed
        yield from (row for row in old if row.id not in used)


def ever_used(session: Session, record: Record) -> set[str]:
    """The ids of the files that any version of a record refers to."""
    found: set[str] = set()
    for values in attached.all_values(session, record.id):
        found.update(_named(session, record, values, private=True))
    return found


def _named(session: Session, record: Record, values: Mapping[str, Any], private: bool = False) -> tuple[str, ...]:
    return files_of(vocabulary.registry(session)[record.kind].fields, values, private)
