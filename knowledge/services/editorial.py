"""The one door for every change of state.

`advance` asks the pure workflow; what it permits is written in one transaction: state, live revision, history and
the outbox. `admit` is the only other way into a state: a record that comes in whole, from an import.
"""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from knowledge.content import checks, openness
from knowledge.content.checks import tidy
from knowledge.derive import index as derive_index
from knowledge.services import access, claims, discussion, notices, outbox, publicity, scoring, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.services.publicity import names as names
from knowledge.storage import find, reviewing
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record, Step
from workflows.definition import Live, Move, Refused, Situation, Transition
from workflows.editorial import ANYONE, EDITORIAL, IN_REVIEW, PUBLISHED, SIGNED_IN, WITHDRAWN
from workflows.known import UNDER_REVIEW

log = structlog.get_logger()
MAX_WORDS = 5000


def advance(
    session: Session,
    actor: Actor,
    record_id: str,
    transition: str,
    *,
    words: str = "",
    public_words: str = "",
    seen: int | None = None,
) -> Move:
    """Take a record one step on. `seen`: number of the revision the actor looked at.

    `public_words`: of a withdrawal, what everybody may read of the reason; `words` stay with those who work on it.

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
    _write(session, actor, record, move, tidy(public_words, lines=True)[:MAX_WORDS])
    return move


def situate(session: Session, actor: Actor, record: Record, *, words: str = "", seen: int | None = None) -> Situation:
    """The facts the workflow decides on, read now."""
    registry, not_before = vocabulary.registry(session), openness.earliest(record.latest.values)
    return Situation(
        state=record.state,
        roles=access.roles_in(session, actor, record),
        words=words,
        missing=len(checks.missing(registry[record.kind], record.latest.values, registry.vocabularies)),
        own_work=access.own_work(session, actor, record),
        approved=access.approved(session, actor, record),
        has_live=record.live_id is not None,
        seen=seen,
        latest=record.latest.number,
        early=not_before is not None and not_before > now(),
    )


def offered(session: Session, actor: Actor, record: Record) -> tuple[Transition, ...]:
    """The steps to offer to this actor as buttons."""
    return access.workflow(record).offered(situate(session, actor, record))


def admit(session: Session, actor: Actor, record: Record, state: str, words: str = "", public_words: str = "") -> None:
    """Let a record that comes in whole stand in `state`; history says that it was imported, and by whom.

    A record admitted as published makes its latest revision live. The caller has checked that the actor may.
    """
    source, record.state = record.state, EDITORIAL.state(state).id
    record.latest.sealed = state != EDITORIAL.initial
    live = record.latest if state == PUBLISHED else record.live
    if live is not None:
        publicity.begin(session, record, live, record.published or now(), None)
    if state == WITHDRAWN:
        publicity.end(session, record, now())
    record.waiting_since = now() if state == IN_REVIEW else None
    step = Step(record_id=record.id, revision_id=record.latest.id, person_id=actor.person_id, transition="import")
    step.source, step.target, step.words, step.public_words = source, record.state, words, public_words
    session.add(step)


def _write(session: Session, actor: Actor, record: Record, move: Move, public_words: str) -> None:
    moment = now()
    record.plan = None  # what was decided for later was decided about the record as it stood
    if move.target == IN_REVIEW:
        record.latest.sealed = True
    # what was withdrawn is what was public, not the draft above it
    decided_on = record.live if move.live is Live.REMOVE and record.live else record.latest
    if move.live is Live.PUBLISH:
        publicity.begin(session, record, record.latest, moment, actor.person_id)
        record.latest.lowered = scoring.lowered(session, record)
    elif move.live is Live.REMOVE:
        publicity.end(session, record, moment)
        record.latest.sealed = True
    elif move.live is Live.RETURN and record.live is not None:
        record.latest = record.live
    record.state, record.changed = move.target, moment
    record.waiting_since = moment if move.target in UNDER_REVIEW else None
    if move.target not in UNDER_REVIEW:
        reviewing.end_opinions(session, record.id, moment)
    step = Step(
        record_id=record.id,
        revision_id=decided_on.id,
        person_id=actor.person_id,
        transition=move.transition,
        source=move.source,
        target=move.target,
        words=move.words,
        public_words=public_words if move.live is Live.REMOVE else "",
        at=moment,
    )
    session.add(step)
    if move.target == IN_REVIEW:
        claims.sent(session, record)
    notices.of_step(session, record, step)
    if move.transition == "request-changes":
        discussion.point_of(session, record, actor, move.words)
    put_layers(session, record)
    outbox.changed(session, record.id)


def put_layers(session: Session, record: Record) -> None:
    """The facet values of both layers, from the revisions they stand for."""
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    latest = derive_index.facet_values(record_type, record.latest.answers, registry)
    public = openness.public(record_type, record.live.answers) if record.live else None
    live = derive_index.facet_values(record_type, public, registry) if public is not None else None
    outbox.put_facets(session, record, tables.LATEST, latest)
    outbox.put_facets(session, record, tables.LIVE, live)
