"""The mail server is away, refuses or is not there, or a postman is killed: no mail is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from knowledge.mail import postman as postmen
from knowledge.mail.postman import Postman
from knowledge.settings import Settings
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage
from tests.mail.conftest import Box, to
from tests.mail.kept import mails


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
    assert box.taken == []  # the control: nothing had reached anybody
    box.answer = ""
    with patch.object(postmen, "now", lambda: start + timedelta(hours=36)):
        assert postman.deliver() == 1
    assert f"/review/{record}" in box.text() and mails(stage)[0][2] == "sent"


@pytest.mark.case("F10")
def test_F10_a_server_that_does_not_answer_at_all_is_tried_again(stage: Stage, postman: Postman, box: Box) -> None:
    stage.record(stage.actor("author"), "in_review")
    box.controller.stop()
    assert postman.deliver() == 0 and mails(stage)[0][2] == "waiting" and "refused" in mails(stage)[0][3].casefold()
    box.controller = Controller(box, hostname="127.0.0.1", port=box.port)
    box.controller.start()
    with patch.object(postmen, "now", lambda: now() + timedelta(hours=1)):
        assert postman.deliver() == 1 and mails(stage)[0][2] == "sent"  # the control: all it lacked was a server


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


@pytest.mark.case("F10")
def test_without_a_server_mails_are_files_and_the_manager_is_told(stage: Stage, tmp_path: Path) -> None:
    stage.record(stage.actor("author"), "in_review", title="Kept in a file until there is a server")
    settings = replace(stage.site.settings, data_dir=str(tmp_path / "data"))
    assert to(stage, settings).deliver() == 1
    [file] = (tmp_path / "data/mail").glob("*.eml")
    assert b"Kept in a file until" in file.read_bytes()
    stage.manager()
    assert "No mail server is set" in stage.client("manager").get("/manage/mail").text


@pytest.mark.parametrize("url", ["http://x", "smtp", "imap://h"])
def test_a_mail_server_that_cannot_be_one_is_refused_at_the_start(url: str) -> None:
    from knowledge.settings import BadSetting

    with pytest.raises(BadSetting, match="PRAXIS_SMTP_URL"):
        Settings.from_environment({"PRAXIS_SMTP_URL": url})
