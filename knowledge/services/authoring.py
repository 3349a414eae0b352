"""Writing: starting a record, saving it as often as one likes, and sharing it with co-authors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content import checks, openness
from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.content.registry import RecordType
from knowledge.derive import index as derive_index
from knowledge.derive import prose
from knowledge.services import (
    access,
    accounts,
    discussion,
    files,
    invitations,
    notices,
    outbox,
    rendering,
    vocabulary,
    working,
)
from knowledge.services.actor import Actor
from knowledge.services.errors import Conflict, Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Authorship, Record, Revision
from workflows.editorial import EDITORIAL

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # no look-alikes: people read these ids to each other
MAX_AUTHORS = 6
NOTHING = 0  # the number of the version that a new form builds on
BLANK: Mapping[str, Any] = {"language": "en"}  # what stands in a new form


@dataclass(frozen=True)
class Desk:
    """A record as its writers see it: the latest text, what it still lacks, and what may be done."""

    record: Record
    record_type: RecordType
    values: Mapping[str, Any]
    missing: tuple[Problem, ...] = ()
    roles: frozenset[str] = frozenset()
    own_work: bool = False
    words: str = ""
    words_by: str = ""
    needed: tuple[int, int] = field(default=(0, 0))

    @property
    def nameless(self) -> bool:
        """Whether the latest text asks for publication without names."""
        return openness.is_nameless(self.values)

    @property
    def not_before(self) -> datetime | None:
        """Before when its authors do not want it to be public."""
        return openness.earliest(self.values)

    @property
    def expired(self) -> bool:
        """Whether what is public of it may be out of date."""
        return self.record.live_id is not None and self.record.expires is not None and self.record.expires <= now()


def new_id() -> str:
    """A short id that is easy to say and hard to guess: ten letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def start(
    session: Session,
    actor: Actor,
    kind: str,
    raw: Mapping[str, Any],
    start_key: str,
    programme: str = "",
    seen: working.Seen = working.NOTHING_SEEN,
) -> Record:
    """Make a record from the first save of its form. Pressing twice (the same `start_key`) gives one record.

    It belongs to the writer's programme; with several, to the one she names. The working copy that she has `seen`
    becomes its first version. Raises Conflict when the form was open twice and both were saved, Invalid, NotFound,
    Forbidden, SignInNeeded.
    """
    me = access.require_person(session, actor)
    registry = vocabulary.registry(session)
    if kind not in registry:
        raise NotFound(kind)
    before = find.record_started_with(session, start_key) if start_key else None
    if before is not None:
        if before.kind != kind or not any(a.person_id == me.person_id for a in before.authorships):
            raise NotFound(kind)
        return _begun_again(session, actor, before, raw, seen)
    values = _checked(registry[kind], raw, registry, {})
    files.settle(session, "", registry[kind], values, {})
    home = programme if programme in me.member_of else next(iter(sorted(me.member_of)), None)
    record = Record(id=new_id(), kind=kind, state=EDITORIAL.initial, programme_id=home, start_key=start_key or None)
    person = find.person(session, actor.person_id or 0)
    assert person is not None
    record.authorships = [Authorship(person_id=person.id, name=person.name, email=person.email, role=tables.AUTHOR)]
    session.add(record)
    session.flush()
    _add_revision(session, record, values, actor.person_id)
    put_latest(session, record)
    working.became_version(session, actor, record.id, seen, start_key)
    return record


@dataclass(frozen=True)
class Saved:
    """What came of a save: the record, and whether its text changed."""

    record: Record
    changed: bool


def save(
    session: Session,
    actor: Actor,
    record_id: str,
    raw: Mapping[str, Any],
    base: int,
    answers: discussion.Answers = discussion.NO_ANSWERS,
    seen: working.Seen = working.NOTHING_SEEN,
) -> Saved:
    """Keep a new revision of a draft; `base`: number of the revision the writer started from, NOTHING for a new form.

    `answers`: what she says to her coach's points, kept with the text or not at all. `seen`: the working copy that
    this form has in it; one that another tab of hers kept meanwhile stays.

    Raises Invalid when the shape is wrong, Conflict when somebody saved meanwhile, NotFound, Forbidden.
    """
    record, _ = access.desk_record(session, actor, record_id, "edit", lock=True)
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    latest = record.latest
    values = _checked(record_type, raw, registry, latest.values)
    files.settle(session, record.id, record_type, values, latest.values)
    if values == latest.values:
        working.became_version(session, actor, record_id, seen)
        return Saved(record, changed=discussion.answer(session, actor, record_id, answers) > 0)
    if base != latest.number:
        theirs, common = (find.revision(session, record_id, number) for number in (latest.number, base))
        by = theirs.by.name if theirs and theirs.by else ""
        before = BLANK if base == NOTHING else common.values if common else None
        raise Conflict(values, latest.values, latest.number, by, before)
    _add_revision(session, record, values, actor.person_id)
    put_latest(session, record)
    working.became_version(session, actor, record_id, seen)
    discussion.answer(session, actor, record_id, answers)
    return Saved(record, changed=True)


