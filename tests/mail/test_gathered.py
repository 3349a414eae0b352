"""What is said one by one comes together: one letter of comments in a while, and what waits goes along with a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from knowledge.mail import postman as postmen
from knowledge.mail.postman import Postman
from knowledge.services import discussion, notices
from knowledge.services.discussion import Answers
from knowledge.storage.models.base import now
from tests.conftest import Stage, complete_experience
from tests.mail.conftest import Box, to
from tests.mail.kept import mails


def returned(stage: Stage, postman: Postman) -> tuple[str, list[int]]:
    """A record that came back with three points, and nothing left to tell; the threads."""
    record = stage.record(stage.actor("author"), "in_review", title="Phone quotations cut waiting")
    coach = stage.actor("coach")
    for field in ("results", "lessons", "context"):
        stage.site.act(discussion.begin, coach, record, about=field, text=f"What of the {field}?")
    stage.step(coach, record, "request-changes", words="Three points.")
    postman.deliver()
    return record, [p.thread.id for p in stage.site.ask(discussion.of, coach, record).points]


def test_points_made_while_reading_come_to_the_author_with_the_decision(
    stage: Stage, postman: Postman, box: Box
) -> None:
    record = stage.record(stage.actor("author"), "in_review", title="Phone quotations cut waiting")
    coach = stage.actor("coach")
    stage.site.act(discussion.begin, coach, record, about="results", text="How many days?")
    assert postman.deliver() == 2, "the coach hears of the record, the author of the first point: at once"
    for field in ("lessons", "context"):
        stage.site.act(discussion.begin, coach, record, about=field, text=f"What of the {field}?")
    assert postman.deliver() == 0, "the next ones wait a while"
    stage.step(coach, record, "request-changes", words="Three points.")
    assert postman.deliver() == 1, "but not longer than the decision"
    assert box.taken[-1]["Subject"] == "Changes asked for: Phone quotations cut waiting"
    text = box.text()
    assert [text.index(each) for each in ("Three points.", "What of the lessons?", "What of the context?")] == sorted(
        text.index(each) for each in ("Three points.", "What of the lessons?", "What of the context?")
    )
    assert "How many days?" not in text, "that she has read"
    assert {state for _, _, state, _ in mails(stage)} == {"sent"}


def test_without_a_decision_what_waits_goes_out_together_a_while_later(
    stage: Stage, postman: Postman, box: Box
) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    coach = stage.actor("coach")
    stage.site.act(discussion.begin, coach, record, about="results", text="How many days?")
    postman.deliver()
    for field in ("lessons", "context"):
        stage.site.act(discussion.begin, coach, record, about=field, text=f"What of the {field}?")
    almost, then = notices.WHILE - timedelta(minutes=1), notices.WHILE + timedelta(minutes=1)
    start = now()
    with patch.object(postmen, "now", lambda: start + almost):
        assert postman.deliver() == 0
    with patch.object(postmen, "now", lambda: start + then):
        assert postman.deliver() == 1
    assert "What of the lessons?" in box.text() and "What of the context?" in box.text()
    assert box.taken[-1]["Message-ID"] != box.taken[-2]["Message-ID"]
    assert box.taken[-1]["In-Reply-To"] == box.taken[-2]["Message-ID"], "one thread, each after the one before"
    other = stage.record(stage.actor("author"), "in_review")
    stage.site.act(discussion.begin, coach, other, about="results", text="And here?")
    with patch.object(postmen, "now", lambda: start + then):
        assert postman.deliver() == 2, "another record is another matter"


def test_a_resubmission_is_one_letter_that_brings_the_answers_and_leads_to_the_review(
    stage: Stage, postman: Postman, box: Box
) -> None:
    settings = replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{box.port}", mail_reply="reply@praxis.example")
    postman = to(stage, settings)
    record, threads = returned(stage, postman)
    before = len(box.taken)
    replies = {thread: f"It is in now, number {n}." for n, thread in enumerate(threads)}
    author = stage.actor("author")
    stage.revise(author, record, results=f"{complete_experience()['results']} Nine days.")
    stage.site.act(discussion.answer, author, record, Answers(replies, tuple(threads)))
    stage.step(author, record, "submit", words="Please look again.")
    assert postman.deliver() == 1 and len(box.taken) == before + 1
    mail, text = box.taken[-1], box.text()
    assert mail["To"].addresses[0].username == "coach" and str(mail["Subject"]).startswith("For your review")
    places = [text.index("Please look again.")] + [text.index(words) for words in replies.values()]
    assert places == sorted(places), "what was done, then what was said"
    assert all(f"/review/{record}#point-{thread}" in text for thread in threads)
    assert mail["Reply-To"] is None, "an answer to the whole would be an answer to one of three"
    assert text.count("Answer by mail: ") == 3 and box.html().count("mailto:") == 3
    assert len({text.split("Answer by mail: ")[n].split()[0] for n in (1, 2, 3)}) == 3


def test_one_who_wants_a_digest_of_comments_gets_the_step_alone(stage: Stage, postman: Postman, box: Box) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    author, coach = stage.actor("author"), stage.actor("coach")
    stage.site.act(
        notices.change_wishes, author, often={"commented": "daily"}, zone="UTC", quiet=("", ""), language="en"
    )
    stage.site.act(discussion.begin, coach, record, about="results", text="How many days?")
    stage.step(coach, record, "request-changes", words="Please.")
    postman.deliver()
    assert "How many days?" not in "".join(box.text(n) for n in range(len(box.taken)))
    with patch.object(postmen, "now", lambda: now() + timedelta(days=2)):
        assert postman.deliver() == 1 and "How many days?" in box.text()
