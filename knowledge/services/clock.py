"""How long reviews take and when they are due, worked out from the history: nothing is counted, so nothing can be off.

The author sees the same figures as her coach and the manager.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.services import access, claims
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.services.rota import rota
from knowledge.storage import find, reviews
from knowledge.storage.models.absences import Absence
from knowledge.storage.models.base import now
from knowledge.storage.models.programmes import REVIEW_DAYS, Programme
from knowledge.storage.models.records import Record, Step
from workflows import clock
from workflows.clock import Due, Passage, Round, Turnaround
from workflows.known import UNDER_REVIEW

ENOUGH = 3  # answers, before anybody says what is usual


@dataclass(frozen=True)
class Standing:
    """Where the review of a record stands: when its answer is due, what is usual, how long the earlier ones took.

    `coach`: who looks after it and is there; `by_coach`, `by_programme`: of her answers, and of all of the programme,
    None for too few to say.
    """

    due: Due | None
    coach: str
    by_coach: Turnaround | None
    by_programme: Turnaround | None
    rounds: tuple[int, ...]
    may_claim: bool
    may_hand_back: bool


@dataclass(frozen=True)
class CoachFigures:
    """A coach of a programme: what she answered there, how much waits for her, and whether she is away."""

    name: str
    person_id: int
    turnaround: Turnaround | None
    waiting: int
    away: Absence | None


@dataclass(frozen=True)
class Figures:
    """A programme: all its answers together, coach by coach, and how many answers took how many working days."""

    allowed: int
    whole: Turnaround | None
    coaches: tuple[CoachFigures, ...]
    spread: tuple[int, ...]
    present: int

    @property
    def in_time(self) -> int:
        """How many answers came in time."""
        return sum(self.spread[: self.allowed + 1])


def allowed(record: Record) -> int:
    """The working days that its programme gives for a review."""
    return record.programme.review_days if record.programme else REVIEW_DAYS


def due(record: Record, moment: datetime | None = None) -> Due | None:
    """When the answer to a record that waits is due; None for one that does not wait."""
    if record.state not in UNDER_REVIEW or record.waiting_since is None:
        return None
    return clock.due(record.waiting_since, allowed(record), moment or now())


def of_record(session: Session, actor: Actor, record_id: str) -> Standing:
    """Where its review stands, for who works on it. Raises NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "view_history")
    here = rota(session)
    coach = here.holder(record)
    found = clock.rounds(_passages(reviews.of_record(session, UNDER_REVIEW, record_id)), UNDER_REVIEW)
    return Standing(
        due(record),
        coach.name if coach else "",
        _if_enough(_of_person(session, coach.id) if coach else None),
        _if_enough(_in_programme(session, record.programme_id or "")),
        tuple(r.days(now()) for r in found if r.decided),
        claims.may_claim(session, actor, record, held, here),
        record.coach_id == actor.person_id and access.may(record, "claim", held),
    )


def late(session: Session, actor: Actor) -> list[tuple[Record, Due]]:
    """For managers: what waits longer than it should, the latest first."""
    access.require_manager(session, actor)
    found = [(record, due(record)) for record in find.waiting(session, UNDER_REVIEW, None, None)]
    return sorted(((r, d) for r, d in found if d and d.overdue), key=lambda pair: -pair[1].overdue)


def of_coach(session: Session, actor: Actor) -> Turnaround | None:
    """One's own answers, in all programmes. Raises SignInNeeded."""
    return _of_person(session, access.require_person(session, actor).person_id or 0)


def of_programme(session: Session, actor: Actor, programme_id: str) -> Figures:
    """The figures of a programme, for its manager. Raises NotFound."""
    access.require_manager(session, actor)
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise NotFound(programme_id)
    steps = reviews.of_programme(session, UNDER_REVIEW, programme_id)
    found = clock.rounds(_passages(steps), UNDER_REVIEW)
    decided = [r for r in found if r.decided]
    days = _days(decided)
    here = rota(session)
    people = {s.person.id: s.person for s in steps if s.person and s.transition in clock.DECISIONS}
    people |= {p.id: p for p in here.pools.get(programme_id, ())}
    held = reviews.waiting_by_coach(session, UNDER_REVIEW, programme_id)
    coaches = [
        CoachFigures(
            p.name,
            p.id,
            clock.turnaround(_days(r for r in decided if r.person_id == p.id)),
            held.get(p.id, 0),
            here.away.get(p.id),
        )
        for p in sorted(people.values(), key=lambda p: (p.name, p.id))
    ]
    spread = tuple(days.count(n) for n in range(max([*days, programme.review_days]) + 1))
    present = len(here.present(programme_id))
    return Figures(programme.review_days, clock.turnaround(days), tuple(coaches), spread, present)


def _if_enough(found: Turnaround | None) -> Turnaround | None:
    return found if found and found.count >= ENOUGH else None


def _in_programme(session: Session, programme_id: str) -> Turnaround | None:
    steps = reviews.of_programme(session, UNDER_REVIEW, programme_id)
    return clock.turnaround(_days(r for r in clock.rounds(_passages(steps), UNDER_REVIEW) if r.decided))


def _of_person(session: Session, person_id: int) -> Turnaround | None:
    found = clock.rounds(_passages(reviews.of_person(session, UNDER_REVIEW, person_id)), UNDER_REVIEW)
    return clock.turnaround(_days(r for r in found if r.decided and r.person_id == person_id))


def _days(found: Iterable[Round]) -> list[int]:
    return [r.days(now()) for r in found]


def _passages(steps: Sequence[Step]) -> list[Passage]:
    return [Passage(s.record_id, s.transition, s.source, s.target, s.at, s.person_id) for s in steps]
