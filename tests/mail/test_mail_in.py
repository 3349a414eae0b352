"""An answer to a mail becomes a comment: from the right person, once, in her own words, and never from a machine."""

from __future__ import annotations

import os
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from knowledge import setup
from knowledge.mail import incoming, mail_in
from knowledge.mail.mail_in import Door, Exit
from knowledge.mail.postman import Postman
from knowledge.mail.quoted import own_words
from knowledge.services import discussion, notices, replies
from knowledge.services.errors import NotFound
from knowledge.services.replies import ReplyTo
from knowledge.settings import BadSetting, Settings
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import Comment
from knowledge.storage.models.people import Person
from knowledge.storage.session import StorageUnavailable
from tests.conftest import Stage
from tests.mail.conftest import Box, to

BASE = "reply@praxis.example"


def settings_of(stage: Stage, box: Box) -> Settings:
    return replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{box.port}", mail_reply=BASE)


@pytest.fixture
def answering(stage: Stage, box: Box) -> Postman:
    """The postman of a site that takes answers."""
    return to(stage, settings_of(stage, box))


@pytest.fixture
def door(stage: Stage, box: Box) -> Door:
    return setup.mail_door(replace(stage.site, settings=settings_of(stage, box)))


def asked(stage: Stage, answering: Postman, box: Box) -> tuple[str, EmailMessage]:
    """A record in review on which the coach has asked something, and the mail that its author got."""
    record = stage.record(stage.actor("author"), "in_review", title="Phone quotations cut waiting")
    answering.deliver()
    coach = stage.actor("coach")
    stage.site.act(discussion.begin, coach, record, about="results", text="How many purchases was that?")
    answering.deliver()
    mail = next(m for m in box.taken if m["Subject"].startswith("Comment"))
    return record, mail


def answer(mail: EmailMessage, text: str, sender: str = "Author <author@example.org>", **headers: str) -> EmailMessage:
    made = EmailMessage()
    given = {"From": sender, "To": str(mail["Reply-To"]), "Subject": "Re: " + mail["Subject"]}
    given |= {"Message-ID": "<a1@mail.example>", "In-Reply-To": mail["Message-ID"]}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in given.items():
        made[name] = value
    made.set_content(text)
    return made


def said(stage: Stage) -> list[str]:
    with stage.site.db.reading() as session:
        return list(session.scalars(select(Comment.text).order_by(Comment.id)))


QUOTED = """\
212 purchases in the first year.

The register is at the office.

On Wed, 25 Nov 2026 at 10:12, Praxis <praxis@localhost> wrote:
> Coach wrote about “Phone quotations cut waiting”:
> > How many purchases was that?
"""


@dataclass
class Gate:
    """A mail server that pipes what it takes to `praxis mail-in`, and answers as its exit code says."""

    folder: Path
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PRAXIS_")}
        environment |= {"PRAXIS_DATA_DIR": str(self.folder), "PRAXIS_SEARCH_URL": "memory:", "PRAXIS_MAIL_REPLY": BASE}
        command = [sys.executable, "-c", "from knowledge.cli import main; main()", "mail-in", envelope.rcpt_tos[0]]
        done = subprocess.run(command, input=envelope.content, env=environment, capture_output=True, timeout=60)
        if done.returncode == Exit.TAKEN:
            return "250 OK"
        return f"{'451' if done.returncode == Exit.LATER else '550'} {done.returncode} {done.stdout.decode().strip()}"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    made = Gate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        made.port = free.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


def test_an_answer_goes_from_server_to_server_and_becomes_a_comment(
    stage: Stage, answering: Postman, box: Box, gate: Gate
) -> None:
    record, mail = asked(stage, answering, box)
    assert mail["Reply-To"].addresses[0].addr_spec.endswith("@praxis.example")
    assert "You can answer this mail" in box.text()
    with smtplib.SMTP("127.0.0.1", gate.port) as server:
        server.send_message(answer(mail, QUOTED))
        server.send_message(answer(mail, QUOTED))  # a server that is not sure sends again
        with pytest.raises(smtplib.SMTPDataError, match="77 Answers are taken only from"):
            server.send_message(answer(mail, QUOTED, sender="stranger@example.org", Message_ID="<a2@x>"))
        stray = answer(mail, QUOTED)
        stray.replace_header("To", "reply+abcdefgh@praxis.example")
        with pytest.raises(smtplib.SMTPDataError, match="67 This address is not in use"):
            server.send_message(stray)
    assert said(stage) == [
        "How many purchases was that?",
        "212 purchases in the first year.\n\nThe register is at the office.",
    ]
    with stage.site.db.reading() as session:
        assert session.scalars(select(Comment.person_id)).all()[-1] == stage.actor("author").person_id
    assert answering.deliver() == 1, "the coach hears of it as of every comment"
    assert "212 purchases" in box.text() and box.taken[-1]["To"].addresses[0].username == "coach"
    page = stage.client("coach").get(f"/review/{record}").text
    assert "212 purchases in the first year." in page


