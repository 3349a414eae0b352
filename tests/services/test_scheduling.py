"""A decision that waits for its day is carried out once, as hers who took it, and only if it still holds."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from knowledge.app import join
from knowledge.content.site import registry as declared
from knowledge.services import accounts, authoring, editorial, programmes, scheduling
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.settings import Settings
from knowledge.storage import find
from knowledge.storage.models.records import Record
from tests.conftest import Stage, make_stage, post
from tests.services.days import DAY, Clock, decide, is_public, published, state, told
from workflows.definition import Reason, Refused


def test_a_decision_is_carried_out_on_its_day_once_and_as_hers(stage: Stage, clock: Clock) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review")
    decide(stage, record, words="Well done.")
    assert told(stage, "planned") == [author.person_id]
    for page in ("/work", f"/work/{record}"):
        assert "Published from 5 March 2026" in stage.client("author").get(page).text
    for day, hour in (("2026-03-04", 23), ("2026-03-05", -1)):
        clock.to(day, hour)
        scheduling.sweep(stage.site.db)
        assert state(stage, record) == ("in_review", True) and not is_public(stage, record)
    clock.to(DAY)
    for _ in range(3):
        scheduling.sweep(stage.site.db)
    assert state(stage, record) == ("published", False) and is_public(stage, record) and published(stage, record) == 1
    with stage.site.db.reading() as session:
        step = find.last_step(session, record, "publish")
        assert step is not None and (step.person_id, step.words) == (coach.person_id, "Well done.")
    assert told(stage, "published") == [author.person_id]
    stage.site.keeper.after_commit()
    assert stage.client().get("/practices.json").json["total"] == 1


def test_F8_a_clock_that_is_set_back_publishes_nothing_early_and_nothing_twice(stage: Stage, clock: Clock) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    decide(stage, record)
    clock.to("2025-03-05")
    scheduling.sweep(stage.site.db)
    assert state(stage, record) == ("in_review", True)
    clock.to(DAY)
    scheduling.sweep(stage.site.db)
    for day in ("2026-03-01", DAY, "2027-03-05"):
        clock.to(day)
        scheduling.sweep(stage.site.db)
    assert published(stage, record) == 1


@pytest.mark.case("C8")
@pytest.mark.parametrize(
    ("who", "step"), [("author", "recall"), ("coach", "request-changes"), ("coach", "publish"), ("manager", "withdraw")]
)
def test_C8_whatever_happens_to_the_record_in_between_ends_the_decision(
    stage: Stage, clock: Clock, who: str, step: str
) -> None:
    author = stage.actor("author")
    record = stage.record(author, "published" if step == "withdraw" else "in_review")
    if step == "withdraw":  # a published record with a new version that waits
        stage.step(author, record, "revise")
        stage.revise(author, record, title="A new version that waits")
        stage.step(author, record, "submit")
    before = published(stage, record)
    decide(stage, record, seen=2 if step == "withdraw" else 1)
    stage.step(stage.actor(who), record, step)
    after = state(stage, record)
    assert not after[1]
    clock.to(DAY)
    scheduling.sweep(stage.site.db)
    assert state(stage, record) == after and published(stage, record) == before + (step == "publish")


def _leaves(stage: Stage, record: str) -> None:
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)


def _is_deactivated(stage: Stage, record: str) -> None:
    stage.site.act(accounts.set_active, stage.manager(), stage.actor("coach").person_id, False)


def _becomes_author(stage: Stage, record: str) -> None:
    stage.site.act(_add_coach, record)


def _add_coach(session: Any, record: str) -> None:
    from knowledge.storage.models.records import Authorship

    coach = find.person_by_email(session, "coach@example.org")
    assert coach is not None
    session.add(Authorship(record_id=record, person_id=coach.id, name="C", email=coach.email, role="co_author"))


def _wish(stage: Stage, record: str) -> None:
    """Its authors' earliest day moves: as if the text had been changed under the decision."""
    stage.site.act(_new_text, record)


def _new_text(session: Any, record: str) -> None:
    found = find.record(session, record)
    assert found is not None
    authoring.put(session, found, {**found.latest.values, "objective": "Something else."}, None)


@pytest.mark.case("A12")
@pytest.mark.parametrize("happens", [_leaves, _is_deactivated, _becomes_author, _wish])
def test_A5_A6_A12_everything_is_checked_again_on_the_day(stage: Stage, clock: Clock, happens: Any) -> None:
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    record, other = (stage.record(stage.actor("author"), "in_review") for _ in range(2))
    for each in (record, other):
        decide(stage, each)
    decide(stage, other, who="second")  # the control: decided by somebody of whom it still holds
    happens(stage, record)
    clock.to(DAY)
    scheduling.sweep(stage.site.db)
    assert state(stage, record) == ("in_review", False) and published(stage, record) == 0
    assert is_public(stage, other)
    # and those whose turn it is hear of it, with the reason
    assert stage.actor("second").person_id in told(stage, "unplanned")
    with stage.site.db.reading() as session:
        step = find.last_step(session, record, "unplan")
        assert step is not None and step.words and step.person_id is None


