"""Working days, due dates and turnarounds: plain arithmetic, held against counting day by day."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows import clock
from workflows.clock import Passage

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))


def counted(since: date, until: date) -> int:
    """The oracle: one day after the other."""
    found, day = 0, since
    while day < until:
        day += timedelta(days=1)
        found += day.weekday() not in (5, 6)
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-11-20T16:00", "2026-11-20T23:00", 0),  # a Friday
        ("2026-11-20T16:00", "2026-11-21T09:00", 0),
        ("2026-11-20T16:00", "2026-11-22T09:00", 0),
        ("2026-11-20T16:00", "2026-11-23T09:00", 1),
        ("2026-11-21T16:00", "2026-11-23T09:00", 1),
        ("2026-11-18T16:00", "2026-11-25T09:00", 5),
        ("2026-11-02T00:00", "2026-11-30T00:00", 20),
        ("2026-11-23T00:00", "2026-11-20T00:00", 0),  # a clock that went back
    ],
)
def test_a_weekend_is_not_counted_as_waiting(since: str, until: str, days: int) -> None:
    assert clock.working_days(at(since), at(until)) == days


@given(MOMENTS, st.integers(0, 200), st.integers(0, 86399))
def test_working_days_are_what_counting_gives(since: datetime, days: int, seconds: int) -> None:
    until = since + timedelta(days=days, seconds=seconds)
    assert clock.working_days(since, until) == counted(since.date(), until.date())


@given(MOMENTS, MOMENTS, MOMENTS)
def test_two_waits_one_after_the_other_are_one_wait(a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    together = clock.working_days(first, second) + clock.working_days(second, third)
    assert together == clock.working_days(first, third)


@given(DAYS, st.integers(1, 60))
def test_the_day_an_answer_is_due_is_the_first_with_so_many_working_days(day: date, days: int) -> None:
    due = clock.after(day, days)
    assert counted(day, due) == days and counted(day, due - timedelta(days=1)) == days - 1
    assert clock.works(due), "nothing is due on a weekend"


@given(MOMENTS, st.integers(1, 60), st.integers(0, 120))
def test_an_answer_is_overdue_exactly_when_its_last_day_and_the_weekend_after_are_over(
    since: datetime, allowed: int, later: int
) -> None:
    moment = since + timedelta(days=later)
    found = clock.due(since, allowed, moment)
    assert (found.overdue > 0) is (counted(found.on, moment.date()) > 0)
    assert found.overdue == counted(found.on, moment.date())
    assert found.half is (2 * found.waited >= allowed)
    assert not found.overdue or found.half, "half of the time is over before all of it is"


@given(MOMENTS, st.integers(1, 60), st.integers(0, 60), st.integers(-14 * 60, 14 * 60))
def test_the_reader_s_zone_changes_nothing_because_days_are_those_of_utc(
    since: datetime, allowed: int, later: int, minutes: int
) -> None:
    moment, zone = since + timedelta(days=later), timezone(timedelta(minutes=minutes))
    here = clock.due(since.astimezone(zone), allowed, moment.astimezone(zone))
    there = clock.due(since, allowed, moment)
    assert (here.waited, here.on, here.today) == (there.waited, there.on, there.today)


def passage(record: str, transition: str, source: str, target: str, day: int) -> Passage:
    return Passage(record, transition, source, target, datetime(2026, 11, day, 9, tzinfo=UTC), person_id=day)


def test_rounds_begin_and_end_with_steps_in_and_out_and_not_with_those_that_stay() -> None:
    found = clock.rounds(
        [
            passage("a", "submit", "draft", "in_review", 2),
            passage("a", "claim", "in_review", "in_review", 3),
            passage("a", "request-changes", "in_review", "changes_requested", 4),
            passage("a", "submit", "changes_requested", "in_review", 5),
            passage("a", "recall", "in_review", "draft", 6),
            passage("a", "submit", "draft", "in_review", 9),
            passage("b", "import", "draft", "in_review", 3),
            passage("b", "publish", "in_review", "published", 10),
            passage("b", "withdraw", "published", "withdrawn", 11),
        ],
        {"in_review"},
    )
    assert [(r.record_id, r.begun.day, r.ended and r.ended.day, r.how, r.decided) for r in found] == [
        ("a", 2, 4, "request-changes", True),
        ("a", 5, 6, "recall", False),
        ("a", 9, None, "", False),
        ("b", 3, 10, "publish", True),
    ]
    assert [r.days(at("2026-11-10T09:00")) for r in found] == [2, 1, 1, 5]
    assert found[0].person_id == 4 and clock.rounds([], {"in_review"}) == []


def test_the_second_of_two_coaches_has_a_round_of_her_own() -> None:
    found = clock.rounds(
        [
            passage("a", "submit", "draft", "in_review", 2),
            passage("a", "approve", "in_review", "second_review", 4),
            passage("a", "claim", "second_review", "second_review", 5),
            passage("a", "publish", "second_review", "published", 9),
            passage("b", "submit", "draft", "in_review", 2),
            passage("b", "approve", "in_review", "second_review", 10),
        ],
        {"in_review", "second_review"},
    )
    assert [(r.begun.day, r.ended and r.ended.day, r.how, r.decided, r.person_id) for r in found] == [
        (2, 4, "approve", True, 4),
        (4, 9, "publish", True, 9),
        (2, 10, "approve", True, 10),
        (10, None, "", False, None),
    ]


MOVES = st.lists(st.sampled_from(["in", "out", "stay", "elsewhere"]), max_size=30)


@given(st.lists(MOVES, max_size=4))
def test_every_way_in_makes_one_round_and_rounds_never_overlap(histories: list[list[str]]) -> None:
    steps, entries, moment = [], 0, at("2026-11-02T09:00")
    for number, moves in enumerate(histories):
        inside = False
        for move in moves:
            moment += timedelta(hours=7)
            if move == "in" and not inside:
                steps.append(Passage(str(number), "submit", "draft", "in_review", moment))
                inside, entries = True, entries + 1
            elif move == "out" and inside:
                steps.append(Passage(str(number), "publish", "in_review", "published", moment))
                inside = False
            elif move == "stay" and inside:
                steps.append(Passage(str(number), "claim", "in_review", "in_review", moment))
            elif move == "elsewhere" and not inside:
                steps.append(Passage(str(number), "revise", "published", "draft", moment))
    found = clock.rounds(steps, {"in_review"})
    assert len(found) == entries
    for before, after in itertools.pairwise(found):
        if before.record_id == after.record_id:
            assert before.ended is not None and before.ended <= after.begun
    assert all(r.ended is not None for r in found[:-1] if r.record_id == found[-1].record_id)


@given(st.lists(st.integers(0, 90), min_size=1))
def test_at_least_half_of_the_answers_came_within_the_median(days: list[int]) -> None:
    found = clock.turnaround(days)
    assert found is not None and found.median in days
    assert sum(d <= found.median for d in days) * 2 >= len(days) == found.count
    assert found.worst == max(days)


def test_of_no_answers_nothing_is_said() -> None:
    assert clock.turnaround([]) is None