def test_rights_are_those_of_the_moment_in_which_the_answer_comes(
    stage: Stage, answering: Postman, box: Box, door: Door
) -> None:
    record, mail = asked(stage, answering, box)
    assert door.receive(bytes(answer(mail, "Yes.", Message_ID="<1@x>"))).code == Exit.TAKEN
    stage.step(stage.actor("coach"), record, "publish")
    closed = door.receive(bytes(answer(mail, "Too late.", Message_ID="<2@x>")))
    assert closed == mail_in.CLOSED and "Too late." not in said(stage)
    again = door.receive(bytes(answer(mail, "Yes.", Message_ID="<1@x>")))
    assert again.code == Exit.TAKEN, "what was taken once is not sent back because the record moved on"
    with stage.site.db.transaction() as session:
        person = session.get(Person, stage.actor("author").person_id)
        assert person is not None
        person.active = False
    assert door.receive(bytes(answer(mail, "Me again.", Message_ID="<3@x>"))) == mail_in.NOBODY


def test_an_address_is_short_survives_capitals_and_ends(stage: Stage) -> None:
    key, moment = "k" * 40, now()
    made = replies.address(key, BASE, ReplyTo(2**32 - 1, 2**32 - 1), moment)
    local = made.partition("@")[0]
    assert len(local) <= 64 and local.isascii() and local == local.lower()
    assert replies.read(key, BASE, made.upper(), moment) == ReplyTo(2**32 - 1, 2**32 - 1)
    bad = [
        made.replace("reply+", "other+"),
        made.replace("praxis", "elsewhere"),
        "reply@praxis.example",
        "",
        "@",
        "reply+@x",
    ]
    bad += [
        made[:10] + ("b" if made[10] != "b" else "c") + made[11:],
        made.replace("@", "aaaaaaaa@"),
        "reply+é@praxis.example",
    ]
    for address in bad:
        with pytest.raises(NotFound):
            replies.read(key, BASE, address, moment)
    with pytest.raises(NotFound):
        replies.read("another" * 6, BASE, made, moment)
    replies.read(key, BASE, made, moment + replies.HOLDS)
    with pytest.raises(NotFound):
        replies.read(key, BASE, made, moment + replies.HOLDS + timedelta(days=1))


@given(st.text(max_size=80))
def test_no_made_up_address_is_taken(text: str) -> None:
    with pytest.raises(NotFound):
        replies.read("k" * 40, BASE, f"reply+{text}@praxis.example", now())


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<all.example.org>"},
        {"Return_Path": "<>"},
    ],
)
def test_what_a_machine_wrote_is_dropped_without_an_answer(
    stage: Stage, answering: Postman, box: Box, door: Door, headers: dict[str, str]
) -> None:
    _, mail = asked(stage, answering, box)
    before = said(stage)
    assert door.receive(bytes(answer(mail, "I am away until Monday.", **headers))) == mail_in.Outcome(Exit.TAKEN)
    assert said(stage) == before
    control = answer(mail, "I am here.", Auto_Submitted="no", Return_Path="<author@example.org>")
    assert door.receive(bytes(control)).code == Exit.TAKEN and said(stage)[-1] == "I am here."


def test_our_own_mail_and_one_that_goes_in_circles_are_dropped(
    stage: Stage, answering: Postman, box: Box, door: Door
) -> None:
    _, mail = asked(stage, answering, box)
    before, recipient = said(stage), mail["Reply-To"].addresses[0].addr_spec
    assert door.receive(bytes(mail), recipient).code == Exit.TAKEN and said(stage) == before
    circling = answer(mail, "Round and round.")
    for _ in range(incoming.STATIONS + 1):
        circling["Received"] = "from a by b"
    assert door.receive(bytes(circling)).code == Exit.TAKEN and said(stage) == before


