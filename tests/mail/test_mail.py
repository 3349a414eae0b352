"""People are told of what concerns them: once, in few words, and never what they may not see."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from knowledge.content.events import EVENTS, Frequency
from knowledge.mail import letters
from knowledge.mail.postman import Postman
from knowledge.services import authoring, discussion, notices, opinions, programmes
from knowledge.storage.models.mail import MailWish
from knowledge.storage.models.people import Person
from tests.conftest import Stage
from tests.mail.conftest import Box
from tests.mail.kept import mails
from tests.times import at


def test_the_coach_hears_of_a_submission_and_the_author_of_the_answer(stage: Stage, postman: Postman, box: Box) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review", title="Phone quotations cut waiting")
    assert postman.deliver() == 1
    mail = box.taken[0]
    assert mail["Subject"] == "For your review: Phone quotations cut waiting"
    assert mail["To"] == "Coach <coach@example.org>" and mail["From"] == "Praxis <praxis@praxis.example>"
    assert f"https://praxis.example/review/{record}" in box.text() and f"/review/{record}" in box.html()
    assert "Author sent you “Phone quotations cut waiting” for review." in box.text()
    stage.step(coach, record, "request-changes", words="How many days\nbefore, and after?")
    assert postman.deliver() == 1
    assert box.taken[1]["To"] == "Author <author@example.org>"
    assert "> How many days\n> before, and after?" in box.text().replace("\r", "")
    assert f"https://praxis.example/work/{record}/edit" in box.text()
    stage.step(author, record, "submit")
    assert postman.deliver() == 1
    stage.step(coach, record, "publish")
    assert postman.deliver() == 1
    assert "Published: Phone quotations cut waiting" in [m["Subject"] for m in box.taken]
    assert {m["References"].split()[0] for m in box.taken} == {f"<record.{record}@praxis.example>"}, "one thread"
    to_coach = [m for m in box.taken if m["To"].addresses[0].username == "coach"]
    assert [m["In-Reply-To"] for m in to_coach] == [None, to_coach[0]["Message-ID"]], "each answers the one before"
    assert to_coach[1]["References"].split()[1:] == [to_coach[0]["Message-ID"]]
    assert len({m["Message-ID"] for m in box.taken}) == 4
    assert postman.deliver() == 0, "nothing is sent twice"


def test_every_link_of_a_mail_leads_somewhere(stage: Stage, postman: Postman, box: Box) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    told = []
    for who, transition in (
        ("", ""), ("coach", "request-changes"), ("author", "submit"), ("coach", "publish"), ("coach", "withdraw"),
    ):  # fmt: skip
        if transition:
            stage.step(stage.actor(who), record, transition)
        assert postman.deliver() >= 1
        reader = box.taken[-1]["To"].addresses[0].username
        for link in re.findall(r"https://praxis\.example(/\S+)", box.text()):
            if "/mail/stop/" not in link:
                answer = stage.client(reader).get(link, follow_redirects=True)
                assert answer.status_code == 200, (link, answer.status_code)
                told.append(link)
    assert len(told) == 10, "in each of five mails the place to go to, and the page about mails"


@pytest.mark.case("C8", control="test_the_coach_hears_of_a_submission_and_the_author_of_the_answer")
def test_C8_what_was_withdrawn_before_the_mail_went_out_is_not_announced(
    stage: Stage, postman: Postman, box: Box
) -> None:
    stage.record(stage.actor("author"), "withdrawn")
    assert postman.deliver() == 1
    assert [m["Subject"].split(":")[0] for m in box.taken] == ["Withdrawn"]
    assert [(event, state) for event, _, state, _ in mails(stage)] == [
        ("submitted", "dropped"), ("published", "dropped"), ("withdrawn", "sent"),
    ]  # fmt: skip


@pytest.mark.case("L12", control="test_the_coach_hears_of_a_submission_and_the_author_of_the_answer")
@pytest.mark.parametrize("how", ["coach removed", "deactivated"])
def test_L12_what_its_reader_may_not_see_any_more_is_never_sent(
    stage: Stage, postman: Postman, box: Box, how: str
) -> None:
    author, manager = stage.actor("author"), stage.manager()
    record = stage.record(author, "in_review", title="Canary in a draft")
    coach = stage.actor("coach").person_id or 0
    if how == "deactivated":
        with stage.site.db.transaction() as session:
            person = session.get(Person, coach)
            assert person is not None
            person.active = False
    else:
        with stage.site.db.reading() as session:
            programme = session.scalar(select(authoring.Record.programme_id).where(authoring.Record.id == record))
        stage.site.act(programmes.remove_member, manager, programme, coach)
    assert postman.deliver() == 0 and box.taken == []
    assert [m[2:] for m in mails(stage)] == [("dropped", "it is no longer so, or its reader may not see it any more")]


def test_nobody_is_told_of_what_she_did_herself_and_no_coach_of_her_own_work(
    stage: Stage, postman: Postman, box: Box
) -> None:
    stage.record(stage.actor("coach"), "in_review")
    assert "coach@example.org" not in [m["To"].addresses[0].addr_spec for m in box.taken]
    assert all(event != "submitted" or person != stage.actor("coach").person_id for event, person, *_ in mails(stage))


@pytest.mark.case("S9")
def test_S9_nothing_that_people_write_can_add_a_header(stage: Stage, postman: Postman, box: Box) -> None:
    author = stage.actor("author")
    with stage.site.db.transaction() as session:
        person = session.get(Person, stage.actor("coach").person_id)
        assert person is not None
        person.name = "Co\r\nBcc: everybody@example.org\r\n\r\nach"
    stage.record(author, "in_review", title="A title {{7*7}} <b>x</b>  Bcc: all@example.org")
    postman.deliver()
    mail = box.taken[0]
    assert mail["Bcc"] is None and len(mail["To"].addresses) == 1
    assert "{{7*7}}" in box.text(), "X10: literal"
    assert "<b>" not in box.html() and "&lt;b&gt;" in box.html()


def test_who_is_asked_for_an_opinion_is_told_and_so_is_who_asked_but_not_after_the_decision(
    stage: Stage, postman: Postman, box: Box
) -> None:
    coach, far = stage.actor("coach"), stage.person("far")
    stage.programme("elsewhere", coaches=("far",))
    record = stage.record(stage.actor("author"), "in_review", title="Phone quotations cut waiting")
    postman.deliver()
    made = stage.site.act(opinions.ask, coach, record, far.person_id or 0, "Is it credible?")
    assert postman.deliver() == 1
    assert box.taken[-1]["To"].addresses[0].username == "far" and "> Is it credible?" in box.text()
    assert box.taken[-1]["Subject"] == "Your opinion, please: Phone quotations cut waiting"
    link = re.search(r"https://praxis\.example(/review/\S+)", box.text())
    assert link and stage.client("far").get(link[1]).status_code == 200
    stage.site.act(opinions.answer, far, record, made.id, "return", "Not without the register.")
    assert postman.deliver() == 1
    assert box.taken[-1]["To"].addresses[0].username == "coach" and "> Not without the register." in box.text()
    other = stage.record(stage.actor("author"), "in_review", title="Decided before the mail went out")
    postman.deliver()
    stage.site.act(opinions.ask, coach, other, far.person_id or 0, "Canary of a question")
    stage.step(coach, other, "publish")
    postman.deliver()
    assert not any("Canary of a question" in box.text(n) for n in range(len(box.taken)))
    assert ("asked", far.person_id, "dropped") in [m[:3] for m in mails(stage)]


def test_every_event_has_words_a_label_and_a_frequency() -> None:
    told = {*notices.OF_STEPS.values(), *notices.REMINDERS, "commented", "addressed", "asked", "advised"}
    assert set(letters.EVENTS) == set(EVENTS) >= told
    assert all(event.usual in set(Frequency) for event in EVENTS.values())


def test_the_coach_reads_with_the_submission_which_points_were_addressed(
    stage: Stage, postman: Postman, box: Box
) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review")
    points = [
        stage.site.act(discussion.begin, coach, record, about=about, text="Which year?").id
        for about in ("results", "lessons", "context")
    ]
    stage.step(coach, record, "request-changes", words="Three small things.")
    for point in points[:2]:
        stage.site.act(discussion.act, author, record, point, "address")
    stage.step(author, record, "submit", words="Thank you.")
    postman.deliver()
    to_coach = [m for m in box.taken if m["To"].addresses[0].username == "coach"]
    [mail] = to_coach  # none for each point, and one for the two submissions: the first is over
    assert mail["Subject"].startswith("For your review")
    assert any("Addressed, 2 of 3 points: Results, Lessons." in box.text(n) for n in range(len(box.taken)))


def test_a_comment_says_which_field_and_which_words_it_is_about(stage: Stage, postman: Postman, box: Box) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    coach = stage.actor("coach")
    stage.site.act(discussion.begin, coach, record, about="results", text="Which year?", quote="met <b>once</b>")
    postman.deliver()
    assert "Results: “met <b>once</b>”" in box.text() and "met &lt;b&gt;once&lt;/b&gt;" in box.html()


def test_a_letter_is_in_its_readers_language_and_runs_its_way(stage: Stage, postman: Postman, box: Box) -> None:
    coach = stage.actor("coach")
    with stage.site.db.transaction() as session:
        session.add(MailWish(person_id=coach.person_id, often={}, language="ar"))
    stage.record(stage.actor("author"), "in_review", title="مقترحات بالهاتف في مقاطعتين")
    postman.deliver()
    assert '<html lang="ar" dir="rtl">' in box.html() and '<p dir="auto">' in box.html()
    assert "أرسل إليك" in box.html() and "sent you" not in box.html()


def test_long_headers_arrive_as_they_were_written(stage: Stage, postman: Postman, box: Box) -> None:
    author = stage.actor("author")
    record = stage.record(author, "in_review")
    for number in range(12):
        with at(f"2026-12-01T{8 + number:02}:00"):
            stage.site.act(discussion.begin, author, record, about="", text=f"Question {number}")
            postman.deliver()
    last = box.taken[-1]
    ids = last["References"].split()
    assert len(ids) == 9 and ids[-1] == last["In-Reply-To"] == box.taken[-2]["Message-ID"]
    raw = box.raw[-1].replace(b"\r\n ", b" ")  # as mail programs read it: lines put together, nothing decoded
    [stop] = re.findall(rb"^List-Unsubscribe: <https://praxis\.example/mail/stop/([\w.-]+)>\r?$", raw, re.M)
    assert notices.read_stop_token(postman.writer.key, stop.decode())[1] == "commented"
    [chain] = re.findall(rb"^References: (.*?)\r?$", raw, re.M)
    assert chain.decode().split() == ids and max(map(len, box.raw[-1].splitlines())) < 998
