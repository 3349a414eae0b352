"""People are told of what concerns them: once, in few words, and never what they may not see."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from knowledge.content.events import EVENTS, Frequency, Wishes
from knowledge.mail import letters
from knowledge.mail import postman as postmen
from knowledge.mail.postman import Postman
from knowledge.services import authoring, discussion, notices, opinions, programmes
from knowledge.settings import Settings
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail, MailWish
from knowledge.storage.models.people import Person
from tests.conftest import Stage
from tests.mail.conftest import Box, to

ON_DAYS = ("planned", "unplanned", "expired")  # of `services.scheduling`


def mails(stage: Stage) -> list[tuple[str, int, str, str]]:
    with stage.site.db.reading() as session:
        return [(m.event, m.person_id, m.outcome, m.trouble) for m in session.scalars(select(Mail).order_by(Mail.id))]


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


@pytest.mark.case("F10")
def test_F10_a_server_that_is_away_for_a_day_loses_nothing(stage: Stage, postman: Postman, box: Box) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    box.answer, start = "451 try later", now()
    tries = []
    for minutes in range(0, 24 * 60, 5):
        with patch.object(postmen, "now", lambda m=minutes: start + timedelta(minutes=m)):
            postman.deliver()
        with stage.site.db.reading() as session:
            tries.append(session.scalars(select(Mail.tries)).one())
    assert 8 < tries[-1] < 20, "less and less often"
    assert mails(stage)[0][2:] == ("waiting", "451 try later")
    box.answer = ""
    with patch.object(postmen, "now", lambda: start + timedelta(hours=36)):
        assert postman.deliver() == 1
    assert f"/review/{record}" in box.text() and mails(stage)[0][2] == "sent"


@pytest.mark.case("F10")
def test_F10_a_server_that_does_not_answer_at_all_is_tried_again(stage: Stage, postman: Postman, box: Box) -> None:
    stage.record(stage.actor("author"), "in_review")
    box.controller.stop()
    assert postman.deliver() == 0 and mails(stage)[0][2] == "waiting" and "refused" in mails(stage)[0][3].casefold()


@pytest.mark.case("F10")
def test_a_mail_that_is_refused_is_given_up_and_the_manager_can_send_it_again(
    stage: Stage, postman: Postman, box: Box
) -> None:
    stage.record(stage.actor("author"), "in_review")
    box.answer = "550 no such mailbox"
    assert postman.deliver() == 0
    assert mails(stage)[0][2:] == ("failed", "550 no such mailbox")
    stage.manager()
    client = stage.client("manager")
    page = client.get("/manage/mail").text
    assert "550 no such mailbox" in page and "coach@example.org" in page
    from tests.conftest import post

    assert post(client, "/manage/mail", id="1").status_code == 303
    box.answer = ""
    assert postman.deliver() == 1 and mails(stage)[0][2] == "sent"
    assert post(client, "/manage/mail", id="1").status_code == 404, "what was sent is not sent again"


@pytest.mark.case("F11")
def test_F11_killed_between_the_server_and_the_database_it_goes_out_again_with_the_same_id(
    stage: Stage, postman: Postman, box: Box
) -> None:
    stage.record(stage.actor("author"), "in_review")
    with patch.object(Postman, "_keep", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        postman.deliver()
    assert postman.deliver() == 1
    assert len(box.taken) == 2 and box.taken[0]["Message-ID"] == box.taken[1]["Message-ID"]
    assert postman.deliver() == 0, "once it is known to be sent, never again"
    stage.record(stage.actor("author"), "in_review")
    assert postman.deliver() == 1 and box.taken[2]["Message-ID"] != box.taken[0]["Message-ID"]  # the control


@pytest.mark.case(
    "C7",
    control="mail/test_trouble.py::test_C7_two_who_look_at_the_same_mail_at_once_send_it_once_and_without_the_lock_twice",
)
def test_C7_two_postmen_send_each_mail_once(stage: Stage, postman: Postman, box: Box) -> None:
    import threading

    author = stage.actor("author")
    for number in range(8):
        stage.record(author, "in_review", title=f"Phone quotations, record {number}")
    workers = [threading.Thread(target=postman.deliver) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(m["Subject"] for m in box.taken) == [
        f"For your review: Phone quotations, record {n}" for n in range(8)
    ]


def test_a_digest_holds_all_that_came_and_comes_when_it_should(stage: Stage, postman: Postman, box: Box) -> None:
    coach = stage.actor("coach")
    stage.site.act(
        notices.change_wishes, coach, often={"submitted": "daily"}, zone="Africa/Nairobi", quiet=("", ""), language="en"
    )
    for number in range(3):
        stage.record(stage.actor("author"), "in_review", title=f"Phone quotations, record {number}")
    assert postman.deliver() == 0
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    assert box.taken[0]["Subject"] == "Praxis: 3 things"
    assert all(f"“Phone quotations, record {n}”" in box.text() for n in range(3))
    assert {m[2] for m in mails(stage)} == {"sent"}


def test_mails_of_a_kind_end_with_one_click_and_without_signing_in(stage: Stage, postman: Postman, box: Box) -> None:
    settings = replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{box.port}")
    here = to(stage, settings)
    stage.record(stage.actor("author"), "in_review")
    here.deliver()
    link = box.taken[0]["List-Unsubscribe"].strip().strip("<>").removeprefix(settings.address)
    assert box.taken[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = stage.app.test_client()
    assert "whenever this happens" in client.get(link).text
    assert stage.record(stage.actor("author"), "in_review") and here.deliver() == 1, "looking changes nothing"
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "no more mails of this kind" in answer.text
    stage.record(stage.actor("author"), "in_review")
    assert here.deliver() == 0
    for bad in ("x", link.split("/")[-1][:-2], "WzEsInN1Ym1pdHRlZCJd"):
        assert client.post(f"/mail/stop/{bad}").status_code == 404


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


@pytest.mark.case("F10")
def test_without_a_server_mails_are_files_and_the_manager_is_told(stage: Stage, tmp_path: Path) -> None:
    stage.record(stage.actor("author"), "in_review", title="Kept in a file until there is a server")
    settings = replace(stage.site.settings, data_dir=str(tmp_path / "data"))
    assert to(stage, settings).deliver() == 1
    [file] = (tmp_path / "data/mail").glob("*.eml")
    assert b"Kept in a file until" in file.read_bytes()
    stage.manager()
    assert "No mail server is set" in stage.client("manager").get("/manage/mail").text


@pytest.mark.parametrize(
    ("often", "quiet", "at", "due"),
    [
        ("", None, "2026-11-24T10:00", "2026-11-24T10:00"),
        ("never", None, "2026-11-24T10:00", ""),
        ("daily", None, "2026-11-24T03:00", "2026-11-24T04:00"),  # seven in Nairobi
        ("daily", None, "2026-11-24T10:00", "2026-11-25T04:00"),
        ("weekly", None, "2026-11-24T10:00", "2026-11-30T04:00"),  # the next Monday
        ("weekly", None, "2026-11-30T03:00", "2026-11-30T04:00"),
        ("", (20, 7), "2026-11-24T18:00", "2026-11-25T04:00"),  # 21 o'clock there
        ("", (20, 7), "2026-11-25T02:00", "2026-11-25T04:00"),
        ("", (20, 7), "2026-11-24T10:00", "2026-11-24T10:00"),
        ("", (9, 17), "2026-11-24T07:00", "2026-11-24T14:00"),
    ],
)
def test_when_mail_is_due_follows_the_readers_wishes_and_clock(
    often: str, quiet: tuple[int, int] | None, at: str, due: str
) -> None:
    wishes = Wishes({"submitted": often}, "Africa/Nairobi", quiet)
    found = wishes.due("submitted", datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else "") == due


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


def test_wishes_are_kept_and_odd_ones_are_refused_kindly(stage: Stage) -> None:
    from tests.conftest import post

    client = stage.client("author")
    given = {"returned": "weekly", "zone": "America/Bogota", "quiet_from": "21", "quiet_until": "6", "language": "ar"}
    assert post(client, "/account/mail", **given).status_code == 303
    page = client.get("/account/mail").text
    assert '<option value="weekly" selected>' in page and "<option selected>America/Bogota</option>" in page
    assert '<option value="ar" selected>Arabic</option>' in page
    bad = post(client, "/account/mail", **(given | {"zone": "Mars/Base", "quiet_until": "25"}))
    assert bad.status_code == 422 and "time zone from the list" in bad.text and "from 0 to 23" in bad.text


@pytest.mark.parametrize("url", ["http://x", "smtp", "imap://h"])
def test_a_mail_server_that_cannot_be_one_is_refused_at_the_start(url: str) -> None:
    from knowledge.settings import BadSetting

    with pytest.raises(BadSetting, match="PRAXIS_SMTP_URL"):
        Settings.from_environment({"PRAXIS_SMTP_URL": url})


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


def test_a_point_that_is_addressed_while_the_coach_reads_is_told_once_a_day(
    stage: Stage, postman: Postman, box: Box
) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review")
    points = [
        stage.site.act(
            discussion.begin, coach, record, about=about, text=f"Which year in {about}?", quote="once a month"
        )
        for about in ("results", "lessons", "context")
    ]
    postman.deliver()
    for _ in range(2):
        for point in points:
            stage.site.act(discussion.act, author, record, point.id, "address")
    stage.site.act(discussion.act, coach, record, points[2].id, "resolve")
    before = len(box.taken)
    assert postman.deliver() == 0
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    assert len(box.taken) == before + 1 and box.taken[-1]["Subject"] == "Praxis: 2 things"
    assert "Author has addressed your point in" in box.text() and "Results: “once a month”" in box.text()
    assert "Which year in context?" not in box.text(), "that one is resolved"


def test_a_comment_says_which_field_and_which_words_it_is_about(stage: Stage, postman: Postman, box: Box) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    coach = stage.actor("coach")
    stage.site.act(discussion.begin, coach, record, about="results", text="Which year?", quote="met <b>once</b>")
    postman.deliver()
    assert "Results: “met <b>once</b>”" in box.text() and "met &lt;b&gt;once&lt;/b&gt;" in box.html()


def test_ending_mails_drops_those_that_wait_and_a_digest_ends_all_its_kinds(
    stage: Stage, postman: Postman, box: Box
) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    wishes = {"submitted": "daily", "commented": "daily"}
    stage.site.act(notices.change_wishes, coach, often=wishes, zone="UTC", quiet=("", ""), language="")
    record = stage.record(author, "in_review")
    stage.site.act(discussion.begin, author, record, about="", text="A question.")
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    stage.record(author, "in_review")  # waits for tomorrow
    here = to(stage, stage.site.settings)
    token = box.taken[0]["List-Unsubscribe"].strip().strip("<>").split("/")[-1]
    key = postman.writer.key
    assert notices.read_stop_token(key, token)[1] == "commented+submitted"
    own = notices.stop_token(here.writer.key, coach.person_id or 0, "commented+submitted")
    page = stage.app.test_client().get(f"/mail/stop/{own}").text
    assert "Somebody comments" in page and "waits for my review" in page
    assert stage.app.test_client().post(f"/mail/stop/{own}").status_code == 200
    with patch.object(postmen, "now", lambda: now() + timedelta(days=2)):
        assert postman.deliver() == 0
    assert [m[2] for m in mails(stage)] == ["sent", "sent", "dropped"]


def test_a_digest_waits_for_the_end_of_the_quiet_hours() -> None:
    wishes = Wishes({"submitted": "daily"}, "UTC", (20, 9))
    due = wishes.due("submitted", datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert due == datetime(2026, 11, 25, 9, tzinfo=UTC)


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
