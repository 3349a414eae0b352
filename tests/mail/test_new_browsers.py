"""Where one is signed in: told of a browser that is new, seen in a list, ended one by one or all at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from knowledge.mail.postman import Postman
from knowledge.services import notices, sessions
from knowledge.services.errors import NotFound, SignInNeeded
from knowledge.storage.models.base import now
from knowledge.storage.session import StorageUnavailable
from knowledge.web.browsers import COOKIE, family
from tests.conftest import PASSWORD, Stage, post
from tests.mail.conftest import Box
from tests.security.test_session_attacks import dump

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


def browser(stage: Stage, agent: str = FIREFOX, who: str = "reader") -> FlaskClient:
    """A browser that was never here, signed in."""
    client = stage.app.test_client()
    client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": "198.51.100.77"}
    enter(client, who)
    return client


def enter(client: FlaskClient, who: str = "reader") -> None:
    assert post(client, "/sign-in", email=f"{who}@example.org", password=PASSWORD).status_code == 303


def test_a_new_browser_is_told_of_by_mail_the_first_and_a_known_one_are_not(
    stage: Stage, here: Postman, box: Box
) -> None:
    first = browser(stage)
    assert here.deliver() == 0, "the first browser of an account is no news"
    second = browser(stage, PHONE)
    assert here.deliver() == 1
    assert box.taken[0]["Subject"] == "A new sign-in to your account" and "Chrome, Android" in box.text()
    assert "198.51.100.77" not in box.text() + dump(stage), "no address is kept"
    for client in (first, second):
        post(client, "/sign-out", "/account")
        enter(client)
    assert here.deliver() == 0
    cookie = second.get_cookie(COOKIE)
    assert cookie and cookie.http_only and cookie.same_site == "Lax" and cookie.value not in dump(stage)


def test_the_mark_of_a_browser_is_counted_for_each_account_and_signs_nobody_in(
    stage: Stage, here: Postman, box: Box
) -> None:
    shared = browser(stage)
    browser(stage, PHONE, "author")
    post(shared, "/sign-out", "/account")
    enter(shared, "author")
    assert here.deliver() == 1 and box.taken[0]["To"].addresses[0].addr_spec == "author@example.org"
    cookie = shared.get_cookie(COOKIE)
    thief = stage.app.test_client()
    assert cookie
    thief.set_cookie(COOKIE, cookie.value)
    assert thief.get("/account").status_code == 303


@pytest.mark.parametrize("mark", ["", "x", "a" * 500, "<script>alert(1)</script>", "é" * 20])
def test_a_mark_that_was_not_made_here_is_replaced(stage: Stage, mark: str) -> None:
    client = stage.app.test_client()
    client.set_cookie(COOKIE, mark)
    enter(client)
    cookie = client.get_cookie(COOKIE)
    assert cookie and re.fullmatch(r"[\w-]{32}", cookie.value)


def test_word_of_new_browsers_can_be_switched_off_and_what_keeps_an_account_cannot(
    stage: Stage, here: Postman, box: Box
) -> None:
    browser(stage), browser(stage, PHONE)
    here.deliver()
    stop = box.taken[0]["List-Unsubscribe"].strip().strip("<>").removeprefix("http://localhost")
    assert stage.app.test_client().post(stop).status_code == 200
    browser(stage, PHONE + " other")
    assert here.deliver() == 0
    key, reader = stage.site.settings.key(), stage.actor("reader")
    for event in ("reset", "confirm", "moving", "moved", "invited"):
        token = notices.stop_token(key, reader.person_id or 0, event)
        assert stage.app.test_client().post(f"/mail/stop/{token}").status_code == 404
        post(stage.client("reader"), "/account/mail", **{event: "never", "zone": "UTC"})
        assert stage.site.ask(notices.my_wishes, reader).due(event, now()) is not None
    page = stage.client("reader").get("/account/mail").text
    assert "browser that was not seen" in page and "new password" not in page


def test_quiet_hours_hold_back_no_link_that_somebody_waits_for(stage: Stage, here: Postman, box: Box) -> None:
    hour = now().hour
    quiet = {"zone": "UTC", "quiet_from": str(hour), "quiet_until": str((hour + 2) % 24), "reset": "weekly"}
    assert post(stage.client("reader"), "/account/mail", **quiet).status_code == 303
    post(stage.app.test_client(), "/forgotten", email="reader@example.org")
    browser(stage, PHONE)
    assert here.deliver() == 1 and box.taken[0]["Subject"] == "Your new password"


def test_the_list_names_browsers_in_words_and_marks_this_one(stage: Stage) -> None:
    first, second = browser(stage), browser(stage, PHONE)
    page = first.get("/account/sessions").text
    mine, other = page.index("Firefox, Windows"), page.index("Chrome, Android")
    assert mine < page.index("this one") < other and "198.51" not in page and "140" not in page
    handles = re.findall(r'name="end" value="([0-9a-f]{16})"', page)
    assert len(handles) == 1, "this one is signed out by its own button"
    assert post(first, "/account/sessions", "/account", end=handles[0]).status_code == 303
    assert second.get("/account").status_code == 303 and first.get("/account").status_code == 200


@pytest.mark.case("A2")
def test_A2_nobody_signs_out_somebody_else(stage: Stage) -> None:
    victim, thief = browser(stage), browser(stage, PHONE, "stranger")
    handle = stage.site.ask(sessions.places, stage.actor("reader"), "")[0].handle
    assert post(thief, "/account/sessions", "/account", end=handle).status_code == 404
    with pytest.raises(NotFound):
        stage.site.act(sessions.end, stage.actor("stranger"), handle)
    assert victim.get("/account").status_code == 200
    from knowledge.services.actor import ANYONE

    for act in (sessions.end_everywhere, sessions.places):
        with pytest.raises(SignInNeeded):
            stage.site.act(act, ANYONE, *([""] if act is sessions.places else []))  # type: ignore[operator]


def test_S4_signing_out_everywhere_ends_every_copy_of_every_cookie(stage: Stage) -> None:
    first, second, other = browser(stage), browser(stage, PHONE), browser(stage, PHONE, "author")
    copy = second.get_cookie("praxis")
    assert copy
    thief = stage.app.test_client()
    thief.set_cookie("praxis", copy.value)
    assert thief.get("/account").status_code == 200  # the control
    assert post(first, "/account/sessions", "/account", action="everywhere").status_code == 303
    assert [client.get("/account").status_code for client in (first, second, thief)] == [303] * 3
    assert other.get("/account").status_code == 200


def test_S1_looking_at_pages_writes_nothing_and_the_sweep_keeps_when_one_was_seen(stage: Stage) -> None:
    client, before = browser(stage), dump(stage)
    later = now() + timedelta(days=2)
    with time_machine.travel(later, tick=False):
        client.get("/account")
        assert dump(stage) == before
        stage.site.seen.keep(stage.site.db)
        assert dump(stage) != before
        [place] = stage.site.ask(sessions.places, stage.actor("reader"), "")
        assert place.seen == later and place.since < later
        kept = dump(stage)
        client.get("/account")
        stage.site.seen.keep(stage.site.db)
    with time_machine.travel(later + timedelta(minutes=30), tick=False):
        client.get("/account")
        stage.site.seen.keep(stage.site.db)
        assert dump(stage) == kept, "to the hour: not every page is a write"


def test_F5_what_was_seen_while_the_database_is_away_is_lost_and_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(stage)

    def away(*_: object) -> object:
        raise StorageUnavailable("locked")

    with monkeypatch.context() as patch:
        patch.setattr("knowledge.storage.session.Database.transaction", away)
        assert client.get("/account").status_code == 200
        with pytest.raises(StorageUnavailable):
            stage.site.seen.keep(stage.site.db)
    assert client.get("/account").status_code == 200
    stage.site.seen.keep(stage.site.db)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (PHONE, "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 OPR/120.0", "Opera, Linux"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_named_by_its_family_and_never_by_its_version(agent: str, words: str) -> None:
    assert family(agent) == words