def test_only_who_may_publish_decides_and_only_what_could_be_published(stage: Stage, clock: Clock) -> None:
    author, record = stage.actor("author"), stage.record(stage.actor("author"), "in_review")
    for who, reason in (("author", Reason.ROLE), ("manager", Reason.ROLE)):
        with pytest.raises(Refused) as refused:
            decide(stage, record, who=who)
        assert refused.value.reason is reason
    with pytest.raises(NotFound):
        decide(stage, record, who="stranger")
    with pytest.raises(Refused) as refused:
        decide(stage, record, seen=0)
    assert refused.value.reason is Reason.STALE
    with pytest.raises(Refused):
        decide(stage, stage.record(author))
    own = stage.record(stage.actor("coach"), "in_review")
    with stage.site.db.transaction() as session:
        session.get_one(Record, own).programme_id = "reforms"
    with pytest.raises(Refused) as refused:
        decide(stage, own)
    assert refused.value.reason is Reason.ROLE
    for day in ("", "tomorrow", "2026-03-02", "2026-02-01", "2030-01-01", "2026-13-01"):
        with pytest.raises(Invalid):
            decide(stage, record, day)
    assert state(stage, record) == ("in_review", False)


def test_the_author_s_earliest_day_is_shown_to_the_coach_and_enforced(stage: Stage, clock: Clock) -> None:
    record = stage.record(stage.actor("author"), "in_review", not_before="2026-04-10")
    coach = stage.client("coach")
    assert "does not become public before 10 April 2026" in coach.get(f"/review/{record}").text
    answer = post(coach, f"/records/{record}/publish", seen="1")
    assert answer.status_code == 422 and "later date" in answer.text
    early = post(coach, f"/review/{record}/day", on="2026-04-09", seen="1", words="My words")
    assert early.status_code == 422 and "2026-04-10" in early.text and "My words" in early.text
    assert post(coach, f"/review/{record}/day", on="2026-04-10", seen="1").status_code == 303
    clock.to("2026-04-09", 23)
    scheduling.sweep(stage.site.db)
    assert not is_public(stage, record)
    clock.to("2026-04-10", 0)
    scheduling.sweep(stage.site.db)
    assert is_public(stage, record)
    assert "2026-04-10" not in stage.client().get(f"/practices/{record}", follow_redirects=True).text


def test_a_decision_is_called_off_by_who_could_take_it(stage: Stage, clock: Clock) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    decide(stage, record)
    for who, error in (("author", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            stage.site.act(scheduling.call_off, stage.actor(who), record)
    coach = stage.client("coach")
    assert "Change or call off" in coach.get(f"/work/{record}").text
    decide(stage, record, "2026-03-07")
    assert post(coach, f"/review/{record}/day", action="call-off").status_code == 303
    assert told(stage, "unplanned") == [stage.actor("author").person_id]
    assert state(stage, record) == ("in_review", False)
    clock.to("2026-03-08")
    scheduling.sweep(stage.site.db)
    assert published(stage, record) == 0
    with pytest.raises(NotFound):
        stage.site.act(scheduling.call_off, stage.actor("coach"), record)


@pytest.mark.case("C7")
def test_C7_several_sweeps_at_once_publish_once(stage_on: Stage, clock: Clock) -> None:
    records = [stage_on.record(stage_on.actor("author"), "in_review") for _ in range(3)]
    for record in records:
        decide(stage_on, record)
    clock.to(DAY)
    sweeps = [threading.Thread(target=scheduling.sweep, args=(stage_on.site.db,)) for _ in range(4)]
    for sweep in sweeps:
        sweep.start()
    for sweep in sweeps:
        sweep.join()
    scheduling.sweep(stage_on.site.db)
    assert [published(stage_on, record) for record in records] == [1, 1, 1]
    assert len(told(stage_on, "published")) == 3


def _killed_at(folder: Path, statement: int) -> int:
    """Sweep in a process of its own, nine days from now, which is killed at its so-manieth statement; how it ended."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left = [statement]
    site = join(Settings(data_dir=str(folder), search_url="memory:", log_level="ERROR"), declared())
    for module in (scheduling, editorial):
        module.now = lambda: datetime.now(UTC) + timedelta(days=9)  # type: ignore[attr-defined]

    @event.listens_for(site.db._write_engine, "before_cursor_execute")
    def _count(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    scheduling.sweep(site.db)
    os._exit(0)


@pytest.mark.case("F1", "F9")
def test_F1_F9_killed_at_any_statement_it_is_done_once_in_the_end(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    stage.manager()
    for name in ("coach", "author"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author",))
    record = stage.record(stage.actor("author"), "in_review")
    decide(stage, record, (datetime.now(UTC) + timedelta(days=5)).date().isoformat())
    killed = 0
    while _killed_at(tmp_path, killed + 1) == signal.SIGKILL:
        killed += 1
        assert state(stage, record) == ("in_review", True), "a transaction that was cut is as if it never was"
    assert killed > 10, "the control: it was killed in the middle of the work"
    assert state(stage, record) == ("published", False)
    assert _killed_at(tmp_path, 10_000) == 0
    assert published(stage, record) == 1 and len(told(stage, "published")) == 1
