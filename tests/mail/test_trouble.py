"""Servers that are slow, refuse for days or are asked by two at once; and letters made of hostile words."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from knowledge.mail import postman as postmen
from knowledge.mail import transport
from knowledge.mail.postman import GIVE_UP, Postman
from knowledge.services import authoring, discussion
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage, post
from tests.mail.conftest import Box, to
from tests.security.inert import alarms, strings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def outcomes(stage: Stage) -> list[tuple[str, str, int]]:
    with stage.site.db.reading() as session:
        return [(mail.outcome, mail.trouble, mail.tries) for mail in session.scalars(select(Mail).order_by(Mail.id))]


@pytest.mark.case("F10")
def test_F10_while_a_server_says_nothing_people_go_on_working_and_the_mail_waits(stage: Stage, silent: int) -> None:
    hanging = to(stage, replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{silent}"))
    first = stage.record(stage.actor("author"), "in_review")
    asked, go_on = threading.Event(), threading.Event()
    connect = transport.Smtp._connection

    def held(smtp: transport.Smtp) -> Any:
        asked.set()
        assert go_on.wait(30)
        return connect(smtp)

    with patch.object(transport, "TIMEOUT", 0.2), patch.object(transport.Smtp, "_connection", held):
        thread = threading.Thread(target=hanging.deliver)
        thread.start()
        assert asked.wait(30)  # the postman is with the server now
        coach = stage.client("coach")
        assert post(coach, f"/records/{first}/publish", seen="1").status_code == 303
        assert stage.record(stage.actor("author"), "in_review")
        assert stage.client().get(f"/practices/{first}", follow_redirects=True).status_code == 200
        go_on.set()
        thread.join(60)
    found = outcomes(stage)
    assert {outcome for outcome, *_ in found} <= {"waiting", "dropped"}
    assert ("waiting", "SMTPServerDisconnected", 1) in found  # the control: it did try


@pytest.mark.case("E4", "F10", control="test_the_control_a_postman_who_does_not_slow_down_is_seen")
def test_E4_a_server_that_refuses_for_days_is_asked_less_and_less_and_given_up_in_the_end(
    stage: Stage, postman: Postman, box: Box
) -> None:
    stage.record(stage.actor("author"), "in_review")
    start = now()
    asked = asked_for_a_week(postman, box, start)
    pauses = [later - before for before, later in pairwise(asked)]
    assert pauses == sorted(pauses) and pauses[-1] <= postmen.LONGEST_PAUSE + timedelta(minutes=15)
    assert len(asked) < 40 and asked[-1] - start > GIVE_UP > asked[-2] - start
    assert outcomes(stage) == [("failed", "451 try later", len(asked))]
    assert stage.client("manager").get("/manage/mail").text.count("451 try later")  # the manager can see it


def test_the_control_a_postman_who_does_not_slow_down_is_seen(stage: Stage, postman: Postman, box: Box) -> None:
    stage.record(stage.actor("author"), "in_review")
    with patch.object(postmen, "LONGEST_PAUSE", timedelta(minutes=15)):
        assert len(asked_for_a_week(postman, box, now())) >= 40


def asked_for_a_week(postman: Postman, box: Box, start: datetime) -> list[datetime]:
    """When a server that takes nothing was asked to take a mail."""
    asked: list[datetime] = []

    async def counted(server: Any, session: Any, envelope: Any) -> str:
        asked.append(moment)
        return "451 try later"

    box.controller.handler.handle_DATA = counted
    for minutes in range(0, 7 * 24 * 60, 15):
        moment = start + timedelta(minutes=minutes)
        with patch.object(postmen, "now", return_value=moment):
            postman.deliver()
    return asked


class Meeting:
    """A server at which two meet, if the postman lets two go there at once."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._both = threading.Barrier(2)

    def send(self, message: EmailMessage) -> None:
        try:
            self._both.wait(1)
        except threading.BrokenBarrierError:
            pass
        self.taken.append(message["Message-ID"])


@pytest.mark.case("C7")
@pytest.mark.parametrize("fault", [False, True])
def test_C7_two_who_look_at_the_same_mail_at_once_send_it_once_and_without_the_lock_twice(
    stage: Stage, postman: Postman, monkeypatch: pytest.MonkeyPatch, fault: bool
) -> None:
    """With the fault it is the control."""
    stage.record(stage.actor("author"), "in_review")
    meeting = Meeting()
    both = [replace(postman, transport=meeting) for _ in range(2)]
    if fault:
        monkeypatch.setattr(type(stage.site.db), "alone", lambda *_: nullcontext())
    threads = [threading.Thread(target=each.deliver) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(meeting.taken) == (2 if fault else 1) and len(set(meeting.taken)) == 1


@pytest.mark.case("X1", "X10")
def test_X1_a_letter_made_of_hostile_words_holds_nothing_that_could_run(
    stage: Stage, postman: Postman, box: Box, payloads: Path
) -> None:
    author, coach, made = stage.actor("author"), stage.actor("coach"), 0
    for payload in strings(payloads, 70, 7):
        record = stage.record(author)
        try:
            stage.revise(author, record, title=f"T {payload}"[:110])
            stage.step(author, record, "submit")
            stage.site.act(discussion.begin, coach, record, about="summary", text=payload[:4000], quote=payload[:400])
            stage.step(coach, record, "request-changes", words=payload[:3000])
        except Exception as error:
            assert type(error).__name__ in ("Invalid", "Refused", "TooMany"), payload
            continue
        made += 1
    stage.site.act(authoring.add_author, author, stage.record(author), "<img src=x onerror=alert(1)>", "x@example.org")
    assert made > 10 and postman.deliver() > made
    ours = re.findall(r' style="[^"]*"', (ROOT / "templates/mail/letter.html").read_text())
    for number, mail in enumerate(box.taken):
        page = box.html(number)
        for style in ours:
            page = page.replace(style, "")
        assert alarms(page) == [], page
        assert mail["Bcc"] is None and mail["Cc"] is None and len(mail["To"].addresses) == 1
    assert alarms(page.replace("</p>", "<p style='x'>", 1))  # the control: a style of another's is seen
    words = "".join(box.html(number) + box.text(number) for number in range(len(box.taken)))
    assert "&lt;script" in words and "onerror" in words and "{{" in words, "they are in there, as they were written"