def test_what_comes_back_is_in_the_language_of_whose_address_it_is(
    stage: Stage, answering: Postman, box: Box, door: Door
) -> None:
    _, mail = asked(stage, answering, box)
    in_english = [door.receive(bytes(each)).sentence for each in refused(mail)]  # the control
    stage.site.act(notices.change_wishes, stage.actor("author"), often={}, zone="UTC", quiet=("", ""), language="fr")
    in_french = [door.receive(bytes(each)).sentence for each in refused(mail)]
    assert [each.split()[0] for each in in_english] == ["Please", "Please", "Answers"]
    assert [each.split()[0] for each in in_french] == ["Raccourcissez", "Écrivez", "Seules"]
    with patch.object(discussion, "MOST", 0):
        assert door.receive(bytes(answer(mail, "One more."))).sentence.startswith("Ce message ne peut")
    with patch.object(notices, "wishes_of", side_effect=StorageUnavailable("away")):
        assert door.receive(bytes(refused(mail)[2])) == mail_in.NOT_HERS, "in English, rather than not at all"


def refused(mail: EmailMessage) -> list[EmailMessage]:
    """Too long, nothing of its own, and of somebody else."""
    stranger = answer(mail, "Yes.", sender="stranger@example.org")
    return [answer(mail, "word " * 1200), answer(mail, "> only what was quoted"), stranger]


@pytest.mark.case("Q8")
def test_words_too_many_none_or_in_a_flood_are_sent_back_with_a_reason(
    stage: Stage, answering: Postman, box: Box, door: Door
) -> None:
    _, mail = asked(stage, answering, box)
    long = door.receive(bytes(answer(mail, "word " * 1200)))
    assert long.code == Exit.DATA and "shorten" in long.sentence
    empty = door.receive(bytes(answer(mail, "> only what was quoted")))
    assert empty.code == Exit.DATA and "write what you want to say" in empty.sentence
    assert door.receive(b"x" * (mail_in.MAX_BYTES + 1)) == mail_in.TOO_LONG
    with patch.object(discussion, "MOST", 0):
        assert door.receive(bytes(answer(mail, "One more."))) == mail_in.LATER
    assert said(stage) == ["How many purchases was that?"]


def test_files_are_left_out_and_the_comment_says_so(stage: Stage, answering: Postman, box: Box, door: Door) -> None:
    _, mail = asked(stage, answering, box)
    made = answer(mail, "The register is attached.\n\n-- \nAn Author\nCounty health office")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="register.pdf")
    assert door.receive(bytes(made)).code == Exit.TAKEN
    assert said(stage)[-1] == "The register is attached.\n\n(1 attached file was left out: mails bring only words.)"


def test_an_answer_in_html_alone_is_read_as_text(stage: Stage, answering: Postman, box: Box, door: Door) -> None:
    _, mail = asked(stage, answering, box)
    made = answer(mail, "")
    made.set_content(
        "<html><head><style>p{color:red}</style></head><body><script>alert(1)</script>"
        "<p>212 &lt;purchases&gt;<br>in a year</p><div class='gmail_quote'><div>On 5 March</div>old</div></body></html>",
        subtype="html",
    )
    assert door.receive(bytes(made)).code == Exit.TAKEN
    assert said(stage)[-1] == "212 <purchases>\nin a year"
    page = stage.client("coach").get(f"/work/{asked(stage, answering, box)[0]}").text
    assert "<purchases>" not in page


def test_a_site_without_an_address_for_answers_takes_none_and_offers_none(
    stage: Stage, postman: Postman, box: Box
) -> None:
    _, mail = asked(stage, postman, box)
    assert mail["Reply-To"] is None and "You can answer this mail" not in box.text()
    assert setup.mail_door(stage.site).receive(b"") == mail_in.OFF


def test_a_digest_and_a_reader_who_may_not_comment_get_no_address(stage: Stage, answering: Postman, box: Box) -> None:
    record, _ = asked(stage, answering, box)
    stage.site.act(discussion.begin, stage.actor("coach"), record, about="", text="And the prices?")
    stage.step(stage.actor("coach"), record, "publish")
    answering.deliver()
    late = next(m for m in box.taken if "And the prices?" in m.as_string())
    assert late["Reply-To"] is None