def open_desk(session: Session, actor: Actor, record_id: str, permission: str = "view") -> Desk:
    """A record at its desk, with what is missing and the last words a coach said. Raises NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, permission)
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    values = record.latest.values
    missing = checks.missing(record_type, values, registry.vocabularies)
    wanted = [f for f in record_type.fields if checks.needed(f, values, registry.vocabularies)]
    open_fields = {p.path[0] for p in missing}
    step = find.last_step(session, record_id, "request-changes", "publish", "withdraw", "import")
    said = step is not None and step.target == record.state
    return Desk(
        record,
        record_type,
        values,
        tuple(missing),
        held,
        access.own_work(session, actor, record),
        step.words if step and said else "",
        step.person.name if step and said and step.person else "",
        (sum(f.id not in open_fields for f in wanted), len(wanted)),
    )


def my_records(session: Session, actor: Actor) -> list[Record]:
    """What the actor writes or co-writes, the last changed first."""
    me = access.require_person(session, actor)
    return list(find.written_by(session, me.person_id or 0))


def add_author(session: Session, actor: Actor, record_id: str, name: str, email: str) -> Record:
    """Add a co-author: with an account of that e-mail she may edit, without one she is credited by name.

    Either hears of it by mail: who has no account yet is invited, and may edit once she has one. Raises Invalid.
    """
    record, _ = access.desk_record(session, actor, record_id, "share", lock=True)
    name, email = tidy(name), accounts.normal_email(email) if email.strip() else ""
    person = find.person_by_email(session, email) if email else None
    problems = []
    if not name and person is None:
        problems.append(Problem(("name",), N_("Please give the name to credit.")))
    if len(name) > 120:
        problems.append(Problem(("name",), N_("Please shorten the name to 120 characters.")))
    listed = [a for a in record.authorships if a.role != tables.FORMER]
    if len(listed) >= MAX_AUTHORS:
        problems.append(Problem(("name",), N_("A record has at most {max} authors."), {"max": MAX_AUTHORS}))
    if any(a.role != tables.FORMER and email and a.email == email for a in record.authorships):
        problems.append(Problem(("email",), N_("This person is an author already.")))
    if problems:
        raise Invalid(problems)
    known = next((a for a in record.authorships if person and a.person_id == person.id), None)
    if known:
        known.role = tables.CO_AUTHOR
    else:
        line = Authorship(
            person_id=person.id if person and person.active else None,
            name=name or (person.name if person else ""),
            email=email,
            role=tables.CO_AUTHOR if person and person.active else tables.CREDITED,
            position=1 + max((a.position for a in record.authorships), default=0),
        )
        record.authorships.append(line)
        if email and person is None:
            session.flush()  # the line needs its number
            invitations.to_record(session, actor, line)
    if person:
        notices.of_co_author(session, record, person, actor.person_id)
    _touch(session, record)
    return record


def remove_author(session: Session, actor: Actor, record_id: str, authorship_id: int) -> Record:
    """Take a co-author off the list; she is remembered, so that she can never publish this record."""
    record, _ = access.desk_record(session, actor, record_id, "share", lock=True)
    found = next((a for a in record.authorships if a.id == authorship_id), None)
    if found is None or found.role == tables.AUTHOR:
        raise NotFound(str(authorship_id))
    found.role = tables.FORMER
    invitations.end_of_line(session, found)
    _touch(session, record)
    return record


def put(session: Session, record: Record, values: dict[str, Any], person_id: int | None) -> Revision:
    """Keep these answers, which were checked, as the newest revision."""
    revision = _add_revision(session, record, values, person_id)
    put_latest(session, record)
    return revision


def put_latest(session: Session, record: Record) -> None:
    """After the latest revision changed: its facet values, the time, and word to the index."""
    registry = vocabulary.registry(session)
    facets = derive_index.facet_values(registry[record.kind], record.latest.values, registry)
    outbox.put_facets(session, record, tables.LATEST, facets)
    _touch(session, record)


def _begun_again(session: Session, actor: Actor, record: Record, raw: Mapping[str, Any], seen: working.Seen) -> Record:
    """A new form whose record is there: pressed twice, or its answer was not heard, or the form was open twice.

    What a version says already is saved, even if it went to the coach since; what has all of the latest in it adds to
    that. Anything else meets it.
    """
    registry, latest = vocabulary.registry(session), record.latest
    values = _checked(registry[record.kind], raw, registry, latest.values)
    if any(values == version.values for version in find.revisions(session, record.id)):
        working.became_version(session, actor, record.id, seen, record.start_key or "")
        return record
    adds = all(values.get(name) == answer for name, answer in latest.values.items())
    return save(session, actor, record.id, raw, latest.number if adds else NOTHING, seen=seen).record


def _touch(session: Session, record: Record) -> None:
    record.changed = now()
    outbox.changed(session, record.id)


def _checked(
    record_type: RecordType, raw: Mapping[str, Any], registry: Any, known: Mapping[str, Any]
) -> dict[str, Any]:
    values, problems = checks.shape(record_type, raw, registry.vocabularies, known)
    if problems:
        raise Invalid(problems)
    return values


def _add_revision(session: Session, record: Record, values: dict[str, Any], person_id: int | None) -> Revision:
    revision = Revision(
        record_id=record.id,
        number=find.next_number(session, record.id),
        title=values.get("title", ""),
        language=values.get("language", "en"),
        values=values,
        html=rendering.rendered(vocabulary.registry(session)[record.kind], values),
        policy=prose.POLICY,
        by_id=person_id,
    )
    session.add(revision)
    session.flush()
    record.latest = revision
    return revision
