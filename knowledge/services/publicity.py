"""What follows when a text becomes public and when it stops being so: names, dates, versions, links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.content import openness
from knowledge.services import vocabulary
from knowledge.storage import links, publications
from knowledge.storage.models import records as tables
from knowledge.storage.models.records import Publication, Record, Revision


def begin(session: Session, record: Record, revision: Revision, moment: datetime, person_id: int | None) -> None:
    """From now on everybody reads this revision, under the names its record has now."""
    record_type = vocabulary.registry(session)[record.kind]
    record.live, record.credits = revision, credited(record, revision)
    record.published, record.first_published = moment, record.first_published or moment
    record.expires, record.expiry_told = openness.expires(record_type, revision.values, moment), False
    record.confirmed = None
    session.add(
        Publication(
            record_id=record.id,
            revision_id=revision.id,
            number=revision.number,
            credits=record.credits,
            by_id=person_id,
            at=moment,
        )
    )


def end(session: Session, record: Record, moment: datetime) -> None:
    """From now on nobody reads any of it: no version of it, and by no link."""
    record.live = record.expires = None
    session.flush()  # a version of this very transaction, as an import makes it
    publications.end(session, record.id, moment)
    links.end_all(session, record.id, moment)


def names(record: Record) -> list[str]:
    """The names of all who write a record or are credited for it, in order."""
    return [a.name for a in record.authorships if a.role != tables.FORMER]


def credited(record: Record, revision: Revision) -> list[str]:
    """The names that everybody may read with this revision."""
    return [] if openness.is_nameless(revision.values) else names(record)
