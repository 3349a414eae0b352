"""What happens on a date: a decision carried out once and only if it still holds, and the question whether a text does."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import joinedload

from knowledge.app import join
from knowledge.content import openness
from knowledge.content.site import registry as declared
from knowledge.mail.letters import Unseen, Writer
from knowledge.services import (
    accounts,
    authoring,
    catalogue,
    editorial,
    exchange,
    exporting,
    programmes,
    publicity,
    scheduling,
)
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.settings import Settings
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.records import Publication, Record
from tests.conftest import Stage, make_stage, post
from workflows.definition import Reason, Refused

REAL = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = "2026-03-05"


class Clock:
    """The hour, as the parts of the program that look at it see it."""

    def __init__(self) -> None:
        self.hour = REAL

    def __call__(self) -> datetime:
        return self.hour

    def to(self, day: str, hours: int = 1) -> None:
        self.hour = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hours)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    for module in (scheduling, editorial, catalogue, authoring):
        monkeypatch.setattr(module, "now", made)
    yield made


def decide(stage: Stage, record: str, on: str = DAY, who: str = "coach", **more: Any) -> None:
    stage.site.act(scheduling.plan, stage.actor(who), record, on, **{"seen": 1, **more})


def is_public(stage: Stage, record: str) -> bool:
    return stage.client().get(f"/practices/{record}", follow_redirects=True).status_code == 200


def state(stage: Stage, record: str) -> tuple[str, bool]:
    """The state, and whether a decision waits."""
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        return found.state, found.plan is not None


def published(stage: Stage, record: str) -> int:
    """How often it became public."""
    with stage.site.db.reading() as session:
        return len(session.scalars(select(Publication).where(Publication.record_id == record)).all())


def told(stage: Stage, kind: str) -> list[int]:
    with stage.site.db.reading() as session:
        return [m.person_id for m in session.scalars(select(Mail).where(Mail.event == kind).order_by(Mail.id))]


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


# ---------------------------------------------------------------------------- how long it holds


def old(stage: Stage, clock: Clock, **changes: Any) -> str:
    """A record that was valid until the end of 2026, read in 2027."""
    record = stage.record(stage.actor("author"), "published", **{"valid_until": "2026", **changes})
    stage.site.keeper.after_commit()
    clock.to("2027-01-01")
    return record


def test_what_went_out_of_date_is_marked_and_stays_readable(stage: Stage, clock: Clock) -> None:
    record, browser = old(stage, clock), stage.client()
    clock.to("2026-12-31", 23)
    for page in (f"/practices/{record}", "/practices"):
        assert "out of date" not in browser.get(page, follow_redirects=True).text
    clock.to("2027-01-01", 0)
    for page in (f"/practices/{record}", f"/practices/{record}/v/1", "/practices", "/"):
        assert "may be out of date" in browser.get(page, follow_redirects=True).text, page
    assert "valid until 31 December 2026" in browser.get(f"/practices/{record}", follow_redirects=True).text
    assert browser.get("/practices.json").json["items"][0]["valid_until"].startswith("2027-01-01T00:00")


def test_its_authors_are_asked_once_and_what_they_answer_is_shown(stage: Stage, clock: Clock) -> None:
    record, author = old(stage, clock), stage.client("author")
    for _ in range(3):
        scheduling.sweep(stage.site.db)
    clock.to("2026-06-01")
    scheduling.sweep(stage.site.db)
    clock.to("2027-01-01")
    scheduling.sweep(stage.site.db)
    assert told(stage, "expired") == [stage.actor("author").person_id]
    assert "Say until when it holds" in author.get(f"/work/{record}").text
    wrong = post(author, f"/work/{record}/valid", on="2020-01-01")
    assert wrong.status_code == 422 and "2020-01-01" in wrong.text
    assert post(author, f"/work/{record}/valid", on="2028-06-30").status_code == 303
    page = stage.client().get(f"/practices/{record}", follow_redirects=True).text
    assert "out of date" not in page and "Confirmed by its authors" in page and "valid until 30 June 2028" in page
    # and on the next date again
    clock.to("2028-07-01")
    scheduling.sweep(stage.site.db)
    assert len(told(stage, "expired")) == 2
    for who, error in (("coach", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            stage.site.act(scheduling.confirm, stage.actor(who), record, "2029-01-01")


def test_a_type_that_goes_out_of_date_says_after_how_many_years(stage: Stage, clock: Clock) -> None:
    years_of = {t.id: t.valid_for for t in declared()}
    assert years_of == {"experience": 0, "common_practice": 3, "training": 2, "follow_through": 0}
    moment = datetime(2024, 2, 29, 12, tzinfo=UTC)
    for record_type in declared():
        found = openness.expires(record_type, {}, moment)
        years = years_of[record_type.id]
        assert found == (datetime(2024 + years, 3, 1, tzinfo=UTC) if years else None)
        assert openness.expires(record_type, {"valid_until": "2025-05-07"}, moment) == datetime(2025, 5, 8, tzinfo=UTC)


@pytest.mark.case("C8")
def test_C8_what_was_withdrawn_is_never_asked_about(stage: Stage, clock: Clock) -> None:
    record, other = old(stage, clock), old(stage, clock)
    clock.to("2026-06-01")
    stage.step(stage.actor("coach"), record, "withdraw")
    clock.to("2027-01-01")
    scheduling.sweep(stage.site.db)
    assert len(told(stage, "expired")) == 1  # the control: that of the other one
    with stage.site.db.reading() as session:
        asked = session.scalars(select(Mail.record_id).where(Mail.event == "expired")).all()
    assert asked == [other]


def test_import_and_export_carry_what_is_said_about_publication(stage: Stage) -> None:
    given = {"anonymous": {"yes": True}, "coach_note": "Only for you.", "valid_until": "2031-05", "not_before": "2020"}
    record = stage.record(stage.actor("author"), "published", **given)
    with stage.site.db.reading() as session:
        line = json.loads(next(exporting.export_lines(session, [record])))
    assert {key: line[key] for key in given} == given
    line["id"] = "again"
    tally = exchange.Tally()
    stage.site.act(exchange.import_batch, stage.manager(), [(1, json.dumps(line))], tally, True)
    assert tally.imported == 1 and not tally.bad
    article = stage.site.ask(catalogue.read, ANYONE, "again")
    assert article.nameless and article.authors == () and published(stage, "again") == 1
    with stage.site.db.reading() as session:
        found = find.record(session, "again")
        assert found is not None and found.credits == [] and publicity.names(found) == ["Author"]
        assert found.expires == datetime(2031, 6, 1, tzinfo=UTC)


def test_what_people_are_told_of_days_is_so_when_the_mail_goes_out(stage: Stage, clock: Clock) -> None:
    record, past = stage.record(stage.actor("author"), "in_review"), old(stage, clock)
    clock.to("2026-03-02")
    decide(stage, record, words="Well done.")
    clock.to("2027-01-01", -1)
    writer = Writer("https://praxis.example", "k" * 40)

    def told_now(kind: str) -> str:
        with stage.site.db.reading() as session:
            mails = session.scalars(select(Mail).where(Mail.event == kind).options(joinedload(Mail.person))).all()
            try:
                paragraph = writer.letter(session, mails[-1:]).paragraphs[0]
            except Unseen:
                return ""
            return f"{paragraph.text} {paragraph.words} {paragraph.link}"

    assert "Coach decided" in told_now("planned") and "2026-03-05: Well done." in told_now("planned")
    stage.site.act(scheduling.call_off, stage.actor("coach"), record)
    assert told_now("planned") == "" and "does not hold any more" in told_now("unplanned")
    clock.to("2027-01-02")
    scheduling.sweep(stage.site.db)
    assert f"https://praxis.example/work/{past}/valid" in told_now("expired")
    stage.site.act(scheduling.confirm, stage.actor("author"), past, "2028-01-01")
    assert told_now("expired") == ""