def test_a_database_that_is_away_asks_the_server_to_try_again(
    stage: Stage, answering: Postman, box: Box, door: Door
) -> None:
    from knowledge.storage.session import StorageUnavailable

    _, mail = asked(stage, answering, box)
    with patch.object(replies, "take", side_effect=StorageUnavailable("locked")):
        assert door.receive(bytes(answer(mail, "Yes."))) == mail_in.LATER
    assert door.receive(bytes(answer(mail, "Yes."))).code == Exit.TAKEN


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Yes.", "Yes."),
        ("Yes.\n\nLe mer. 25 nov. 2026 à 10:12, Praxis <p@x.org> a écrit :\n> x", "Yes."),
        ("Sí.\n\nEl mié, 25 nov 2026 a las 10:12, Praxis (<p@x.org>) escribió:\n\n> x", "Sí."),
        ("Sim.\n\nEm qua., 25 de nov. de 2026 às 10:12, Praxis <p@x.org> escreveu:\n> x", "Sim."),
        ("نعم\n\nفي الأربعاء، 25 نوفمبر 2026 في 10:12 ص كتب Praxis <p@x.org>:\n> x", "نعم"),
        ("Yes.\n\nOn Wed, 25 Nov 2026 at 10:12 Praxis\n<p@x.org> wrote:\n\n> x", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: x", "Yes."),
        ("Oui.\n\n-----Message d'origine-----\nDe : x", "Oui."),
        (
            "Yes.\n\n________________________________\nFrom: Praxis\nSent: Monday\nTo: A\nSubject: C\n\nold",
            "Yes.\n\n________________________________",
        ),
        ("Sí.\n\nDe: Praxis\nEnviado el: lunes\nPara: A\n\nold", "Sí."),
        ("Yes.\nSent from my iPhone", "Yes."),
        ("Oui.\n\nEnvoyé de mon téléphone\n", "Oui."),
        ("Yes.\n-- \nA. Writer\n+254 1", "Yes."),
        ("> What did it cost?\n40 dollars.\n> And who paid?\nThe county.", "40 dollars.\nThe county."),
        ("On this the auditor wrote:\nit is fine.", "On this the auditor wrote:\nit is fine."),
        ("From: that day on\nwe asked.", "From: that day on\nwe asked."),
        ("First.\n--\n" + "more\n" * 20, ("First.\n--\n" + "more\n" * 20).strip()),
    ],
)
def test_only_the_writers_own_words_are_kept(text: str, own: str) -> None:
    assert own_words(text) == own
    assert own_words(text.replace("\n", "\r\n")) == own


@given(st.text(alphabet="On wrote:>-_@1 \n<From:Sent:", max_size=300))
def test_no_line_of_ones_own_words_is_made_up(text: str) -> None:
    lines = {line.strip() for line in text.splitlines()}
    assert all(line.strip() in lines or not line.strip() for line in own_words(text).splitlines())


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_of_some_kind(raw: bytes) -> None:
    heads = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\nTo: c@d.example\r\n"
    for each in (raw, heads + raw, heads + b"\r\n--x\r\n" + raw, b"Content-Type: text/html; charset=" + raw):
        assert isinstance(incoming.read(each).words, str)


def test_the_log_says_what_happened_and_none_of_the_words(
    stage: Stage, answering: Postman, box: Box, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    from knowledge.app import configure_logs

    _, mail = asked(stage, answering, box)
    configure_logs(Settings(log_level="INFO"))
    door.receive(bytes(answer(mail, "zanzicanary", sender="stranger@example.org")))
    door.receive(bytes(answer(mail, "zanzicanary")))
    log = capsys.readouterr().err
    assert "not her address" in log and "taken" in log and "zanzicanary" not in log and "example.org" not in log


@pytest.mark.parametrize("address", ["reply", "re+ply@x.org", "a" * 30 + "@x.org"])
def test_an_address_for_answers_that_cannot_work_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(BadSetting, match="PRAXIS_MAIL_REPLY"):
        Settings.from_environment({"PRAXIS_MAIL_REPLY": address})
