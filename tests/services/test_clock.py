"""How long answers take: worked out from the history, and the same for author, coach and manager."""

from __future__ import annotations

import pytest

from knowledge.services import claims, clock, programmes
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.web import spread
from tests.conftest import Stage
from tests.times import MONDAY, at


def answered(stage: Stage, sent: str, decided: str, who: str = "coach", how: str = "publish") -> str:
    """A record that was sent and answered on these days."""
    with at(sent):
        record = stage.record(stage.actor("author"), "in_review")
    with at(decided):
        stage.step(stage.actor(who), record, how)
    return record


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Two coaches who have answered: one after 1, 2 and 3 working days, the other after 8."""
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    answered(stage, "2026-11-02T09:00", "2026-11-03T09:00")
    answered(stage, "2026-11-02T09:00", "2026-11-04T09:00", how="request-changes")
    answered(stage, "2026-11-05T09:00", "2026-11-10T09:00")
    answered(stage, "2026-11-02T09:00", "2026-11-12T09:00", who="second")
    return stage


def test_the_figures_of_a_programme_are_those_of_its_history(busy: Stage) -> None:
    figures = busy.site.ask(clock.of_programme, busy.manager(), "reforms")
    assert figures.whole == clock.Turnaround(4, 3, 8)
    assert {c.name: c.turnaround for c in figures.coaches} == {
        "Coach": clock.Turnaround(3, 2, 3), "Second": clock.Turnaround(1, 8, 8),
    }  # fmt: skip
    assert figures.spread == (0, 1, 1, 1, 0, 0, 0, 0, 1) and figures.in_time == 3
    page = busy.client("manager").get("/manage/programmes/reforms").text
    assert "4 answers so far, 3 of them within the 5 working days they may take." in page
    assert "<svg" in page and page.count('class="late"') == 1 + 2, "three days are over the line, one with a bar"


def test_what_waits_or_was_taken_back_is_no_answer(busy: Stage) -> None:
    with at("2026-11-02T09:00"):
        record = busy.record(busy.actor("author"), "in_review")
    with at("2026-11-30T09:00"):
        busy.step(busy.actor("author"), record, "recall")
        assert busy.site.ask(clock.of_programme, busy.manager(), "reforms").whole == clock.Turnaround(4, 3, 8)
        busy.step(busy.actor("author"), record, "submit")
        busy.site.act(claims.claim, busy.actor("second"), record)
        figures = busy.site.ask(clock.of_programme, busy.manager(), "reforms")
        assert figures.whole == clock.Turnaround(4, 3, 8), "taking it up is no answer either"
        assert {c.name: c.waiting for c in figures.coaches} == {"Coach": 0, "Second": 1}


def test_the_author_reads_when_the_answer_is_due_and_what_is_usual(busy: Stage) -> None:
    with at(MONDAY):
        record = busy.record(busy.actor("author"), "in_review")
        page = busy.client("author").get(f"/work/{record}").text
        assert "The answer is due Monday 7 December." in page and "No coach has taken it up yet." in page
        assert "Coaches of the programme usually answer within 3 working days." in page
        worst = "The longest answer in the programme took 8 working days."
        assert worst in page and "answer of" not in page
        busy.site.act(claims.claim, busy.actor("coach"), record)
        page = busy.client("author").get(f"/work/{record}").text
        assert "It is with Coach, who usually answers within 2 working days." in page
        assert page.count("usually answer") == 1
        others = "In the programme an answer usually takes 3 working days; the longest took 8 working days."
        assert f"The longest answer of Coach took 3 working days. {others}" in page
        busy.site.act(claims.hand_back, busy.actor("coach"), record)
        busy.site.act(claims.claim, busy.actor("second"), record)
        page = busy.client("author").get(f"/work/{record}").text
        assert "It is with Second." in page and "Coaches of the programme usually" in page, "one answer is no custom"
        assert worst in page and "answer of" not in page, "nor a measure"
        assert "due Monday 7 December" in busy.client("second").get(f"/review/{record}").text
        assert "usually in 2 working days; the longest took 3" in busy.client("coach").get("/review").text
    for day, words in (
        ("2026-12-06T09:00", "due tomorrow"),
        ("2026-12-07T23:00", "due today"),
        ("2026-12-08T01:00", "1 working day overdue"),
        ("2026-12-12T09:00", "4 working days overdue"),
    ):
        with at(day):
            assert f"The answer is {words}" in busy.client("author").get(f"/work/{record}").text, day
    with at("2026-12-08T01:00"):
        assert "It was due on Monday 7 December." in busy.client("author").get(f"/work/{record}").text
        page = busy.client("manager").get("/manage").text
        assert "One review is overdue" in page and "1 working day overdue" in page


def test_each_round_of_a_record_is_counted_by_itself(stage: Stage) -> None:
    record = answered(stage, "2026-11-02T09:00", "2026-11-05T09:00", how="request-changes")
    with at("2026-11-09T09:00"):
        stage.step(stage.actor("author"), record, "submit")
    with at("2026-11-09T15:00"):
        stage.step(stage.actor("coach"), record, "publish")
        standing = stage.site.ask(clock.of_record, stage.actor("author"), record)
        assert standing.rounds == (3, 0) and standing.due is None
        assert (
            "Answered 2 times so far, after 3 working days, less than a working day."
            in stage.client("author").get(f"/work/{record}").text
        )
    for who, error in (("stranger", NotFound), ("colleague", NotFound)):
        with pytest.raises(error):
            stage.site.ask(clock.of_record, stage.actor(who), record)


def test_a_programme_says_how_long_a_review_may_take(stage: Stage) -> None:
    def put(days: str) -> None:
        given = {"title": "Reforms", "review_days": days}
        stage.site.act(programmes.put_programme, stage.manager(), "reforms", given)

    with at(MONDAY):
        record = stage.record(stage.actor("author"), "in_review")

        def due() -> str:
            standing = stage.site.ask(clock.of_record, stage.actor("author"), record)
            assert standing.due is not None
            return standing.due.on.isoformat()

        assert due() == "2026-12-07"
        put("2")
        assert due() == "2026-12-02"
        put("")
        assert due() == "2026-12-02", "saying nothing changes nothing"
        for bad in ("0", "61", "-1", "five", "1.5", "٣", "9999999"):
            with pytest.raises(Invalid) as caught:
                put(bad)
            assert [p.path[0] for p in caught.value.problems] == ["review_days"]
        assert due() == "2026-12-02"
    page = stage.client("manager").get("/manage/programmes/reforms").text
    assert 'name="review_days" type="text" value="2"' in page


def test_figures_are_for_those_they_concern(busy: Stage) -> None:
    for who in ("author", "coach", "stranger"):
        for service, arguments in ((clock.of_programme, ("reforms",)), (clock.late, ())):
            with pytest.raises(Forbidden):
                busy.site.ask(service, busy.actor(who), *arguments)
    with pytest.raises(NotFound):
        busy.site.ask(clock.of_programme, busy.manager(), "nonsense")


@pytest.mark.parametrize("counts", [[0, 0, 3], [1] * 10, [2] + [0] * 80 + [5], [0] * 6 + [1]])
def test_the_bars_hold_every_answer_and_the_line_stands_after_the_last_good_day(counts: list[int]) -> None:
    drawn = spread.drawn(counts, 5)
    assert sum(bar.count for bar in drawn.bars) == sum(counts)
    assert all(bar.late is (bar.days > 5) for bar in drawn.bars)
    assert all(0 <= bar.y <= drawn.height and bar.x + bar.width <= drawn.width for bar in drawn.bars)
    assert all((bar.x >= drawn.limit) is bar.late for bar in drawn.bars)
