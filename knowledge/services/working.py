"""Working copies: what somebody types is kept a few seconds later, without making a version of it.

A copy is its writer's own: no other author, no coach, no search, no export ever reads it. What others may know is
that she writes, and since when. `tag` says which text a tab has seen; a text that was kept meanwhile by another tab
of hers is a Clash, and both are there to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import access, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import copies, find
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record
from knowledge.storage.models.working import WorkingCopy

MOST_FIELDS, MOST_NAME, MOST_CHARACTERS = 5000, 200, 1_500_000
MOST_BEGUN = 40  # new records that were begun and never saved, of one person
LATELY = timedelta(minutes=10)  # so long after the last keeping somebody counts as writing
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """Where a form belongs: to a record or, before there is one, to the kind and the start key of its form."""

    record_id: str = ""
    kind: str = ""
    start_key: str = ""


@dataclass(frozen=True)
class Seen:
    """What a form knows of the working copy: the tag of the last one it saw, and the key of the last it sent."""

    tag: str = ""
    key: str = ""


NOTHING_SEEN = Seen()


@dataclass(frozen=True)
class Writing:
    """What a writer sees of the unsaved: her own copy, and who else is writing."""

    copy: WorkingCopy | None
    others: tuple[tuple[str, datetime], ...]
    latest: int
    latest_by: str


class Clash(Exception):
    """Another tab or device of the same person kept another text meanwhile, or it is gone: `of` tells which."""


def keep(session: Session, actor: Actor, place: Place, fields: Fields, base: int, key: str, seen: str) -> WorkingCopy:
    """Keep what is in a form. `seen`: tag of the copy that this tab knows, "" for none; `key`: of this keeping.

    Sending the same key again changes nothing. Raises Invalid, Clash, NotFound, Forbidden, SignInNeeded.
    """
    _check(fields)
    me = access.require_person(session, actor).person_id or 0
    place = _by_now(session, me, place)
    record = _open(session, actor, place, lock=True)
    found = _own(session, me, place, lock=True)
    typed = [list(pair) for pair in fields]
    if found is not None and ((key and found.key == key) or (found.fields, found.base) == (typed, base)):
        return found
    if (found.tag if found else "") != seen:
        raise Clash(place.record_id or place.start_key)
    if found is None:
        found = _begin(session, me, place, record)
    else:
        found.version += 1
    found.fields, found.base, found.key, found.at = typed, base, key[:64], now()
    session.flush()
    return found


def of(session: Session, actor: Actor, place: Place) -> Writing:
    """One's own copy, and who else writes. Raises NotFound, Forbidden, SignInNeeded."""
    me = access.require_person(session, actor).person_id or 0
    place = _by_now(session, me, place)
    record = _open(session, actor, place)
    copy = _own(session, me, place)
    if record is None:
        return Writing(copy, (), 0, "")
    others = tuple(copies.writing(session, record.id, now() - LATELY, but=me))
    latest = find.revision(session, record.id, record.latest.number)
    by = latest.by.name if latest and latest.by else ""
    return Writing(copy, others, record.latest.number, by)


def drop(session: Session, actor: Actor, place: Place) -> None:
    """Throw one's own copy away. Raises NotFound, Forbidden, SignInNeeded."""
    me = access.require_person(session, actor).person_id or 0
    _open(session, actor, place)
    found = _own(session, me, place)
    if found is not None:
        copies.forget(session, found)


def begun(session: Session, actor: Actor) -> Sequence[WorkingCopy]:
    """The new records one began and never saved."""
    me = access.require_person(session, actor)
    return copies.all_begun(session, me.person_id or 0)


def record_begun_with(session: Session, actor: Actor, start_key: str) -> str | None:
    """The record that the first save of a form made, if the actor writes it: its form has another address by now."""
    me = access.require_person(session, actor).person_id
    record = find.record_started_with(session, start_key)
    return record.id if record and any(a.person_id == me for a in record.authorships) else None


def became_version(session: Session, actor: Actor, record_id: str, seen: Seen, start_key: str = "") -> None:
    """A save made a version of what was in a form: nothing is left to keep, unless another tab kept another text."""
    person_id = actor.person_id or 0
    found = copies.begun(session, person_id, start_key) if start_key else None
    if found is None:
        found = copies.of_record(session, person_id, record_id)
    if found is None:
        return
    if found.tag == seen.tag or (seen.key and found.key == seen.key):
        copies.forget(session, found)
    elif found.record_id is None:
        found.record_id, found.start_key = record_id, None


# ---------------------------------------------------------------------------- inside


def _by_now(session: Session, person_id: int, place: Place) -> Place:
    """Where a form belongs by now: a new one that is open twice, once the other was saved, to the record it made."""
    record = find.record_started_with(session, place.start_key) if place.start_key else None
    if record is None or record.kind != place.kind or all(a.person_id != person_id for a in record.authorships):
        return place
    return Place(record.id)


def _open(session: Session, actor: Actor, place: Place, lock: bool = False) -> Record | None:
    """The record, for somebody who may write it; None for a new one."""
    if place.record_id:
        return access.desk_record(session, actor, place.record_id, "edit", lock)[0]
    if place.kind not in vocabulary.registry(session) or not place.start_key:
        raise NotFound(place.kind)
    if find.record_started_with(session, place.start_key) is not None:
        raise NotFound(place.start_key)  # it is a record by now, or somebody else's
    return None


def _own(session: Session, person_id: int, place: Place, lock: bool = False) -> WorkingCopy | None:
    if place.record_id:
        return copies.of_record(session, person_id, place.record_id, lock)
    return copies.begun(session, person_id, place.start_key, lock)


def _begin(session: Session, person_id: int, place: Place, record: Record | None) -> WorkingCopy:
    if record is None and copies.count_begun(session, person_id) >= MOST_BEGUN:
        message = N_("You have begun {max} records without saving one. Please save or drop some under My work.")
        raise Invalid([Problem((), message, {"max": MOST_BEGUN})])
    made = WorkingCopy(
        person_id=person_id,
        record_id=record.id if record else None,
        start_key=None if record else place.start_key[:64],
        kind=record.kind if record else place.kind,
        version=1,
    )
    session.add(made)
    return made


def _check(fields: Fields) -> None:
    if len(fields) > MOST_FIELDS or any(len(name) > MOST_NAME for name, _ in fields):
        raise Invalid([Problem((), N_("This form has more fields than can be kept."))])
    if sum(len(value) for _, value in fields) > MOST_CHARACTERS:
        raise Invalid([Problem((), N_("This text is too long to be kept. Please shorten it or send it in parts."))])
