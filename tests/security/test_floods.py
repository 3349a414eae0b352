"""Q8: whatever can be sent again and again is counted, and what is too much is refused; others go on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import func, select

from knowledge.services import discussion, invitations
from knowledge.services.errors import Invalid
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person
from knowledge.web.limits import limiter
from tests.conftest import PASSWORD, Stage, make_stage, post, token, with_people


def count(stage: Stage, what: type) -> int:
    with stage.site.db.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


@pytest.mark.case("Q8")
def test_Q8_one_address_registers_so_many_accounts_and_no_more(tmp_path: Path) -> None:
    stage = with_people(make_stage(tmp_path, register_limit="3 per hour"))
    browser = stage.app.test_client()
    csrf, people, mails = token(browser), count(stage, Person), count(stage, Mail)

    def register(number: int, address: str = "192.0.2.1") -> int:
        data = {"name": "N", "email": f"n{number}@example.org", "password": PASSWORD, "csrf_token": csrf}
        spoofed = {"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"}
        environ = {"REMOTE_ADDR": address}
        return browser.post("/register", data=data, headers=spoofed, environ_base=environ).status_code

    assert [register(number) for number in range(6)] == [303] * 3 + [429] * 3
    assert (count(stage, Person), count(stage, Mail)) == (people + 3, mails + 3), "nor is anybody written to"
    assert browser.get("/register", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200
    assert register(7, "192.0.2.2") == 303  # the control: another one may
    stage.site.db.close()


@pytest.mark.case("Q8")
def test_Q8_accounts_made_by_an_invitation_are_counted_with_the_others(tmp_path: Path) -> None:
    stage = with_people(make_stage(tmp_path, register_limit="3 per hour"))
    guest = stage.app.test_client()
    csrf = token(guest)
    data = {"action": "join", "name": "N", "password": PASSWORD, "csrf_token": csrf}
    assert [guest.post("/invitation/forged", data=data).status_code for _ in range(5)] == [410] * 3 + [429] * 2
    limiter.reset()
    with stage.site.db.transaction() as session:
        made = invitations.to_programme(session, stage.manager(), "reforms", "ivy@example.org", "coach")
        link = invitations.link(stage.site.settings.key(), made)
    assert guest.post(f"/invitation/{link}", data=data).status_code == 303  # the control
    stage.site.db.close()


@pytest.mark.case("Q8")
def test_Q8_comments_and_answers_are_counted_together_and_not_for_anybody_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discussion, "MOST", 4)
    records = [stage.record(stage.actor("author"), "in_review") for _ in range(2)]
    coach, author = stage.actor("coach"), stage.actor("author")
    thread = stage.site.act(discussion.begin, coach, records[0], about="summary", text="Since when?").id
    for _ in range(2):
        stage.site.act(discussion.reply, coach, records[0], thread, "And where?")
    stage.site.act(discussion.begin, coach, records[1], about="summary", text="Since when?")
    for text in ("One more", "And one more"):
        with pytest.raises(Invalid, match="a lot of comments"):
            stage.site.act(discussion.reply, coach, records[0], thread, text)
        with pytest.raises(Invalid, match="a lot of comments"):
            stage.site.act(discussion.begin, coach, records[1], about="results", text=text)
    stage.site.act(discussion.reply, author, records[0], thread, "Since March.")  # the control: others answer


@pytest.mark.case("Q8", "U11")
def test_Q8_uploads_that_nobody_ends_take_no_more_room_than_a_person_has(tmp_path: Path) -> None:
    """What is announced counts at once: who begins many and ends none fills no disk."""
    stage = with_people(make_stage(tmp_path, files_per_person=2))
    author, taken = stage.actor("author"), stage.site.uploads
    records = [stage.record(author) for _ in range(3)]
    for number in range(3):
        taken.begin(author, records[number], "a.txt", 600_000, f"k{number}")
    for record in records:
        with pytest.raises(Invalid, match="does not fit"):
            taken.begin(author, record, "b.txt", 600_000, "one more")
        with pytest.raises(Invalid, match="does not fit"):
            taken.keep(author, record, "b.txt", io.BytesIO(b"words " * 100_000))
    assert taken.begin(author, records[0], "c.txt", 100_000, "small")  # the control: what fits is taken
    other = stage.actor("colleague")
    assert taken.begin(other, stage.record(other), "a.txt", 600_000, "k")  # and room is a person's own
    stage.site.db.close()


@pytest.mark.case("Q8")
def test_Q8_one_browser_asks_for_so_many_links_by_mail_whatever_for(tmp_path: Path) -> None:
    stage = with_people(make_stage(tmp_path, link_limit="2 per hour"))
    reader = stage.client("reader")
    before = count(stage, Mail)
    statuses = [
        post(reader, "/account/email", "/account/email", email=f"new{n}@example.org", password=PASSWORD).status_code
        for n in range(4)
    ]
    assert statuses[2:] == [429, 429] and 429 not in statuses[:2]
    assert count(stage, Mail) - before <= 4, "for each of two, a word to the old address and to the new one"
    limiter.reset()
    answer = post(reader, "/account/email", "/account/email", email="new9@example.org", password=PASSWORD)
    assert answer.status_code != 429  # the control
    stage.site.db.close()
