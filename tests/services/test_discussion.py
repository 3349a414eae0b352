"""Points on a record: who may make, see, answer and settle them, and what becomes of them across revisions."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from knowledge.services import discussion
from knowledge.services.discussion import Point
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage, post, token


def begin(stage: Stage, who: str, record: str, text: str = "Which law?", **more: Any) -> int:
    more.setdefault("about", "summary")
    return stage.site.act(discussion.begin, stage.actor(who), record, text=text, **more).id


def points(stage: Stage, who: str, record: str) -> list[Point]:
    return list(stage.site.ask(discussion.of, stage.actor(who), record).points)


def act(stage: Stage, who: str, record: str, thread: int, what: str) -> None:
    stage.site.act(discussion.act, stage.actor(who), record, thread, what)


@pytest.fixture
def record(stage: Stage) -> str:
    return stage.record(stage.actor("author"), "in_review")


def test_a_point_goes_from_open_to_addressed_to_resolved_and_back(stage: Stage, record: str) -> None:
    thread = begin(stage, "coach", record)
    assert points(stage, "author", record)[0].acts == ("address",)
    assert points(stage, "coach", record)[0].acts == ("resolve",)
    act(stage, "author", record, thread, "address")
    assert points(stage, "author", record)[0].acts == ()
    assert points(stage, "coach", record)[0].acts == ("resolve", "reopen")
    act(stage, "coach", record, thread, "reopen")
    act(stage, "coach", record, thread, "resolve")
    act(stage, "coach", record, thread, "resolve")
    assert points(stage, "author", record)[0].thread.standing == "resolved"


@pytest.mark.parametrize(
    ("who", "what", "error"),
    [
        ("author", "resolve", Forbidden),
        ("author", "reopen", Forbidden),
        ("coach", "address", Forbidden),
        ("manager", "resolve", Forbidden),
        ("stranger", "resolve", NotFound),
        ("author", "delete", NotFound),
    ],
)
def test_nobody_settles_a_point_for_the_other_side(
    stage: Stage, record: str, who: str, what: str, error: type[Exception]
) -> None:
    stage.manager()
    thread = begin(stage, "coach", record)
    with pytest.raises(error):
        act(stage, who, record, thread, what)
    assert points(stage, "coach", record)[0].thread.standing == "open"


def test_private_notes_are_for_those_who_review_and_not_for_the_authors(stage: Stage, record: str) -> None:
    thread = begin(stage, "coach", record, "He may need help with the figures.", private=True)
    assert points(stage, "author", record) == []
    assert [p.thread.id for p in points(stage, "coach", record)] == [thread]
    for act_ in ("reply", "address"):
        with pytest.raises(NotFound):
            if act_ == "reply":
                stage.site.act(discussion.reply, stage.actor("author"), record, thread, "What?")
            else:
                act(stage, "author", record, thread, "address")
    with pytest.raises(Forbidden):
        begin(stage, "author", record, private=True)
    for who in ("author", "coach"):
        for page in (f"/work/{record}", f"/work/{record}/points"):
            assert ("need help with the figures" in stage.client(who).get(page).text) is (who == "coach"), (who, page)


def test_a_coach_who_wrote_it_too_reads_no_notes_about_herself(stage: Stage) -> None:
    record = stage.record(stage.actor("coach"), "in_review")
    assert not stage.site.ask(discussion.of, stage.actor("coach"), record).may_note


def test_points_stay_across_revisions_and_say_when_their_words_have_changed(stage: Stage, record: str) -> None:
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        summary = found.latest.values["summary"]
    quoted = begin(stage, "coach", record, quote=summary[:20])
    whole, other = begin(stage, "coach", record), begin(stage, "coach", record, about="context")
    stage.step(stage.actor("coach"), record, "request-changes")
    stage.revise(stage.actor("author"), record, summary=summary + " More was said.")
    changed = {p.thread.id: p.changed for p in points(stage, "author", record)}
    assert changed == {quoted: False, whole: True, other: False}
    stage.revise(stage.actor("author"), record, summary="Something else was written here. " * 5)
    assert {p.thread.id: p.changed for p in points(stage, "author", record)}[quoted]


def test_asking_for_changes_makes_a_point_when_there_is_none(stage: Stage, record: str) -> None:
    stage.step(stage.actor("coach"), record, "request-changes", words="Please give the law and the days.")
    [point] = points(stage, "author", record)
    assert point.thread.comments[0].text == "Please give the law and the days." and point.thread.field == ""
    again = stage.record(stage.actor("author"), "in_review")
    begin(stage, "coach", again)
    stage.step(stage.actor("coach"), again, "request-changes")
    assert len(points(stage, "author", again)) == 1, "there was a point already"


@pytest.mark.case("C4")
def test_C4_pressing_twice_says_it_once(stage: Stage, record: str) -> None:
    first, second = (begin(stage, "coach", record, key="pressed") for _ in range(2))
    assert first == second and len(points(stage, "coach", record)) == 1
    for _ in range(2):
        stage.site.act(discussion.reply, stage.actor("author"), record, first, "Law 12 of 2019.", "again")
    assert len(points(stage, "coach", record)[0].thread.comments) == 2


@pytest.mark.case("Q8")
def test_Q8_a_flood_of_comments_is_stopped_kindly(stage: Stage, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discussion, "MOST", 3)
    for _ in range(3):
        begin(stage, "coach", record)
    with pytest.raises(Invalid, match="a lot of comments"):
        begin(stage, "coach", record)
    begin(stage, "author", record)  # others go on
    client = stage.client("coach")
    answer = post(client, f"/work/{record}/points", f"/work/{record}/points", text="One more", field="summary")
    assert answer.status_code == 422 and "One more</textarea>" in answer.text, "and nothing typed is lost"


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5001])
def test_a_point_without_words_or_with_too_many_is_refused(stage: Stage, record: str, text: str) -> None:
    with pytest.raises(Invalid):
        begin(stage, "coach", record, text)


@pytest.mark.case("A2")
def test_A2_threads_of_another_record_are_not_there(stage: Stage, record: str) -> None:
    other = stage.record(stage.actor("author"), "in_review")
    thread = begin(stage, "coach", other)
    for number in (thread, 999, 2**40):
        with pytest.raises(NotFound):
            act(stage, "coach", record, number, "resolve")
    with pytest.raises(NotFound):
        begin(stage, "coach", record, about="no_such_field")


def test_the_author_answers_and_ticks_off_beside_the_field_while_she_writes(stage: Stage, record: str) -> None:
    thread = begin(stage, "coach", record, "Which law was it?")
    stage.step(stage.actor("coach"), record, "request-changes")
    client = stage.client("author")
    page = client.get(f"/work/{record}/edit").text
    assert "Which law was it?" in page and f'name="addressed" value="{thread}"' in page
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    texts = {
        name: unescape(text).removeprefix("\n")
        for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)', page)
    }
    given = {
        **{name: fields[name] for name in ("base", "title")},
        "language": "en",
        **texts,
        f"reply-{thread}": "Law 12 of 2019.",
        "addressed": str(thread),
        "action": "save",
    }
    answer = client.post(f"/work/{record}/edit", data={"csrf_token": token(client, f"/work/{record}/edit"), **given})
    assert answer.status_code == 303
    [point] = points(stage, "coach", record)
    assert point.thread.standing == "addressed"
    assert [c.text for c in point.thread.comments] == ["Which law was it?", "Law 12 of 2019."]


def test_who_takes_part_is_told_by_mail_and_nobody_of_a_private_note_who_may_not(stage: Stage, record: str) -> None:
    begin(stage, "coach", record, "Seen by both")
    begin(stage, "coach", record, "For coaches", private=True)
    thread = begin(stage, "author", record, "A question of mine")
    stage.site.act(discussion.reply, stage.actor("coach"), record, thread, "An answer")
    with stage.site.db.reading() as session:
        told = [m.person_id for m in session.scalars(select(Mail).where(Mail.event == "commented").order_by(Mail.id))]
    author, coach = stage.actor("author").person_id, stage.actor("coach").person_id
    assert told == [author, coach, author]


@pytest.mark.case("X1")
def test_comments_are_text_and_never_markup(stage: Stage, record: str) -> None:
    begin(stage, "coach", record, "<script>alert(1)</script> {{7*7}}", quote="<img src=x onerror=alert(1)>")
    for page in (f"/review/{record}", f"/work/{record}", f"/work/{record}/points"):
        shown = stage.client("coach").get(page).text
        assert "<script>alert" not in shown and "<img src=x" not in shown and "{{7*7}}" in shown
