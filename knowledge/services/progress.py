"""How somebody's records fared in review: of each, what its coaches said of the checks, from the first time on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.services.scoring import MARKS
from knowledge.storage import find, reviewing
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record
from knowledge.storage.models.reviewing import Score
from workflows.known import UNDER_REVIEW


@dataclass(frozen=True)
class Round:
    """What a coach said of one version: how many checks are met, partly met, not yet."""

    number: int
    met: int
    partly: int
    missing: int

    @property
    def said(self) -> int:
        """How many checks she said anything about."""
        return self.met + self.partly + self.missing


@dataclass(frozen=True)
class Course:
    """A record and its rounds of review, the first one first."""

    record: Record
    rounds: tuple[Round, ...]


def mine(session: Session, actor: Actor) -> tuple[Course, ...]:
    """Of the actor's own records; what her coach says now is not in it before the decision."""
    me = access.require_person(session, actor)
    return _courses(session, reviewing.written_in(session, me.person_id or 0, None), undecided=False)


def of_person(session: Session, actor: Actor, person_id: int) -> tuple[Person, tuple[Course, ...]]:
    """Of what somebody writes in the programmes that the actor coaches; for a manager, in all.

    Raises NotFound for who neither writes there nor belongs to it, SignInNeeded.
    """
    me = access.require_person(session, actor)
    person = find.person(session, person_id) if person_id < 2**31 else None
    if person is None or not (me.manager or me.coach):
        raise NotFound(str(person_id))
    records = reviewing.written_in(session, person_id, None if me.manager else me.coaches)
    member_of = access.standing(session, Actor(person_id)).member_of
    if not (records or me.manager or member_of & me.coaches):
        raise NotFound(str(person_id))
    known = [r for r in records if not access.own_work(session, actor, r)]
    return person, _courses(session, known, undecided=True)


def _courses(session: Session, records: Sequence[Record], undecided: bool) -> tuple[Course, ...]:
    scores = [s for s in reviewing.scores(session, [r.id for r in records]) if s.by_coach and s.marks]
    courses = []
    for record in records:
        hidden = record.latest_id if record.state in UNDER_REVIEW and not undecided else None
        # of two coaches about one version the last word counts
        last = {s.revision.number: s for s in scores if s.record_id == record.id and s.revision_id != hidden}
        rounds = tuple(_round(number, last[number]) for number in sorted(last))
        if rounds:
            courses.append(Course(record, rounds))
    return tuple(courses)


def _round(number: int, score: Score) -> Round:
    counts = Counter(mark for mark, _note in score.marks.values())
    return Round(number, *(counts[mark] for mark in MARKS))
