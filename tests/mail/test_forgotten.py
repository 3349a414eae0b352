"""A forgotten password: one link that works once, for a while, for its address, and tells nobody who has an account."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from sqlalchemy import select
from werkzeug.datastructures import Headers

from knowledge.mail import postman as postmen
from knowledge.mail.postman import Postman
from knowledge.services import accounts, confirming, resetting, signing
from knowledge.services.errors import LinkOver
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person, SignIn
from tests.conftest import KEY, PASSWORD, Stage, token
from tests.mail.conftest import Box, link
from tests.security.test_session_attacks import dump

NEW = "three or four words"


def ask(stage: Stage, email: str = "reader@example.org", host: str = "localhost", **headers: str) -> str:
    client, base = stage.app.test_client(), f"http://{host}"
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/forgotten", base_url=base).text)
    assert found
    data = {"email": email, "csrf_token": found[1]}
    answer = client.post("/forgotten", data=data, headers=Headers(headers), base_url=base)
    assert answer.status_code == 200, answer.text
    return re.sub(r'(csrf_token" value=")[^"]+', r"\1", answer.text)


def choose(stage: Stage, path: str, password: str = NEW) -> int:
    client = stage.app.test_client()
    return client.post(path, data={"password": password, "csrf_token": token(client)}).status_code


def signs_in(stage: Stage, password: str, email: str = "reader@example.org") -> bool:
    return stage.site.act(signing.sign_in, KEY, email, password) is not None


@pytest.mark.case("S5")
def test_S5_a_link_sets_the_password_once_and_ends_every_session(stage: Stage, here: Postman, box: Box) -> None:
    old = stage.client("reader")
    assert old.get("/account").status_code == 200
    ask(stage)
    assert here.deliver() == 1
    assert box.taken[0]["To"] == "Reader <reader@example.org>" and "List-Unsubscribe" not in box.taken[0]
    assert "/mail/stop/" not in box.text() + box.html()
    page = stage.client().get(link(box))
    assert page.status_code == 200 and "reader@example.org" in page.text
    assert stage.client().get(link(box)).status_code == 200, "looking uses nothing up"
    assert choose(stage, link(box), "short") == 422, "nor does a password that is refused"
    assert choose(stage, link(box)) == 303
    assert old.get("/account").status_code == 303
    assert signs_in(stage, NEW) and not signs_in(stage, PASSWORD)
    for answer in (stage.client().get(link(box)).status_code, choose(stage, link(box), "yet another phrase")):
        assert answer == 410
    assert signs_in(stage, NEW), "the second use changed nothing"


@pytest.mark.case("S5")
@pytest.mark.parametrize("end", ["an hour", "another link used", "password changed", "address changed", "deactivated"])
def test_S5_a_link_is_dead_after_whatever_makes_it_old(stage: Stage, here: Postman, box: Box, end: str) -> None:
    reader = stage.actor("reader")
    ask(stage), ask(stage)
    assert here.deliver() == 2
    first, second = link(box, 0), link(box, 1)
    assert stage.client().get(first).status_code == stage.client().get(second).status_code == 200  # the control
    moment = now()
    if end == "an hour":
        moment += timedelta(minutes=61)
    elif end == "another link used":
        assert choose(stage, second) == 303
    elif end == "password changed":
        stage.site.act(accounts.change_password, reader, PASSWORD, "quite another phrase")
    elif end == "address changed":
        key = stage.site.settings.key()
        stage.site.act(confirming.change, reader, PASSWORD, "elsewhere@example.org")
        with stage.site.db.reading() as session:
            token = confirming.link(key, session.get_one(Person, reader.person_id), "elsewhere@example.org")
        assert stage.site.act(confirming.finish, key, token) == "elsewhere@example.org"
    else:
        stage.site.act(accounts.set_active, stage.manager(), reader.person_id or 0, False)
    with time_machine.travel(moment, tick=False):
        assert stage.client().get(first).status_code == 410
        assert choose(stage, first, "yet another phrase") == 410
    assert not signs_in(stage, "yet another phrase") and not signs_in(
        stage, "yet another phrase", "elsewhere@example.org"
    )


@pytest.mark.case("S5")
def test_S5_of_two_who_use_a_link_at_once_one_comes_second(stage_on: Stage) -> None:
    stage = stage_on
    import threading

    with stage.site.db.reading() as session:
        person = session.get_one(Person, stage.actor("reader").person_id)
    made, answers, start = resetting.link(KEY, person), [], threading.Barrier(4)

    def use(number: int) -> None:
        start.wait()
        try:
            stage.site.act(resetting.finish, KEY, made, f"phrase of number {number}")
            answers.append(number)
        except LinkOver:
            answers.append(None)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = [answer for answer in answers if answer is not None]
    assert signs_in(stage, f"phrase of number {won}")


@pytest.mark.case("S5")
def test_S5_a_forged_link_opens_nothing(stage: Stage, here: Postman, box: Box) -> None:
    ask(stage)
    here.deliver()
    good = link(box)
    with stage.site.db.reading() as session:
        person = session.get_one(Person, stage.actor("reader").person_id)
    key = stage.site.settings.key()
    for bad in (
        good[:-2], good + "x", "/reset/x", f"/reset/{resetting.link(KEY, person)}",  # signed by another site
        f"/reset/{confirming.link(key, person, person.email)}",  # for another purpose
    ):  # fmt: skip
        assert stage.client().get(bad).status_code == 410, bad
        assert choose(stage, bad) == 410
    assert not signs_in(stage, NEW)


def test_S6_the_answer_and_the_work_are_the_same_whoever_has_the_address(
    stage: Stage, here: Postman, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event

    gone = stage.person("gone")
    stage.site.act(accounts.set_active, stage.manager(), gone.person_id or 0, False)
    statements: list[str] = []
    event.listen(stage.site.db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    pages, work = [], []
    for email in ("reader@example.org", "nobody@example.org", "gone@example.org"):
        client = stage.app.test_client()
        data = {"email": email, "csrf_token": token(client)}
        statements.clear()
        answer = client.post("/forgotten", data=data)
        work.append([*statements])
        headers = sorted(h for h in answer.headers if h[0] not in ("Set-Cookie", "Content-Length", "Date"))
        pages.append((answer.status_code, headers, answer.text.replace(email, "E")))
    assert pages[0] == pages[1] == pages[2]
    assert work[0] == work[1] == work[2] and any("INSERT INTO mail" in statement for statement in work[0])
    assert not any("FROM person" in statement for statement in work[0]), "nobody is looked up"
    assert here.deliver() == 1 and [m["To"].addresses[0].addr_spec for m in box.taken] == ["reader@example.org"]
    # the control: the comparison of work would see a look-up
    statements.clear()
    stage.client("reader")
    assert any("FROM person" in statement for statement in statements)


def test_S7_asking_again_and_again_fills_nobody_s_box_and_ends_no_link(stage: Stage, here: Postman, box: Box) -> None:
    ask(stage)
    here.deliver()
    first = link(box)
    for _ in range(6):
        ask(stage)
    assert here.deliver() == 2, "three within the hour"
    assert stage.client().get(first).status_code == 200, "nobody can lock a victim out by asking"
    ask(stage, "author@example.org")
    assert here.deliver() == 1, "the control: another account is counted by itself"


def test_S7_one_address_asks_so_often_and_no_more(stage: Stage) -> None:
    client = stage.app.test_client()
    csrf = token(client)

    def asked(number: int, address: str) -> int:
        data = {"email": f"somebody{number}@example.org", "csrf_token": csrf}
        environ = {"REMOTE_ADDR": address}
        spoofed = {"X-Forwarded-For": f"10.0.0.{number}"}
        return client.post("/forgotten", data=data, environ_base=environ, headers=spoofed).status_code

    assert [asked(number, "192.0.2.1") for number in range(12)] == [200] * 10 + [429] * 2
    assert asked(13, "192.0.2.2") == 200  # the control: another one may


@pytest.mark.case("S8")
def test_S8_the_link_is_built_from_the_configured_address_only(stage: Stage, here: Postman, box: Box) -> None:
    page = ask(stage, host="evil.example", **{"X-Forwarded-Host": "evil2.example", "X-Forwarded-Proto": "gopher"})
    assert "evil" not in page
    assert here.deliver() == 1
    whole = box.text() + box.html() + str(box.taken[0].items())
    assert "evil" not in whole and "gopher" not in whole
    assert re.findall(r"https?://[^/\s]+", box.text()) == ["http://localhost"]  # the control: there is a link


@pytest.mark.case("S9")
@pytest.mark.parametrize(
    "email", ["reader@example.org\r\nBcc: all@example.org", "reader@example.org%0d%0aBcc:x", "a b@c", "", "x"]
)
def test_S9_an_address_with_more_in_it_is_refused_and_nothing_is_sent(
    stage: Stage, here: Postman, box: Box, email: str
) -> None:
    client = stage.app.test_client()
    answer = client.post("/forgotten", data={"email": email, "csrf_token": token(client)})
    assert answer.status_code == 422 and "e-mail address like" in answer.text
    assert here.deliver() == 0
    ask(stage)
    assert here.deliver() == 1 and box.taken[0]["Bcc"] is None  # the control


@pytest.mark.case("S11")
@pytest.mark.parametrize("email", ["READER@EXAMPLE.ORG", "ｒeader＠example.org", " reader@example.org "])
def test_S11_other_spellings_of_an_address_reach_the_same_account(
    stage: Stage, here: Postman, box: Box, email: str
) -> None:
    ask(stage, email)
    assert here.deliver() == 1 and box.taken[0]["To"].addresses[0].addr_spec == "reader@example.org"


@pytest.mark.case("S11", control="test_S11_other_spellings_of_an_address_reach_the_same_account")
def test_S11_a_look_alike_gets_no_link(stage: Stage, here: Postman) -> None:
    client = stage.app.test_client()
    for email in ("rеader@example.org", "reader@exаmple.org", "reäder@example.org"):
        answer = client.post("/forgotten", data={"email": email, "csrf_token": token(client)})
        assert answer.status_code == 422
    assert here.deliver() == 0


def test_nothing_that_the_database_or_the_log_holds_is_a_link(
    stage: Stage, here: Postman, box: Box, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(stage)
    here.deliver()
    signed = link(box).removeprefix("/reset/")
    assert all(part not in dump(stage) for part in (signed, *signed.split(".")))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("knowledge.services.resetting.whose", broken)
    assert stage.client().get(link(box)).status_code == 500
    logged = capsys.readouterr().err
    assert "request failed" in logged and "/reset/<reset>" in logged and signed not in logged


def test_a_mail_that_waited_for_a_day_is_not_sent_and_those_to_nobody_are_forgotten(
    stage: Stage, here: Postman, box: Box
) -> None:
    ask(stage)
    with patch.object(postmen, "now", lambda: now()), time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert here.deliver() == 0
    with stage.site.db.reading() as session:
        assert [*session.scalars(select(Mail.outcome))] == ["dropped"]
    with time_machine.travel(now() + timedelta(hours=26), tick=False):
        ask(stage, "nobody@example.org")
    with stage.site.db.reading() as session:
        assert [*session.scalars(select(Mail.email))] == ["nobody@example.org"]


def test_a_new_password_does_not_switch_off_the_second_factor_nor_sign_in_by_itself(
    stage: Stage, here: Postman, box: Box
) -> None:
    ask(stage)
    here.deliver()
    assert choose(stage, link(box)) == 303
    with stage.site.db.reading() as session:
        assert [*session.scalars(select(SignIn))] == []
