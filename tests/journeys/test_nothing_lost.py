"""Whatever is refused, wherever and why: a clear sentence, the right status, and nothing that was typed is lost.

All of it without script: what comes back is what the pages themselves bring back.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from knowledge.services import claims, discussion, phrases, sharing
from knowledge.storage import reviewing
from tests.conftest import PASSWORD, Stage, post
from tests.pressing import Page, opened
from tests.services.reviewing import STRONG, state

REPLY = "It is law 12 of 2019."


def begun(stage: Stage, record: str, about: str = "summary") -> int:
    return stage.site.act(discussion.begin, stage.actor("coach"), record, about=about, text="Which law?").id


def said(stage: Stage, who: str, record: str) -> list[str]:
    points = stage.site.ask(discussion.of, stage.actor(who), record).points
    return [comment.text for point in points for comment in point.thread.comments]


def submitted(stage: Stage, **changes: Any) -> str:
    return stage.record(stage.actor("author"), "in_review", **changes)


# ---------------------------------------------------------------------------- the session ended, or the token changed


def test_an_answer_to_a_point_survives_the_end_of_the_session(stage: Stage) -> None:
    record, browser = submitted(stage), stage.client("author")
    thread = begun(stage, record)
    page = opened(browser, f"/work/{record}")
    page.fill(f"reply-{thread}", REPLY, form="/points/")
    post(browser, "/sign-out")
    asked = page.press(browser, "Send the answer")
    assert asked.status_code == 401
    sign_in = Page(asked.text, "/sign-in")
    sign_in.fill("email", "author@example.org")
    sign_in.fill("password", PASSWORD)
    kept = sign_in.press(browser, "Sign in", form="/sign-in")
    assert "Your text is kept" in kept.text
    done = Page(kept.text, "").press(browser, "Go on")
    assert done.status_code == 303 and REPLY in said(stage, "author", record)


def test_an_answer_to_a_point_survives_another_token(stage: Stage) -> None:
    record, browser = submitted(stage), stage.client("author")
    thread = begun(stage, record)
    page = opened(browser, f"/work/{record}")
    page.fill(f"reply-{thread}", REPLY, form="/points/")
    page.fill("csrf_token", "another one", form="/points/")
    kept = page.press(browser, "Send the answer")
    assert kept.status_code == 400 and REPLY in kept.text
    assert Page(kept.text, "").press(browser, "Go on").status_code == 303
    assert REPLY in said(stage, "author", record)


# ---------------------------------------------------------------------------- scores at the desk


@pytest.mark.parametrize("button", ["Send", "Keep my scores"])
def test_an_author_whose_scores_cannot_be_kept_gets_her_desk_back_with_all_of_it(stage: Stage, button: str) -> None:
    draft = {} if button == "Send" else {"objective": ""}
    record, browser = stage.record(stage.actor("author"), **draft), stage.client("author")
    page = opened(browser, f"/work/{record}")
    page.fill("note-1", "I found no older figure.")
    page.fill("check-0", "partly")
    if button == "Send":
        page.fill("words", "Please look at the figures first.", form="/submit")
    answer = page.press(browser, button)
    assert answer.status_code == 422 and "Please say whether this is met" in answer.text
    again = Page(answer.text, f"/work/{record}")
    assert "Saved versions" in answer.text, "her desk, and not a page about an error"
    assert (again.value("note-1"), again.value("check-0")) == ("I found no older figure.", "partly")
    if button == "Send":
        assert again.value("words") == "Please look at the figures first."
    again.fill("check-1", "not")
    assert again.press(browser, button).status_code == 303
    assert state(stage, record) == ("in_review" if button == "Send" else "draft")


# ---------------------------------------------------------------------------- a newer version


def test_going_back_from_a_stale_page_is_a_conflict_that_leads_to_the_newest_version(stage: Stage) -> None:
    author = stage.actor("author")
    record, browser = stage.record(author), stage.client("author")
    stage.revise(author, record, title="The second one")
    page = opened(browser, f"/work/{record}/versions/1")
    stage.revise(author, record, title="The third one")
    answer = page.press(browser, "Go back to this version")
    assert answer.status_code == 409 and "There is a newer version" in answer.text
    assert f'href="/work/{record}/versions/3"' in answer.text
    fresh = opened(browser, f"/work/{record}/versions/1")
    assert fresh.press(browser, "Go back to this version").status_code == 303  # the control


# ---------------------------------------------------------------------------- points


@pytest.mark.parametrize("why", ["too long", "a flood"])
def test_an_answer_that_is_refused_comes_back_where_it_was_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    record, browser = submitted(stage), stage.client("author")
    thread = begun(stage, record)
    words = "Word. " * 1000 if why == "too long" else REPLY
    if why == "a flood":
        monkeypatch.setattr(discussion, "MOST", 0)
    page = opened(browser, f"/work/{record}")
    page.fill(f"reply-{thread}", words, form="/points/")
    answer = page.press(browser, "Send the answer")
    assert answer.status_code == 422
    again = Page(answer.text, "")
    assert [c.value.strip() for c in again.controls if c.tag == "textarea" and c.value.strip()] == [words.strip()]
    monkeypatch.undo()
    again.fill(f"reply-{thread}", REPLY, form="/points/")
    assert again.press(browser, "Send the answer").status_code == 303 and REPLY in said(stage, "author", record)


def kept_in(answer: Any, *words: str) -> bool:
    """Whether these stand on an error page, to read and to send again."""
    page = Page(answer.text, "")
    shown = "\n".join(c.value for c in page.controls if c.tag == "textarea")
    sent = [c.value for c in page.controls if c.sent]
    return all(each in shown and each in sent for each in words)


def test_a_comment_on_a_record_that_was_decided_meanwhile_is_refused_and_kept(stage: Stage) -> None:
    record, browser = submitted(stage), stage.client("coach")
    page = opened(browser, f"/work/{record}/points")
    page.fill("text", "My long comment.", form="/points")
    page.fill("quote", "some words", form="/points")
    stage.step(stage.actor("coach"), record, "publish")
    answer = page.press(browser, "Add this point")
    assert answer.status_code == 403 and kept_in(answer, "My long comment.", "some words")
    assert said(stage, "coach", record) == []


@pytest.mark.parametrize("end", ["decided", "taken back"])
def test_the_comment_of_a_reader_from_outside_is_kept_when_it_cannot_be_taken(stage: Stage, end: str) -> None:
    author, record = stage.actor("author"), submitted(stage)
    link, secret = stage.site.act(sharing.make, author, record, name="Cora")
    browser = stage.client()
    page = opened(browser, f"/shared/{secret}")
    page.fill("text", "My long comment.", form="/shared/")
    if end == "decided":
        stage.step(stage.actor("coach"), record, "publish")
    else:
        stage.site.act(sharing.take_back, author, record, link.id)
    answer = page.press(browser, "Send the comment")
    assert answer.status_code == (403 if end == "decided" else 404)
    assert "My long comment." in "".join(c.value for c in Page(answer.text, "").controls if c.tag == "textarea")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_coach_who_decides_second_keeps_her_notes_and_her_reason_too(stage: Stage) -> None:
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    record, browser = submitted(stage, **STRONG), stage.client("second")
    page = opened(browser, f"/review/{record}")
    page.fill("words", "Wonderful.", form="/rubric")
    page.fill("check-1", "partly")
    page.fill("note-1", "No older figure.")
    page.fill("reason", "No series of figures.")
    stage.step(stage.actor("coach"), record, "request-changes")
    answer = page.press(browser, "Publish")
    assert answer.status_code == 409
    assert kept_in(answer, "Wonderful.", "No older figure.", "No series of figures.")
    # it comes again with other words: sent once more, what she filled in leads to them and is still there
    stage.revise(stage.actor("author"), record, title="The second one")
    stage.step(stage.actor("author"), record, "submit")
    later = Page(answer.text, "").press(browser, "Try again")
    assert later.status_code == 409 and "There is a newer version" in later.text
    assert Page(later.text, "").value("note-1") == "No older figure."


# ---------------------------------------------------------------------------- beside a decision, without script


@pytest.mark.parametrize("what", ["a point", "an answer", "resolved", "a point on the whole"])
def test_what_is_filled_in_for_a_decision_outlives_every_other_button_of_the_page(stage: Stage, what: str) -> None:
    record, browser = submitted(stage, **STRONG), stage.client("coach")
    first, second = begun(stage, record), begun(stage, record, "context")
    page = opened(browser, f"/review/{record}")
    page.fill("words", "Nearly there.")
    page.fill("check-1", "partly")
    page.fill("note-1", "No older figure.")
    page.fill("level", "account")
    page.fill("reason", "No series of figures.")
    page.fill(f"reply-{second}", "Half an answer")
    page.fill("text-results", "Half a comment")
    if what == "a point":
        page.fill("text-objective", "Which weeks?")
        page.fill("quote-objective", "two weeks")
        answer = page.press(browser, "Add this point", value="objective")
    elif what == "a point on the whole":
        page.fill("text", "Which weeks?")
        page.fill("field", "objective")
        answer = page.press(browser, "Add this point", value="")
    elif what == "an answer":
        page.fill(f"reply-{first}", "Which weeks?")
        answer = page.press(browser, "Send the answer", form=f"/points/{first}")
    else:
        answer = page.press(browser, "Resolved", form=f"/points/{first}")
    assert answer.status_code == 200
    again = Page(answer.text, f"/review/{record}")
    filled = {name: again.value(name) for name in ("words", "check-1", "note-1", "level", "reason")}
    assert filled == {
        "words": "Nearly there.", "check-1": "partly", "note-1": "No older figure.", "level": "account",
        "reason": "No series of figures.",
    }  # fmt: skip
    assert again.value(f"reply-{second}") == "Half an answer" and again.value("text-results") == "Half a comment"
    if what == "resolved":
        assert stage.site.ask(discussion.of, stage.actor("coach"), record).resolved[0].thread.id == first
    else:
        assert said(stage, "coach", record).count("Which weeks?") == 1
        assert not [c for c in again.controls if c.tag == "textarea" and "Which weeks?" in c.value], "it was taken"
    # the whole was one post: the decision goes out with what came back
    assert again.press(browser, "Ask for changes").status_code == 303
    with stage.site.db.reading() as session:
        assert reviewing.scores(session, [record])[-1].reason == "No series of figures."
    assert {"Half an answer", "Half a comment"} <= set(said(stage, "author", record)), "and what was begun beside it"


def half_done(stage: Stage) -> tuple[str, int, FlaskClient, Page]:
    """The page of a review with something typed at each of its places; record, thread, browser and page."""
    stage.person("far")
    stage.programme("elsewhere", coaches=("far",))
    record, browser = submitted(stage, **STRONG), stage.client("coach")
    thread = begun(stage, record, "context")
    stage.site.act(claims.claim, stage.actor("coach"), record)
    page = opened(browser, f"/review/{record}")
    for name, value in {
        "words": "Nearly there.", "check-1": "partly", "note-1": "No older figure.", f"reply-{thread}": "Half an answer",
        "text-results": "Half a comment", "quote-results": "cut waiting", "text": "Half a note", "field": "lessons",
        "private": "y", "question": "Half a question", "back": "Half a farewell",
    }.items():  # fmt: skip
        page.fill(name, value)
    return record, thread, browser, page


@pytest.mark.parametrize("way", ["publish", "request-changes", "plan"])
def test_what_is_typed_beside_a_decision_is_said_with_it_or_not_at_all(stage: Stage, way: str) -> None:
    record, _, browser, page = half_done(stage)
    coach = stage.actor("coach")
    if way == "plan":
        page.fill("on", "2001-01-01")
        refused = page.press(browser, "Publish on this day")
        assert refused.status_code == 422 and "a day from tomorrow on" in refused.text
        assert said(stage, "coach", record) == ["Which law?"], "all of it or nothing"
        page = Page(refused.text, f"/review/{record}")
        page.fill("on", (date.today() + timedelta(30)).isoformat())
    done = page.press(browser, "Publish on this day" if way == "plan" else "", form="" if way == "plan" else f"/{way}")
    assert done.status_code == 303, done.text
    points = {p.thread.field: p.thread for p in stage.site.ask(discussion.of, coach, record).points}
    assert [c.text for c in points["context"].comments] == ["Which law?", "Half an answer"]
    assert (points["results"].comments[0].text, points["results"].quote) == ("Half a comment", "cut waiting")
    assert points["lessons"].private and points["lessons"].comments[0].text == "Half a note"
    with stage.site.db.reading() as session:
        assert reviewing.scores(session, [record])[-1].marks


def test_a_decision_is_not_taken_when_what_is_said_beside_it_cannot_be(stage: Stage) -> None:
    record, thread, browser, page = half_done(stage)
    page.fill(f"reply-{thread}", "Word. " * 1000)
    answer = page.press(browser, "", form="/publish")
    assert answer.status_code == 422 and f'href="#reply-{thread}"' in answer.text and "shorten" in answer.text
    assert state(stage, record) == "in_review" and said(stage, "coach", record) == ["Which law?"]
    assert Page(answer.text, "").value("text-results") == "Half a comment"


def test_publishing_with_a_day_chosen_asks_which_of_the_two(stage: Stage) -> None:
    record, _, browser, page = half_done(stage)
    page.fill("on", (date.today() + timedelta(30)).isoformat())
    answer = page.press(browser, "", form="/publish")
    assert answer.status_code == 422 and "You chose a day." in answer.text and state(stage, record) == "in_review"
    again = Page(answer.text, f"/review/{record}")
    again.fill("on", "")
    assert again.press(browser, "", form="/publish").status_code == 303


@pytest.mark.parametrize("button", ["Keep this and decide later", "Ask", "Open again", "Put it in"])
def test_buttons_that_decide_nothing_bring_everything_back(stage: Stage, button: str) -> None:
    stage.site.act(phrases.put, stage.actor("coach"), "reforms", "Please give the figure.")
    record, thread, browser, page = half_done(stage)
    if button == "Ask":
        page.fill("person", str(stage.actor("far").person_id))
    if button == "Open again":
        stage.site.act(discussion.act, stage.actor("author"), record, thread, "address")
        typed = page
        page = opened(browser, f"/review/{record}")
        for control in typed.controls:
            if control.tag == "textarea":
                page.fill(control.name, control.value)
        page.fill("check-1", "partly")
    answer = page.press(browser, button, **({"value": "words"} if button == "Put it in" else {}))
    assert answer.status_code == 200, answer.text
    again = Page(answer.text, "")
    assert (again.value("words") or "").startswith("Nearly there.") and again.value("check-1") == "partly"
    for name, value in {
        "note-1": "No older figure.", "text-results": "Half a comment", "text": "Half a note", "back": "Half a farewell",
        "question": None if button == "Ask" else "Half a question",  # nobody else is left to ask

        f"reply-{thread}": "" if button == "Open again" else "Half an answer",
    }.items():  # fmt: skip
        assert again.value(name) == value, name
    assert ("Half an answer" in said(stage, "author", record)) is (button == "Open again"), "said as it is opened again"


def test_a_comment_that_cannot_be_taken_comes_back_beside_its_field_with_the_decision(stage: Stage) -> None:
    record, browser = submitted(stage), stage.client("coach")
    page = opened(browser, f"/review/{record}")
    page.fill("words", "Nearly there.")
    page.fill("text-objective", "Word. " * 1000)
    answer = page.press(browser, "Add this point", value="objective")
    assert (
        answer.status_code == 422 and 'href="#text-objective"' in answer.text and 'id="text-objective"' in answer.text
    )
    again = Page(answer.text, "")
    assert again.value("words") == "Nearly there." and (again.value("text-objective") or "").startswith("Word. Word.")


def test_a_point_sent_twice_from_the_page_of_a_review_is_made_once_and_another_one_is_made(stage: Stage) -> None:
    record, browser = submitted(stage), stage.client("coach")
    page = opened(browser, f"/review/{record}")
    for text in ("Which weeks?", "Which weeks?", "And which year?"):
        page.fill("text-objective", text)
        assert page.press(browser, "Add this point", value="objective").status_code == 200
    assert said(stage, "coach", record) == ["Which weeks?", "And which year?"]


def test_the_enter_key_presses_no_button_of_a_review(stage: Stage) -> None:
    """Browsers take the first button of the form for it; where that one is disabled, they send nothing."""
    page = opened(stage.client("coach"), f"/review/{submitted(stage)}")
    form = next(n for n, each in enumerate(page.forms) if each.get("id") == "decision-form")
    first = next(c for c in page.controls if c.tag == "button" and c.form == form)
    assert "disabled" in first.attributes and "hidden" in first.attributes
