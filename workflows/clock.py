"""The clock of reviews: which days count, when an answer is due, and how long answers took. Arithmetic, nothing else.

Working days are Monday to Friday, in UTC. The day on which something is sent does not count: with five days, what is
sent on a Monday is due by the end of the next Monday.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median_high

DECISIONS = frozenset({"publish", "request-changes", "approve"})  # a coach has answered


def works(day: date) -> bool:
    """Whether people work on this day."""
    return day.weekday() < 5


def working_days(since: datetime, until: datetime) -> int:
    """Whole working days from one moment to another; none when the clock went back."""
    day, end = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    weeks, rest = divmod(max((end - day).days, 0), 7)
    return 5 * weeks + sum(works(day + timedelta(days=n + 1)) for n in range(rest))


def after(day: date, days: int) -> date:
    """The day so many working days later; the day itself for none."""
    while days > 0:
        day += timedelta(days=1)
        days -= works(day)
    return day


@dataclass(frozen=True)
class Due:
    """Where a review stands: since when it waits, how many working days that is, of how many, and the last good day."""

    since: datetime
    waited: int
    allowed: int
    on: date
    today: date

    @property
    def overdue(self) -> int:
        """By how many working days the answer is late: 0 while there is time."""
        return max(self.waited - self.allowed, 0)

    @property
    def half(self) -> bool:
        """Whether half of the time is over."""
        return self.waited * 2 >= self.allowed


def due(since: datetime, allowed: int, moment: datetime) -> Due:
    """Where a review stands at a moment, if `allowed` working days are given for it."""
    on = after(since.astimezone(UTC).date(), allowed)
    return Due(since, working_days(since, moment), allowed, on, moment.astimezone(UTC).date())


@dataclass(frozen=True)
class Passage:
    """A step of a record's history, as far as the clock looks at it."""

    record_id: str
    transition: str
    source: str
    target: str
    at: datetime
    person_id: int | None = None


@dataclass(frozen=True)
class Round:
    """Once around: a record was sent, and answered or taken back, or still waits (`ended` is None)."""

    record_id: str
    begun: datetime
    ended: datetime | None = None
    how: str = ""
    person_id: int | None = None

    @property
    def decided(self) -> bool:
        """Whether a coach answered."""
        return self.how in DECISIONS

    def days(self, moment: datetime) -> int:
        """Working days it took, or has taken by this moment."""
        return working_days(self.begun, self.ended or moment)


def rounds(passages: Iterable[Passage], waiting: Collection[str]) -> list[Round]:
    """The rounds in a history, oldest first; of several records when their steps come one record after the other.

    A round begins with the step into one of the states `waiting` and ends with the one out of it; steps that stay in it
    (a coach takes a record up, another opinion is asked for) are no ends. Where two coaches are asked for, the approval
    of the first ends her round and begins that of the second: each of them has the same time.
    """
    found: list[Round] = []
    begun: Passage | None = None
    for passage in passages:
        if begun is not None and begun.record_id != passage.record_id:
            found.append(Round(begun.record_id, begun.at))
            begun = None
        if begun is not None and passage.target != begun.target:
            found.append(Round(begun.record_id, begun.at, passage.at, passage.transition, passage.person_id))
            begun = None
        if begun is None and passage.target in waiting:
            begun = passage
    return [*found, Round(begun.record_id, begun.at)] if begun else found


@dataclass(frozen=True)
class Turnaround:
    """How long answers took, in working days: how many there were, the median and the worst."""

    count: int
    median: int
    worst: int


def turnaround(days: Sequence[int]) -> Turnaround | None:
    """Of these answers; None when there were none. At least half of them took no longer than the median says."""
    return Turnaround(len(days), median_high(days), max(days)) if days else None
