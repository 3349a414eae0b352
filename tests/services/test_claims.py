"""Whose a review is: taking up, handing back, being given it, and being away."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from knowledge.services import absence, access, accounts, claims, discussion, history, indexing, programmes, reminders
from knowledge.services import queue as queues
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Forbidden, Invalid, NotFound, SignInNeeded
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.records import Record
from tests.conftest import Stage, post
from tests.times import MONDAY, at
from workflows.definition import Reason, Refused


@pytest.fixture
def two(stage: Stage) -> Stage:
    """A programme with two coaches."""
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    return stage


def holder(stage: Stage, record_id: str) -> str:
    with stage.site.db.reading() as session:
        record = find.record(session, record_id)
        assert record is not None
        return record.coach.email.split("@")[0] if record.coach else ""


def told(stage: Stage, event: str) -> list[str]:
    with stage.site.db.reading() as session:
        found = session.scalars(select(Mail).where(Mail.event == event).order_by(Mail.id)).all()
        return [str(find.person(session, m.person_id).email).split("@")[0] for m in found]  # type: ignore[union-attr]


def lines(stage: Stage, record_id: str) -> list[tuple[str, str]]:
    steps = stage.site.ask(history.of, stage.actor("author"), record_id).steps
    return [(s.transition, s.words) for s in reversed(steps)]


# ---------------------------------------------------------------------------- taking up and handing back


def test_a_coach_takes_a_record_up_and_everybody_can_see_it(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    for _ in range(2):  # pressed twice, it is done once
        two.site.act(claims.claim, two.actor("coach"), record)
    assert holder(two, record) == "coach" and lines(two, record) == [("submit", "Because."), ("claim", "")]
    assert told(two, "claimed") == ["author"]
    with two.site.db.reading() as session:
        assert find.record(session, record).state == "in_review"  # type: ignore[union-attr]
    page = two.client("author").get(f"/work/{record}").text
    assert "Taken up for review" in page and "It is with Coach." in page
    assert indexing.compare(two.site.db, two.site.engine).same


@pytest.mark.case("C1")
def test_C1_the_second_of_two_coaches_is_told_that_the_other_was_faster(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    first, second = two.client("coach"), two.client("second")
    assert post(first, f"/review/{record}/claim").status_code == 303
    answer = post(second, f"/review/{record}/claim")
    assert answer.status_code == 409 and "Another coach was faster" in answer.text
    assert holder(two, record) == "coach"
    assert second.get(f"/review/{record}").status_code == 200, "she may still read it, and help"


def test_a_record_is_handed_back_with_words_for_the_next_coach(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    browser = two.client("coach")
    post(browser, f"/review/{record}/claim")
    assert "Hand it back to the coaches" in browser.get(f"/review/{record}").text
    words = "I know <nothing> of boats."
    assert post(browser, f"/review/{record}/hand-back", back=words).status_code == 303
    assert holder(two, record) == "" and lines(two, record)[-1] == ("hand-back", words)
    assert told(two, "handed-back") == ["second"]
    again = post(browser, f"/review/{record}/hand-back")
    assert again.status_code == 409 and "nothing to hand back" in again.text
    two.site.act(claims.claim, two.actor("second"), record)
    assert holder(two, record) == "second"


@pytest.mark.parametrize("state", ["draft", "changes_requested", "published", "withdrawn"])
def test_only_what_waits_can_be_taken_up(two: Stage, state: str) -> None:
    record = two.record(two.actor("author"), state)
    for act in (claims.claim, claims.hand_back):
        with pytest.raises(Refused) as caught:
            two.site.act(act, two.actor("coach"), record)
        assert caught.value.reason is Reason.STATE and "moved on" in caught.value.sentence
    assert "claim" not in dict(lines(two, record))


def test_nobody_takes_up_what_she_wrote_or_what_belongs_to_another_programme(two: Stage) -> None:
    two.person("far")
    two.programme("elsewhere", coaches=("far",))
    own = two.record(two.actor("coach"), "in_review")
    record = two.record(two.actor("author"), "in_review")
    with pytest.raises(Forbidden, match="wrote or helped"):
        two.site.act(claims.claim, two.actor("coach"), own)
    with pytest.raises(NotFound):
        two.site.act(claims.claim, two.actor("far"), record)
    for who in ("author", "manager"):
        with pytest.raises(Forbidden):
            two.site.act(claims.claim, two.actor(who), record)
    for actor in (ANYONE, two.actor("stranger")):
        with pytest.raises((NotFound, SignInNeeded)):
            two.site.act(claims.claim, actor, record)
    assert holder(two, record) == holder(two, own) == ""
    two.site.act(claims.claim, two.actor("second"), own)  # the control
    assert holder(two, own) == "second"


def test_a_coach_who_leaves_the_programme_leaves_what_she_took_up_but_not_what_a_manager_gave_her(two: Stage) -> None:
    taken, given = (two.record(two.actor("author"), "in_review") for _ in range(2))
    two.site.act(claims.claim, two.actor("coach"), taken)
    two.site.act(programmes.assign, two.manager(), given, programme_id="reforms", coach_email="coach@example.org")
    two.site.act(programmes.remove_member, two.manager(), "reforms", two.actor("coach").person_id)
    assert (holder(two, taken), holder(two, given)) == ("", "coach")
    assert told(two, "handed-back") == ["second"]
    with two.site.db.reading() as session:
        roles = access.roles_in(session, two.actor("coach"), find.record(session, taken))  # type: ignore[arg-type]
    assert "coach" not in roles, "nothing of the right to read it is left"


def test_a_manager_gives_a_record_to_a_coach_who_is_told_and_history_says_so(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    give = {"programme_id": "reforms", "coach_email": "second@example.org"}
    for _ in range(2):
        two.site.act(programmes.assign, two.manager(), record, **give)
    assert told(two, "assigned") == ["second"] and lines(two, record)[1:] == [("assign", "Second · Reforms")]
    with pytest.raises(Refused):
        two.site.act(claims.claim, two.actor("coach"), record)
    two.site.act(programmes.assign, two.manager(), record, programme_id="reforms", coach_email="")
    assert told(two, "handed-back") == ["coach", "second"]
    two.site.act(claims.claim, two.actor("coach"), record)
    assert holder(two, record) == "coach"


def test_what_an_apprentice_sends_goes_first_to_the_coach_she_is_paired_with(two: Stage) -> None:
    author = ("author@example.org", "apprentice", "second@example.org")
    two.site.act(programmes.put_member, two.manager(), "reforms", *author)
    record = two.record(two.actor("author"), "in_review")
    assert holder(two, record) == "second" and told(two, "submitted") == ["second"]
    two.site.act(claims.hand_back, two.actor("second"), record, "Too much on my desk.")
    two.step(two.actor("coach"), record, "request-changes")
    two.step(two.actor("author"), record, "submit")
    assert holder(two, record) == "", "what she handed back does not come back to her"


# ---------------------------------------------------------------------------- being away


def away(stage: Stage, who: str, first: str = "2026-11-30", last: str = "2026-12-04") -> None:
    stage.site.act(absence.declare, stage.actor(who), first, last)


def test_what_waits_for_a_coach_goes_to_the_pool_at_once_when_she_is_away(two: Stage) -> None:
    with at(MONDAY):
        record = two.record(two.actor("author"), "in_review")
        other = two.record(two.actor("author"), "in_review")
        two.site.act(claims.claim, two.actor("coach"), record)
        two.site.act(claims.claim, two.actor("second"), other)
        away(two, "coach")
        assert (holder(two, record), holder(two, other)) == ("", "second")
        assert lines(two, record)[-1][0] == "away" and told(two, "handed-back") == ["second"]
        two.site.act(claims.claim, two.actor("second"), record)
        with pytest.raises(Forbidden, match="marked as away"):
            two.site.act(claims.claim, two.actor("coach"), two.record(two.actor("author"), "in_review"))


def test_an_absence_to_come_moves_nothing_before_its_first_day(two: Stage) -> None:
    with at(MONDAY):
        record = two.record(two.actor("author"), "in_review")
        two.site.act(claims.claim, two.actor("coach"), record)
        away(two, "coach", "2026-12-02", "2026-12-04")
        reminders.look(two.site.db)
        assert holder(two, record) == "coach"
    with at("2026-12-01T23:59"):
        reminders.look(two.site.db)
        assert holder(two, record) == "coach"
    with at("2026-12-02T00:01"):
        reminders.look(two.site.db)
        assert holder(two, record) == ""
    with at("2026-12-05T00:01"):
        two.site.act(claims.claim, two.actor("coach"), record)
        reminders.look(two.site.db)
        assert holder(two, record) == "coach", "she is back"


def test_what_comes_again_while_its_coach_is_away_goes_to_the_others(two: Stage) -> None:
    author = two.actor("author")
    with at(MONDAY):
        record = two.record(author, "in_review")
        two.site.act(claims.claim, two.actor("coach"), record)
        two.step(two.actor("coach"), record, "request-changes")
        away(two, "coach")
        assert holder(two, record) == "coach", "it is with the author; nothing has to move"
        two.step(author, record, "submit")
    assert holder(two, record) == ""
    assert [step for step, _ in lines(two, record)][-2:] == ["submit", "away"]
    assert told(two, "submitted") == ["coach", "second", "second"] and told(two, "handed-back") == []


def test_nothing_is_given_to_a_coach_who_is_away(two: Stage) -> None:
    with at(MONDAY):
        record = two.record(two.actor("author"), "in_review")
        away(two, "coach")
        with pytest.raises(Invalid, match="away until"):
            two.site.act(
                programmes.assign, two.manager(), record, programme_id="reforms", coach_email="coach@example.org"
            )
        assert told(two, "unattended") == []


def test_a_coach_whose_account_is_closed_keeps_nothing_from_being_read(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    coach = two.actor("coach")
    two.site.act(claims.claim, coach, record)
    two.site.act(accounts.set_active, two.manager(), coach.person_id or 0, False)
    reminders.look(two.site.db)
    assert holder(two, record) == "" and told(two, "handed-back") == ["second"]


@pytest.mark.parametrize("why", ["away", "no coach at all", "wrote it herself"])
def test_without_a_coach_nothing_is_published_nothing_is_locked_and_the_manager_is_told(stage: Stage, why: str) -> None:
    author = stage.actor("author")
    with at(MONDAY):
        if why == "away":
            away(stage, "coach")
        if why == "no coach at all":
            stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)
        writer = stage.actor("coach") if why == "wrote it herself" else author
        record = stage.record(writer, "in_review")
        assert told(stage, "unattended") == ["manager"]
        for _ in range(2):
            reminders.look(stage.site.db)
        assert told(stage, "unattended") == ["manager"], "once for each round"
        assert [r.id for r in stage.site.ask(programmes.orphans, stage.manager())] == [record]
        page = stage.client("manager").get("/manage").text
        assert "One record waits and no coach can reach it" in page
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None and found.state == "in_review" and found.live_id is None
    stage.site.act(discussion.begin, writer, record, about="", text="Is anybody there?")
    stage.step(writer, record, "recall")  # the author is never locked out of her own work


def test_the_last_coach_who_goes_leaves_word_with_the_manager(stage: Stage) -> None:
    with at(MONDAY):
        record = stage.record(stage.actor("author"), "in_review")
        assert told(stage, "unattended") == []
        browser = stage.client("coach")
        answer = post(browser, "/account/away", begins="2026-11-30", ends="2026-12-04")
        assert answer.status_code == 303
        page = browser.get("/account/away").text
        assert "30 November 2026 to 4 December 2026" in page and "No coach is there today in: Reforms" in page
        reminders.look(stage.site.db)
        assert told(stage, "unattended") == ["manager"]
        page = stage.client("manager").get("/manage/programmes/reforms").text
        assert "No coach of this programme is there today" in page and "away until 4 December 2026" in page
        number = stage.site.ask(absence.of, stage.actor("coach"))[1][0].id
        assert post(browser, "/account/away", end=str(number)).status_code == 303
        assert "Nothing planned" in browser.get("/account/away").text
        assert stage.site.ask(programmes.orphans, stage.manager()) == []
    assert holder(stage, record) == ""


def test_a_manager_says_that_somebody_is_away_and_nobody_else_does(two: Stage) -> None:
    coach, second = two.actor("coach"), two.actor("second")
    with at(MONDAY):
        path = f"/manage/people/{coach.person_id}/away"
        manager = two.client("manager")
        assert post(manager, path, begins="2026-12-01", ends="2026-12-02").status_code == 303
        assert "1 December 2026 to 2 December 2026" in manager.get(path).text
        number = two.site.ask(absence.of, coach)[1][0].id
        for who in ("second", "author"):
            assert post(two.client(who), path, begins="2026-12-01", ends="2026-12-02").status_code == 403
            assert two.client(who).get(path).status_code == 403
        with pytest.raises(Forbidden):
            two.site.act(absence.declare, second, "2026-12-01", "2026-12-02", coach.person_id)
        for actor, person in ((second, None), (two.manager(), second.person_id)):
            with pytest.raises(NotFound):  # A2: an id of somebody else's
                two.site.act(absence.end, actor, number, person)
        for missing in (999, 2**40):
            with pytest.raises(NotFound):
                two.site.ask(absence.of, two.manager(), missing)
        assert len(two.site.ask(absence.of, coach)[1]) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "where"),
    [
        ("", "", ["begins", "ends"]),
        ("2026-11-31", "2026-12-01", ["begins"]),
        ("soon", "2026-12-01", ["begins"]),
        ("2026-12-04", "2026-12-01", ["ends"]),
        ("2026-11-02", "2026-11-03", ["ends"]),
        ("2026-12-01", "2029-12-01", ["ends"]),
        ("٢٠٢٦-12-01", "2026-12-02", ["begins"]),
    ],
)
def test_days_that_cannot_be_are_refused_and_come_back_in_the_form(
    two: Stage, begins: str, ends: str, where: list[str]
) -> None:
    with at(MONDAY):
        with pytest.raises(Invalid) as caught:
            two.site.act(absence.declare, two.actor("coach"), begins, ends)
        assert [p.path[0] for p in caught.value.problems] == where
        answer = post(two.client("coach"), "/account/away", begins=begins, ends=ends)
        assert answer.status_code == 422 and f'value="{begins}"' in answer.text


# ---------------------------------------------------------------------------- the list


def sections(stage: Stage, who: str) -> dict[str, list[str]]:
    found = stage.site.ask(queues.of, stage.actor(who))
    listed = {name: [w.record.id for w in lines] for name, lines in found.sections}
    return listed | ({"authors": [w.record.id for w in found.with_authors]} if found.with_authors else {})


def test_the_list_says_first_what_is_late_then_what_came_back_then_mine_then_what_is_free(two: Stage) -> None:
    author = two.actor("author")
    with at("2026-11-20T09:00"):
        late = two.record(author, "in_review")
    with at("2026-11-26T09:00"):
        again, mine, free, others, back = (two.record(author, "in_review") for _ in range(5))
        two.site.act(claims.claim, two.actor("coach"), mine)
        two.site.act(claims.claim, two.actor("second"), others)
        two.step(two.actor("coach"), again, "request-changes")
        two.step(two.actor("coach"), back, "request-changes")
        two.step(author, again, "submit")
    own = two.record(two.actor("coach"), "in_review")
    with at(MONDAY):
        expected = {"overdue": [late], "again": [again], "mine": [mine], "free": [free], "others": [own, others]}
        assert sections(two, "coach") == expected | {"authors": [back]}
        seen = two.site.ask(queues.of, two.actor("coach"))
        assert seen.waiting == 4 and [w.days for w in seen.lines[:3]] == [6, 2, 2]
        page = two.client("coach").get("/review").text
        for words in ("1 working day overdue", "due Thursday 3 December", "waiting: 2 working days", "resubmitted",
                      "your turn", "any coach’s turn", "Second’s turn", "With the authors"):  # fmt: skip
            assert words in page, words
        assert sections(two, "second")["others"] == [mine], "what is hers is free to no one else"
        assert sections(two, "author") == {}


def test_the_filters_narrow_the_whole_list(two: Stage) -> None:
    author = two.actor("author")
    kept, gone = two.record(author, "in_review"), two.record(author, "in_review", stage="rollout")
    seen = two.site.ask(queues.of, two.actor("coach"), [("stage", "pilot")])
    assert [w.record.id for w in seen.lines] == [kept] and gone in [
        w.record.id for w in two.site.ask(queues.of, two.actor("coach")).lines
    ]
    page = two.client("coach").get("/review?stage=evaluate").text
    assert "Nothing waits that fits" in page


def test_whoever_has_nothing_to_review_is_told_what_will_come(two: Stage) -> None:
    page = two.client("coach").get("/review").text
    assert "What waits (0)" in page and "When an apprentice sends a record, it appears here." in page


def test_a_new_version_after_publication_did_not_come_back(two: Stage) -> None:
    author = two.actor("author")
    record = two.record(author, "changes_requested")
    for who, step in (("author", "submit"), ("coach", "publish"), ("author", "revise"), ("author", "submit")):
        two.step(two.actor(who), record, step)
    assert [w.again for w in two.site.ask(queues.of, two.actor("coach")).lines] == [False]
    with two.site.db.reading() as session:
        assert session.get(Record, record).live_id is not None  # type: ignore[union-attr]
