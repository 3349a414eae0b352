"""The one door for every change of state.

`advance` asks the pure workflow; what it permits is written in one transaction: state, live revision, history and
the outbox. `admit` is the only other way into a state: a record that comes in whole, from an import.
"""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from knowledge.content import checks
from knowledge.content.checks import tidy
from knowledge.derive import index as derive_index
from knowledge.services import access, discussion, notices, outbox, scoring, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find, reviews
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record, Step
from workflows.definition import Live, Move, Refused, Situation, Transition
from workflows.editorial import ANYONE, EDITORIAL, IN_REVIEW, PUBLISHED, SIGNED_IN
from workflows.known import UNDER_REVIEW

log = structlog.get_logger()
MAX_WORDS = 5000


def advance(
    session: Session, actor: Actor, record_id: str, transition: str, *, words: str = "", seen: int | None = None
) -> Move:
    """Take a record one step on. `seen`: number of the revision the actor looked at.

    Raises workflows.Refused when the step may not be made, NotFound for a record the actor may not know of.
    """
    record = find.record(session, record_id, lock=True)
    if record is None:
        raise NotFound(record_id)
    situation = situate(session, actor, record, words=tidy(words, lines=True)[:MAX_WORDS], seen=seen)
    desk = situation.roles - {ANYONE, SIGNED_IN}
    if record.live_id is None and not access.may(record, "view", desk):
        raise NotFound(record_id)
    try:
        move = access.workflow(record).move(transition, situation)
    except Refused as refused:
        log.warning(
            "step refused",
            record=record_id,
            person=actor.person_id,
            transition=transition[:40],
            state=record.state,
            reason=refused.reason.value,
        )
        raise
    _write(session, actor, record, move)
    return move


def situate(session: Session, actor: Actor, record: Record, *, words: str = "", seen: int | None = None) -> Situation:
    """The facts the workflow decides on, read now."""
    registry = vocabulary.registry(session)
    return Situation(
        state=record.state,
        roles=access.roles_in(session, actor, record),
        words=words,
        missing=len(checks.missing(registry[record.kind], record.latest.values, registry.vocabularies)),
        own_work=access.own_work(session, actor, record),
        approved=_approved(session, actor, record),
        has_live=record.live_id is not None,
        seen=seen,
        latest=record.latest.number,
    )


def _approved(session: Session, actor: Actor, record: Record) -> bool:
    """Whether it waits for a second coach after this one's approval."""
    step = find.last_step(session, record.id, "approve")
    return step is not None and step.target == record.state and step.person_id == actor.person_id


def offered(session: Session, actor: Actor, record: Record) -> tuple[Transition, ...]:
    """The steps to offer to this actor as buttons."""
    return access.workflow(record).offered(situate(session, actor, record))


def admit(session: Session, actor: Actor, record: Record, state: str, words: str = "") -> None:
    """Let a record that comes in whole stand in `state`; history says that it was imported, and by whom.

    A record admitted as published makes its latest revision live. The caller has checked that the actor may.
    """
    source, record.state = record.state, EDITORIAL.state(state).id
    record.latest.sealed = state != EDITORIAL.initial
    if state == PUBLISHED:
        record.live = record.latest
        record.published = record.published or now()
        record.first_published = record.first_published or record.published
    record.credits = names(record)
    record.waiting_since = now() if state == IN_REVIEW else None
    _step(session, actor, record, "import", source, words)


def _write(session: Session, actor: Actor, record: Record, move: Move) -> None:
    moment = now()
    if move.target == IN_REVIEW:
        record.latest.sealed = True
    # what was withdrawn is what was public, not the draft above it
    decided_on = record.live if move.live is Live.REMOVE and record.live else record.latest
    if move.live is Live.PUBLISH:
        record.live, record.credits = record.latest, names(record)
        record.published, record.first_published = moment, record.first_published or moment
        record.latest.lowered = scoring.lowered(session, record)
    elif move.live is Live.REMOVE:
        record.live = None
        record.latest.sealed = True
    elif move.live is Live.RETURN and record.live is not None:
        record.latest = record.live
    record.state, record.changed = move.target, moment
    record.waiting_since = moment if move.target in UNDER_REVIEW else None
    if move.target not in UNDER_REVIEW:
        reviews.end_opinions(session, record.id, moment)
    step = Step(
        record_id=record.id,
        revision_id=decided_on.id,
        person_id=actor.person_id,
        transition=move.transition,
        source=move.source,
        target=move.target,
        words=move.words,
        at=moment,
    )
    session.add(step)
    notices.of_step(session, record, step)
    if move.transition == "request-changes":
        discussion.point_of(session, record, actor, move.words)
    put_layers(session, record)
    outbox.changed(session, record.id)


def names(record: Record) -> list[str]:
    """The names of all who write a record or are credited for it, in order."""
    return [a.name for a in record.authorships if a.role != tables.FORMER]


def put_layers(session: Session, record: Record) -> None:
    """The facet values of both layers, from the revisions they stand for."""
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    latest = derive_index.facet_values(record_type, record.latest.answers, registry)
    live = derive_index.facet_values(record_type, record.live.answers, registry) if record.live else None
    outbox.put_facets(session, record, tables.LATEST, latest)
    outbox.put_facets(session, record, tables.LIVE, live)


def _step(session: Session, actor: Actor, record: Record, name: str, source: str, words: str) -> None:
    session.add(
        Step(
            record_id=record.id,
            revision_id=record.latest.id,
            person_id=actor.person_id,
            transition=name,
            source=source,
            target=record.state,
            words=words,
        )
    )
