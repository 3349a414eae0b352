"""Whose a review is: a coach takes a record up, hands it back, or is given it; while she is away it goes to the pool.

None of this changes the editorial state. Each is a line of the record's history, written in its own transaction while
the record is locked, so that of two coaches who take it up at once one is told that the other was faster.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from knowledge.content.checks import tidy
from knowledge.content.fields import N_
from knowledge.services import access, notices, outbox
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden
from knowledge.services.rota import Rota, rota
from knowledge.storage import find, reviews
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record
from knowledge.storage.models.records import Step as Step
from workflows.definition import Reason, Refused
from workflows.guards import OTHER_COACH

CLAIM, HAND_BACK, ASSIGN, AWAY, PAIR = "claim", "hand-back", "assign", "away", "pair"
HOLDINGS = (CLAIM, HAND_BACK, ASSIGN, AWAY, PAIR)
MAX_WORDS = 5000
MOVED_ON = N_("This is not possible any more: the record has moved on. Look at it again.")
TAKEN = N_("Another coach was faster and has taken this record up. Choose another one from the list.")
NOT_YOURS = N_("You do not look after this record any more, so there is nothing to hand back.")


def claim(session: Session, actor: Actor, record_id: str) -> Record:
    """Take a record up, as a coach of its programme; doing it twice changes nothing.

    Raises Refused when another coach has it or it waits no longer, Forbidden, NotFound.
    """
    record = _waiting(session, actor, record_id)
    here = rota(session)
    if access.own_work(session, actor, record):
        raise Forbidden(N_("You wrote or helped to write this. Another coach has to review it."))
    if access.approved(session, actor, record):
        raise Forbidden(OTHER_COACH)
    if actor.person_id in here.away:
        raise Forbidden(N_("You are marked as away. End that on your account page, then take records up."))
    if record.coach_id == actor.person_id:
        return record
    if here.holder(record) is not None:
        raise Refused(Reason.STATE, TAKEN)
    _note(session, record, actor.person_id, CLAIM, actor.person_id)
    return record


def hand_back(session: Session, actor: Actor, record_id: str, words: str = "") -> Record:
    """Give a record back to the coaches of its programme. Raises Refused, Forbidden, NotFound."""
    record = _waiting(session, actor, record_id)
    if record.coach_id != actor.person_id:
        raise Refused(Reason.STATE, NOT_YOURS)
    _note(session, record, None, HAND_BACK, actor.person_id, tidy(words, lines=True)[:MAX_WORDS])
    return record


def assign(session: Session, actor: Actor, record: Record, coach: Person | None, words: str) -> None:
    """Write down that a manager gave a record to a coach, or to nobody. The caller has checked that she may."""
    _note(session, record, coach.id if coach else None, ASSIGN, actor.person_id, words)


def sent(session: Session, record: Record) -> None:
    """A record is sent: while its coach is away it goes to the pool, for the first time to the coach of its author.

    Whoever sends it says so to whom it concerns.
    """
    here = rota(session)
    if record.coach_id is not None and _gone(here, record):
        _note(session, record, None, AWAY, record.coach_id, tell=False)
    elif record.coach_id is None:
        last = reviews.last_answers(session, [record.id], HOLDINGS).get(record.id)
        paired = reviews.paired_coach(session, record)
        coach = next((p for p in here.pool(record) if p.id == paired), None)
        if coach is not None and (last is None or last.transition == AWAY):
            _note(session, record, coach.id, PAIR, coach.id, tell=False)


def free_all(session: Session, states: frozenset[str]) -> int:
    """Whatever waits for a coach who is away now, or has no account any more, goes to the pool; how many those are."""
    here = rota(session)
    found = reviews.abandoned(session, states, here.away)
    for record in found:
        locked = find.record(session, record.id, lock=True)
        if locked is not None and locked.state in states and locked.coach_id and _gone(here, locked):
            _note(session, locked, None, AWAY, locked.coach_id)
    return len(found)


def leave(session: Session, programme_id: str, person_id: int) -> None:
    """A coach leaves a programme: what came to her by that goes back. What a manager gave her stays hers."""
    held = reviews.held_by(session, person_id, programme_id)
    last = reviews.last_answers(session, held, HOLDINGS)
    for record_id in held:
        record = find.record(session, record_id, lock=True)
        if record is not None and record_id in last and last[record_id].transition in (CLAIM, PAIR):
            _note(session, record, None, HAND_BACK, person_id)


def may_claim(session: Session, actor: Actor, record: Record, held: frozenset[str], here: Rota) -> bool:
    """Whether to offer it to this actor."""
    return (
        access.may(record, "claim", held)
        and record.coach_id != actor.person_id
        and here.holder(record) is None
        and actor.person_id not in here.away
        and not access.another_decides(session, actor, record)
    )


def _waiting(session: Session, actor: Actor, record_id: str) -> Record:
    """A record that waits for review, locked. Raises Refused for one that does not any more, Forbidden, NotFound."""
    record, held = access.desk_record(session, actor, record_id, lock=True)
    flow = access.workflow(record)
    if not any(flow.may("claim", state.id, held) for state in flow.states):
        raise Forbidden("claim")
    if not access.may(record, "claim", held):
        raise Refused(Reason.STATE, MOVED_ON)
    return record


def _gone(here: Rota, record: Record) -> bool:
    return record.coach_id in here.away or record.coach is None or not record.coach.active


def _note(
    session: Session,
    record: Record,
    coach_id: int | None,
    what: str,
    person_id: int | None,
    words: str = "",
    tell: bool = True,
) -> None:
    moment = now()
    record.coach_id, record.changed = coach_id, moment
    step = Step(record_id=record.id, revision_id=record.latest_id, person_id=person_id, transition=what, words=words)
    step.source = step.target = record.state
    step.at = moment
    session.add(step)
    outbox.changed(session, record.id)  # who may find its draft has changed
    if tell:
        notices.of_step(session, record, step)
