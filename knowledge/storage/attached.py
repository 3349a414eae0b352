"""Queries about files and uploads, each named for what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.storage.models.files import StoredFile, Upload
from knowledge.storage.models.records import Revision


def file(session: Session, file_id: str) -> StoredFile | None:
    """A file by id."""
    return session.get(StoredFile, file_id)


def of_record(session: Session, record_id: str) -> Sequence[StoredFile]:
    """The files of a record, in the order in which they were added."""
    query = select(StoredFile).where(StoredFile.record_id == record_id).order_by(StoredFile.added, StoredFile.id)
    return session.scalars(query).all()


def same(session: Session, record_id: str, digest: str) -> StoredFile | None:
    """The file of a record that was made from the same bytes."""
    return session.scalar(select(StoredFile).where(StoredFile.record_id == record_id, StoredFile.digest == digest))


def texts(session: Session, record_id: str, ids: Iterable[str]) -> dict[str, str]:
    """The words of those of these files that belong to this record."""
    wanted = list(ids)
    if not wanted:
        return {}
    query = select(StoredFile.id, StoredFile.text).where(StoredFile.record_id == record_id, StoredFile.id.in_(wanted))
    return {row.id: row.text for row in session.execute(query)}


def bytes_of(session: Session, person_id: int) -> int:
    """How much room the files and the unfinished uploads of a person take."""
    kept = select(func.sum(StoredFile.size)).where(StoredFile.person_id == person_id)
    coming = select(func.sum(Upload.size)).where(Upload.person_id == person_id, Upload.file_id.is_(None))
    return int(session.scalar(kept) or 0) + int(session.scalar(coming) or 0)


def upload(session: Session, upload_id: str) -> Upload | None:
    """An upload by id."""
    return session.get(Upload, upload_id)


def upload_of(session: Session, key: str) -> Upload | None:
    """The upload of the same file by the same person."""
    return session.scalar(select(Upload).where(Upload.key == key))


def unfinished(session: Session, person_id: int) -> int:
    """How many uploads of a person are under way."""
    query = select(func.count()).where(Upload.person_id == person_id, Upload.file_id.is_(None))
    return session.scalar(query.select_from(Upload)) or 0


def left_behind(session: Session, before: datetime) -> Sequence[Upload]:
    """Uploads that nobody went on with since then."""
    return session.scalars(select(Upload).where(Upload.touched < before)).all()


def file_ids_after(session: Session, after: str, limit: int) -> Sequence[StoredFile]:
    """The next files in the order of their ids, for walking through all of them."""
    query = select(StoredFile).where(StoredFile.id > after).order_by(StoredFile.id).limit(limit)
    return session.scalars(query).all()


def added_before(session: Session, moment: datetime) -> Sequence[StoredFile]:
    """Files that were added before a moment."""
    return session.scalars(select(StoredFile).where(StoredFile.added < moment)).all()


def all_values(session: Session, record_id: str) -> Sequence[dict[str, object]]:
    """The answers of every revision of a record."""
    return session.scalars(select(Revision.values).where(Revision.record_id == record_id)).all()
