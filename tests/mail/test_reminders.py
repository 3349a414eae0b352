"""The clock at work: who is reminded, when, how often, and when not."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from knowledge.content.events import Wishes
from knowledge.mail.postman import Postman
from knowledge.services import absence, claims, notices, programmes, reminders
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage
from tests.mail.conftest import Box
from tests.times import MONDAY, at, moment

HALF, LAST, AFTER = "2026-12-03T08:00", "2026-12-07T22:00", "2026-12-08T08:00"


def sent(stage: Stage, who: str = "author") -> str:
    with at(MONDAY):
        return stage.record(stage.actor(who), "in_review", title="Phone quotations")


def mails(stage: Stage) -> list[tuple[str, str]]:
    """Reminders written so far: the event, and what became of it."""
    with stage.site.db.reading() as session:
        found = session.scalars(select(Mail).where(Mail.event.in_(notices.REMINDERS)).order_by(Mail.id))
        return [(m.event, m.outcome) for m in found]


def look(stage: Stage, when: str) -> int:
    with at(when):
        return reminders.look(stage.site.db)


def test_the_coach_is_reminded_at_half_time_once(stage: Stage, postman: Postman, box: Box) -> None:
    record = sent(stage)
    with at(MONDAY):
        postman.deliver()
    assert look(stage, "2026-12-02T23:59") == 0
    assert [look(stage, HALF) for _ in range(3)] == [1, 0, 0]
    with at(HALF):
        assert postman.deliver() == 1
    mail = box.taken[-1]
    assert mail["Subject"] == "Due on Monday 7 December: Phone quotations"
    assert mail["To"].addresses[0].username == "coach"
    assert "has waited for review since Monday 30 November" in box.text() and f"/review/{record}" in box.text()
    assert look(stage, LAST) == 0 and mails(stage) == [("due-soon", "sent")]


def test_what_is_overdue_is_told_to_the_coach_and_to_the_managers_once(
    stage: Stage, postman: Postman, box: Box
) -> None:
    record = sent(stage)
    stage.site.act(claims.claim, stage.actor("coach"), record)
    with at(MONDAY):
        postman.deliver()
    assert look(stage, LAST) == 1, "half time is over, the time is not"
    assert [look(stage, AFTER) for _ in range(3)] == [2, 0, 0]
    with at("2026-12-09T08:00"):
        assert postman.deliver() == 2
    to = {m["To"].addresses[0].username: m for m in box.taken[-2:]}
    assert to["coach"]["Subject"] == "Overdue: Phone quotations"
    assert to["manager"]["Subject"] == "Review overdue: Phone quotations", "alone in the mail of her day"
    manager = box.taken.index(to["manager"])
    assert "With: Coach." in box.text(manager) and f"/manage/records/{record}" in box.text(manager)
    assert mails(stage) == [("due-soon", "dropped"), ("overdue", "sent"), ("escalated", "sent")], (
        "the first had not gone out by then, and says nothing new any more"
    )


@pytest.mark.case("C8")
@pytest.mark.parametrize("how", ["publish", "request-changes", "recall"])
def test_C8_what_was_answered_or_taken_back_meanwhile_is_not_reminded_of(
    stage: Stage, postman: Postman, box: Box, how: str
) -> None:
    record = sent(stage)
    with at(MONDAY):
        postman.deliver()
    assert look(stage, AFTER) == 2
    with at(AFTER):
        stage.step(stage.actor("author" if how == "recall" else "coach"), record, how)
    with at("2026-12-09T08:00"):
        postman.deliver()
    assert [outcome for _, outcome in mails(stage)] == ["dropped", "dropped"]
    assert look(stage, "2026-12-20T08:00") == 0
    assert not any("verdue" in m["Subject"] for m in box.taken)


def test_a_new_round_has_its_own_time_and_its_own_reminders(stage: Stage, postman: Postman, box: Box) -> None:
    record = sent(stage)
    assert look(stage, AFTER) == 2
    with at(AFTER):
        stage.step(stage.actor("coach"), record, "request-changes")
        stage.step(stage.actor("author"), record, "submit")
        postman.deliver()
    assert mails(stage)[0] == ("overdue", "dropped"), "it spoke of the first round"
    assert look(stage, "2026-12-10T08:00") == 0
    assert look(stage, "2026-12-11T08:00") == 1
    with at("2026-12-11T08:00"):
        assert postman.deliver() >= 1
    assert box.taken[-1]["Subject"] == "Due on Tuesday 15 December: Phone quotations"


def test_wishes_and_quiet_hours_are_kept(stage: Stage, postman: Postman, box: Box) -> None:
    sent(stage)
    coach, wanted = stage.actor("coach"), {"zone": "Africa/Nairobi", "language": ""}
    stage.site.act(notices.change_wishes, coach, often={"due-soon": "never"}, quiet=("", ""), **wanted)
    assert look(stage, HALF) == 0
    stage.site.act(notices.change_wishes, coach, often={}, quiet=("20", "7"), **wanted)
    assert look(stage, "2026-12-03T18:30") == 1, "half past nine in the evening there"
    with stage.site.db.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.event == "due-soon")).one()
    assert mail.due == moment("2026-12-04T04:00")


def test_what_could_not_be_sent_is_not_tried_again_in_the_quiet_hours(stage: Stage, postman: Postman, box: Box) -> None:
    coach = stage.actor("coach")
    stage.site.act(notices.change_wishes, coach, often={}, zone="UTC", quiet=("20", "7"), language="")
    with at("2026-12-03T19:59:30"):
        stage.record(stage.actor("author"), "in_review")
        box.answer = "451 try later"
        assert postman.deliver() == 0
    with stage.site.db.reading() as session:
        waiting = session.scalars(select(Mail).where(Mail.event == "submitted")).one()
    assert (waiting.outcome, waiting.due) == ("waiting", moment("2026-12-04T07:00"))
    assert Wishes({}, "UTC", (20, 7)).again("reset", waiting.created) == waiting.created, "somebody waits for that one"


def test_a_coach_who_is_away_gets_no_reminder_and_the_others_do(stage: Stage, postman: Postman, box: Box) -> None:
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    record = sent(stage)
    with at(MONDAY):
        stage.site.act(claims.claim, stage.actor("coach"), record)
        stage.site.act(absence.declare, stage.actor("coach"), "2026-12-02", "2026-12-20")
        postman.deliver()
    assert look(stage, HALF) == 1 and look(stage, AFTER) == 2
    with at("2026-12-09T08:00"):
        postman.deliver()
    names = [m["To"].addresses[0].username for m in box.taken if "Due on" in m["Subject"] or "verdue" in m["Subject"]]
    assert names == ["second", "manager"], "the reminder of half time was late by then, and said nothing new"


def test_a_reminder_that_was_written_before_its_coach_went_away_is_not_sent(
    stage: Stage, postman: Postman, box: Box
) -> None:
    sent(stage)
    with at(MONDAY):
        postman.deliver()
    assert look(stage, HALF) == 1
    with at(HALF):
        stage.site.act(absence.declare, stage.actor("coach"), "2026-12-03", "2026-12-20")
        assert postman.deliver() == 0
    assert mails(stage)[0] == ("due-soon", "dropped")


@pytest.mark.case("L12", control="test_the_coach_is_reminded_at_half_time_once")
def test_L12_a_coach_who_left_meanwhile_is_not_told(stage: Stage, postman: Postman, box: Box) -> None:
    sent(stage)
    with at(MONDAY):
        postman.deliver()
    before = len(box.taken)
    assert look(stage, HALF) == 1
    with at(HALF):
        stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)
        assert postman.deliver() == 0
    assert len(box.taken) == before


@pytest.mark.case("C7")
def test_C7_two_that_look_at_once_write_each_reminder_once(stage: Stage) -> None:
    for _ in range(3):
        sent(stage)
    with at(AFTER):
        lookers = [threading.Thread(target=reminders.look, args=(stage.site.db,)) for _ in range(4)]
        for looker in lookers:
            looker.start()
        for looker in lookers:
            looker.join()
    assert sorted(mails(stage)) == [("escalated", "waiting")] * 3 + [("overdue", "waiting")] * 3


def test_the_sweep_looks_at_the_clock_once_in_a_while(stage: Stage) -> None:
    sent(stage)
    with at(HALF):
        watch = reminders.Watch(every=3600)
        watch.keep(stage.site.db)
        assert mails(stage) == [("due-soon", "waiting")]
    with at(AFTER):
        watch.keep(stage.site.db)
        assert len(mails(stage)) == 1, "not yet"
        reminders.Watch().keep(stage.site.db)
        assert len(mails(stage)) == 3
        for task in stage.site.keeper._also:  # the site's own sweep has one of these
            task(stage.site.db)


def test_every_link_of_these_mails_leads_somewhere(stage: Stage, postman: Postman, box: Box) -> None:
    import re

    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    first, second = sent(stage), sent(stage)
    with at(MONDAY):
        stage.site.act(claims.claim, stage.actor("coach"), first)
        postman.deliver()
        stage.site.act(claims.hand_back, stage.actor("coach"), first, "No time.")
        give = {"programme_id": "reforms", "coach_email": "second@example.org"}
        stage.site.act(programmes.assign, stage.manager(), second, **give)
        postman.deliver()
    for when in (HALF, "2026-12-08T00:30"):
        look(stage, when)
        with at(when):
            postman.deliver()
    with at("2026-12-08T01:00"):
        stage.site.act(absence.declare, stage.actor("second"), "2026-12-08", "2026-12-20")
        stage.site.act(absence.declare, stage.actor("coach"), "2026-12-08", "2026-12-20")
        look(stage, "2026-12-08T01:00")
    with at("2026-12-09T08:00"):
        postman.deliver()
    said = [str(m["Subject"]).split(":")[0] for m in box.taken]
    for subject in ("A coach reads it", "Free for review", "For you to review", "Due on Monday 7 December", "Overdue",
                    "Praxis"):  # fmt: skip
        assert subject in said, (subject, said)
    for number, mail in enumerate(box.taken):
        browser = stage.client(mail["To"].addresses[0].username)
        for link in re.findall(r"https://praxis\.example(/\S+)", box.text(number)):
            if "/mail/stop/" not in link:
                assert browser.get(link, follow_redirects=True).status_code == 200, (mail["Subject"], link)
