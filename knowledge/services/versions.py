"""Versions of a record: those that were public under their permanent addresses, and any saved one to go back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content import checks
from knowledge.content.registry import RecordType
from knowledge.derive import api
from knowledge.services import access, authoring, catalogue, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.authoring import Saved
from knowledge.services.catalogue import Article
from knowledge.services.errors import Conflict, Invalid, NotFound
from knowledge.storage import find, publications


@dataclass(frozen=True)
class Published:
    """Two versions that everybody can read, the older first, with the answers that everybody may read."""

    record_type: RecordType
    before: Article
    after: Article
    old: Mapping[str, Any]
    new: Mapping[str, Any]


def read(session: Session, actor: Actor, record_id: str, number: int) -> Article:
    """A version that became public. Raises Gone when it was withdrawn, NotFound for every other number."""
    record = find.record(session, record_id)
    version = publications.of_number(session, record_id, number) if record and number < 2**31 else None
    if record is None or version is None:
        raise NotFound(f"{record_id}/{number}")
    if version.ended is not None:
        # what was withdrawn stays so, even when a later version is public
        raise catalogue.tombstone(session, record) or NotFound(record_id)
    return catalogue.article(session, actor, record, version.revision)


def pair(session: Session, actor: Actor, record_id: str, first: int, second: int) -> Published:
    """Two versions that became public, as everybody may read them. Raises Gone, NotFound."""
    numbers = sorted((first, second))
    for number in numbers:  # one that never was public is not found, whatever became of the other
        if number >= 2**31 or publications.of_number(session, record_id, number) is None:
            raise NotFound(f"{record_id}/{number}")
    before, after = (read(session, actor, record_id, number) for number in numbers)
    old, new = (api.item(each.record_type, each.values) for each in (before, after))
    return Published(before.record_type, before, after, old, new)


def saved(session: Session, actor: Actor, record_id: str, number: int) -> tuple[Article, bool]:
    """Any saved version, for who works on the record, and whether she may go back to it. Raises NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "view_history")
    revision = find.revision(session, record_id, number) if number < 2**31 else None
    if revision is None:
        raise NotFound(f"{record_id}/{number}")
    may = access.may(record, "edit", held) and revision.id != record.latest_id
    return catalogue.article(session, actor, record, revision), may


def go_back(session: Session, actor: Actor, record_id: str, number: int, base: int) -> Saved:
    """Make the text of a saved version the newest revision of the draft; those in between stay in the history.

    `base`: number of the latest revision the writer saw. Raises Conflict for a newer one, NotFound, Forbidden.
    """
    record, _ = access.desk_record(session, actor, record_id, "edit", lock=True)
    old = find.revision(session, record_id, number) if number < 2**31 else None
    if old is None:
        raise NotFound(f"{record_id}/{number}")
    registry = vocabulary.registry(session)
    # a term that was retired since may stay where it was chosen
    values, problems = checks.shape(registry[record.kind], old.values, registry.vocabularies, old.values)
    if problems:
        raise Invalid(problems)
    if values == record.latest.values:
        return Saved(record, changed=False)
    if base != record.latest.number:
        latest = find.revision(session, record_id, record.latest.number)
        by = latest.by.name if latest and latest.by else ""
        raise Conflict(values, record.latest.values, record.latest.number, by)
    authoring.put(session, record, values, actor.person_id)
    return Saved(record, changed=True)
