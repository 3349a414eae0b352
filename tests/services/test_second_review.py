"""A record that waits for the second of two coaches waits as any other: in the list, with a day, for who can read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from knowledge.services import claims, clock, programmes, reminders, scheduling
from knowledge.services import queue as queues
from knowledge.services.errors import Forbidden
from knowledge.storage import find, reviews
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record
from tests.conftest import Stage
from tests.services.test_claims import holder, told
from workflows.definition import Refused
from workflows.known import UNDER_REVIEW


@pytest.fixture
def approved(stage: Stage) -> str:
    """What the coach who looked after it has approved; there is another one."""
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    stage.site.act(programmes.choose_workflow, stage.manager(), "reforms", "two_coaches")
    record_id = stage.record(stage.actor("author"), "in_review")
    stage.site.act(claims.claim, stage.actor("coach"), record_id)
    stage.step(stage.actor("coach"), record_id, "approve")
    return record_id


def sections(stage: Stage, who: str) -> list[tuple[str, list[str]]]:
    found = stage.site.ask(queues.of, stage.actor(who)).sections
    return [(section, [line.record.id for line in lines]) for section, lines in found]


def test_it_is_free_for_the_other_coach_and_not_for_who_approved_it(stage: Stage, approved: str) -> None:
    assert sections(stage, "second") == [("free", [approved])]
    assert sections(stage, "coach") == [("others", [approved])]
    assert "approved by you" in stage.client("coach").get("/review").text
    assert told(stage, "second") == ["second"]
    with pytest.raises(Forbidden):
        stage.site.act(claims.claim, stage.actor("coach"), approved)
    stage.site.act(claims.claim, stage.actor("second"), approved)
    assert holder(stage, approved) == "second" and sections(stage, "second") == [("mine", [approved])]


def test_the_second_round_has_the_same_time_as_the_first(stage: Stage, approved: str) -> None:
    stage.site.act(as_if_earlier, approved, 20)
    standing = stage.site.ask(clock.of_record, stage.actor("author"), approved)
    assert standing.due is not None and standing.due.overdue > 0 and len(standing.rounds) == 1
    assert sections(stage, "second") == [("overdue", [approved])]
    figures = stage.site.ask(clock.of_programme, stage.manager(), "reforms")
    waiting = {c.name: c.waiting for c in figures.coaches}
    assert waiting == dict.fromkeys(waiting, 0), "it waits for no one coach, least of all for the first"
    reminders.look(stage.site.db)
    assert told(stage, "overdue") == ["second"]


def as_if_earlier(session: object, record_id: str, days: int) -> None:
    """As if it had been approved so many days ago."""
    record: Record = find.record(session, record_id, lock=True)  # type: ignore[arg-type, assignment]
    for step in find.steps(session, record_id):  # type: ignore[arg-type]
        step.at -= timedelta(days=days)
    assert record.waiting_since is not None
    record.waiting_since -= timedelta(days=days)


def test_when_nobody_else_can_read_it_managers_are_told_once(stage: Stage, approved: str) -> None:
    second = stage.actor("second").person_id or 0
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", second)
    reminders.look(stage.site.db)
    reminders.look(stage.site.db)
    assert told(stage, "unattended") == ["manager"]
    with stage.site.db.reading() as session:
        opening = reviews.openings(session, UNDER_REVIEW, [approved])[approved]
        last = find.last_step(session, approved, "approve")
        assert last is not None and opening == last.id


def test_the_second_coach_may_decide_for_a_later_day_and_the_first_may_not(stage: Stage, approved: str) -> None:
    day = (now() + timedelta(days=1)).date().isoformat()
    with pytest.raises(Refused):
        stage.site.act(scheduling.plan, stage.actor("coach"), approved, day, seen=1)
    stage.site.act(scheduling.plan, stage.actor("second"), approved, day, seen=1)

    def come(session: object) -> None:
        record: Record = find.record(session, approved, lock=True)  # type: ignore[arg-type, assignment]
        assert record.plan is not None
        record.plan.due = now()

    stage.site.act(come)
    scheduling.sweep(stage.site.db)
    assert stage.client().get(f"/practices/{approved}", follow_redirects=True).status_code == 200
