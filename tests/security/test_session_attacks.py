"""S and A7: what a stolen cookie, a guesser in disguise, a crafted link or a crawler that only GETs must not achieve."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.datastructures import Headers

from knowledge.services import accounts, programmes
from tests.conftest import PASSWORD, Stage, make_stage, post, token, with_people

READERS = ("", "reader", "author", "colleague", "coach", "manager")


def dump(stage: Stage) -> str:
    """Everything the database holds."""
    with stage.site.db.reading() as session:
        tables = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")).all()
        return json.dumps(
            {t: [list(map(str, row)) for row in session.execute(text(f'SELECT * FROM "{t}"'))] for t in tables}
        )


def filled(rule: str, **given: str) -> str:
    """An address of a route."""
    known = {"kind": "experience", "name": "topics", "programme_id": "reforms", "person_id": "3", "slug": "x"}
    known |= {"facet_id": "country", "token": "forged", "thread_id": "1", "number": "1", "start_key": "begun"}
    known |= {"opinion_id": "1", "upload_id": "a" * 20, "file_id": "a" * 20, "part": "480", "code": "fr"}
    known |= {"reset": "forged", "confirm": "forged", "invitation": "forged", **given}
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: known[m[1]], rule)


def posting(app: Flask) -> list[str]:
    """Every route that takes a POST and trusts the cookie; what an address that is a secret may do, its tests say."""
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint not in ("mail.stop", "sharing.comment"))
    return sorted({rule.rule for rule in rules if "POST" in (rule.methods or ())})


def test_S1_every_post_route_refuses_a_missing_foreign_or_replayed_token_and_changes_nothing(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    manager, stranger = stage.client("manager"), stage.client("stranger")
    left = stage.client("manager")
    replayed = token(left, "/account")
    post(left, "/sign-out", "/account")
    foreign = token(stranger, "/account")
    before = dump(stage)
    routes = posting(stage.app)
    assert len(routes) > 12
    for rule in routes:
        for transition in ("withdraw", "restore") if "<transition>" in rule else ("",):
            path = filled(rule, record_id=record_id, transition=transition)
            for csrf in (None, "", foreign, replayed):
                data = {"words": "x", "action": "make-manager", "name": "N", "title": "T"}
                answer = manager.post(path, data=data if csrf is None else {**data, "csrf_token": csrf})
                assert answer.status_code == 400, (path, csrf)
    assert dump(stage) == before
    # the control: the same post with this browser's own token is done, and the dump sees it
    assert post(manager, "/manage/people/3", "/account", action="make-manager").status_code == 303
    assert dump(stage) != before


def test_S1_no_get_by_anybody_writes_anything(stage: Stage) -> None:
    made = [stage.record(stage.actor("author"), s) for s in ("draft", "in_review", "published", "withdrawn")]
    browsers = {reader: stage.client(reader) for reader in READERS}
    before = dump(stage)
    asked = 0
    for rule in stage.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for record_id in made if "<record_id>" in rule.rule else made[:1]:
            path = filled(rule.rule, record_id=record_id)
            for browser in browsers.values():
                for ending in ("", "?from=1&to=1&q=x&action=save&remove=1&needed=1"):
                    assert browser.get(path + ending).status_code < 500, path
                    asked += 1
                assert browser.head(path).status_code < 500, path
    assert asked > 400 and dump(stage) == before
    # the control: a GET that writes would be seen
    stage.app.view_functions["public.about"] = lambda: stage.site.act(_rename)
    stage.client().get("/about")
    assert dump(stage) != before


def _rename(session: Any) -> str:
    session.execute(text("UPDATE person SET name = 'Someone else' WHERE id = 2"))
    return ""


@pytest.mark.case("S9")
def test_S2_S9_a_crafted_next_leads_to_this_site_or_home_and_injects_no_header(stage: Stage, payloads: Path) -> None:
    lines = (payloads / "open_redirect.txt").read_text(errors="replace").splitlines()[::4]
    lines += (payloads / "crlf.txt").read_text(errors="replace").splitlines()
    lines += ["/x\r\nSet-Cookie: crlf=injection", "/x\nLocation: //evil.org", "/\u2028", "//evil.org\t", "/\t/evil.org"]
    browser = stage.app.test_client()
    page_token = token(browser)
    for target in lines:
        page = browser.get("/sign-in", query_string={"next": target})
        assert page.status_code == 200 and "crlf" not in str(page.headers.get_all("Set-Cookie")), target
        data = {"email": "reader@example.org", "password": PASSWORD, "next": target, "csrf_token": page_token}
        answer = browser.post("/sign-in", data=data)
        assert answer.status_code == 303, target
        where = answer.headers["Location"]
        assert re.match(r"/(?![/\\])[^\s\\]*$", where), (target, where)
        assert not any("crlf" in c.split("=")[0].lower() for c in answer.headers.get_all("Set-Cookie")), target
        browser = stage.app.test_client()
        page_token = token(browser)
    # the control: an address of this site is followed
    data = {"email": "reader@example.org", "password": PASSWORD, "next": "/account?x=1", "csrf_token": page_token}
    assert browser.post("/sign-in", data=data).headers["Location"] == "/account?x=1"


def test_S3_a_planted_session_is_worth_nothing_after_its_victim_signs_in(stage: Stage) -> None:
    attacker = stage.app.test_client()
    planted_token = token(attacker)
    planted = attacker.get_cookie("praxis")
    assert planted
    victim = stage.app.test_client()
    victim.set_cookie("praxis", planted.value)
    data = {"email": "reader@example.org", "password": PASSWORD, "csrf_token": planted_token}
    assert victim.post("/sign-in", data=data).status_code == 303
    assert attacker.get("/account").status_code == 303  # still nobody
    # and the token the attacker knows does not open the victim's forms
    data = {"name": "Renamed by a stranger", "csrf_token": planted_token}
    assert victim.post("/account", data=data).status_code == 400
    assert post(victim, "/account", "/account", name="Renamed by herself").status_code == 303  # the control


@pytest.mark.parametrize("end", ["sign out", "password", "deactivated and back", "row deleted"])
def test_S4_A7_an_ended_session_stays_dead_whatever_copy_of_the_cookie_is_left(stage: Stage, end: str) -> None:
    browser, other = stage.client("reader"), stage.client("reader")
    reader, manager = stage.actor("reader"), stage.manager()
    copy = browser.get_cookie("praxis")
    assert copy
    thief = stage.app.test_client()
    thief.set_cookie("praxis", copy.value)
    assert thief.get("/account").status_code == 200  # the control: until then it is as good as the original
    if end == "sign out":
        post(browser, "/sign-out", "/account")
        assert other.get("/account").status_code == 200  # only this browser
    elif end == "password":
        answer = post(other, "/account/password", "/account/password", old=PASSWORD, new="another long phrase")
        assert answer.status_code == 303 and other.get("/account").status_code == 200
    elif end == "deactivated and back":
        for active in (False, True):
            stage.site.act(accounts.set_active, manager, reader.person_id or 0, active)
        assert other.get("/account").status_code == 303
    else:
        with stage.site.db.transaction() as session:
            session.execute(text("DELETE FROM sign_in"))
    assert thief.get("/account").status_code == 303
    assert thief.post("/work/new/experience", data={"title": "T"}).status_code in (400, 401)


@pytest.mark.case("A12")
def test_A7_A12_a_coach_who_leaves_loses_every_desk_at_the_next_request(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    coach, person = stage.client("coach"), stage.actor("coach")
    csrf = token(coach, "/account")
    assert coach.get(f"/review/{record_id}").status_code == 200
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", person.person_id or 0)
    for path in (f"/review/{record_id}", f"/work/{record_id}", f"/work/{record_id}/preview"):
        assert coach.get(path).status_code == 404, path
    assert coach.get("/review").status_code == 403
    data = {"csrf_token": csrf, "seen": "1", "words": "x"}
    assert coach.post(f"/records/{record_id}/publish", data=data).status_code == 404
    assert stage.client().get(f"/practices/{record_id}").status_code == 404
    stage.site.act(programmes.put_member, stage.manager(), "reforms", "coach@example.org", "coach")
    assert coach.post(f"/records/{record_id}/publish", data=data).status_code == 303  # the control


def test_S6_sign_in_says_the_same_about_known_unknown_and_deactivated_accounts_and_hashes_for_each(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = stage.person("gone")
    stage.site.act(accounts.set_active, stage.manager(), gone.person_id or 0, False)
    verified: list[str] = []
    plain = accounts._verify
    monkeypatch.setattr(accounts, "_verify", lambda h, p: verified.append(h[:8]) or plain(h, p))
    pages = []
    for email, password in (
        ("reader@example.org", "not the password"), ("nobody@example.org", "not the password"),
        ("gone@example.org", PASSWORD), ("no address", "not the password"),
    ):  # fmt: skip
        answer = post(stage.app.test_client(), "/sign-in", email=email, password=password)
        headers = sorted(h for h in answer.headers if h[0] not in ("Set-Cookie", "Content-Length", "Date"))
        same = re.sub(r'(csrf_token" value=")[^"]+', r"\1", answer.text).replace(email, "E")
        pages.append((answer.status_code, same, headers))
    assert len(verified) == 4  # a decoy is hashed where there is no account
    assert pages[0] == pages[1] == pages[2] == pages[3] and pages[0][0] == 401
    # the control: the comparison would see a difference
    assert post(stage.app.test_client(), "/sign-in", email="reader@example.org", password=PASSWORD).status_code == 303


def test_S6_register_says_the_same_for_a_taken_e_mail_and_hashes_for_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    hasher = accounts._hasher()
    counting = type(
        "Counting", (), {"hash": lambda _, p: hashed.append(p) or hasher.hash(p), "verify": hasher.verify}
    )()
    monkeypatch.setattr(accounts, "_hasher", lambda: counting)
    pages = []
    for email in ("reader@example.org", "fresh@example.org", "READER@example.org", "ｒeader@example.org"):
        browser = stage.app.test_client()
        answer = post(browser, "/register", "/register", name="N", email=email, password="some long phrase")
        after = re.sub(r'(csrf_token" value=")[^"]+', r"\1", browser.get("/sign-in").text)
        pages.append((answer.status_code, answer.data, answer.headers["Location"], after))
    assert len(hashed) == 4
    assert pages[0] == pages[1] == pages[2] == pages[3]
    with stage.site.db.reading() as session:  # S11: one account for all spellings, and the first kept its password
        assert session.scalar(text("SELECT count(*) FROM person WHERE email = 'reader@example.org'")) == 1
        assert session.scalar(text("SELECT count(*) FROM person WHERE email = 'fresh@example.org'")) == 1


@pytest.mark.parametrize(
    "spelling",
    [
        "READER@EXAMPLE.ORG",
        " reader@example.org ",
        "ｒeader@example.org",
        "rea\u0007der@example.org",
        "reader＠example.org",
    ],
)
def test_S7_another_spelling_of_the_same_account_is_no_fresh_start(stage: Stage, spelling: str) -> None:
    browser = stage.app.test_client()
    csrf = token(browser)

    def guess(email: str, address: str = "198.51.100.1") -> int:
        data = {"email": email, "password": "wrong guess", "csrf_token": csrf}
        return browser.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code

    assert [guess("reader@example.org") for _ in range(10)] == [401] * 10
    assert accounts.normal_email(spelling) == "reader@example.org"
    assert guess(spelling) == 429
    assert guess("stranger@example.org") == 401  # the control: another account is counted by itself
    assert guess("reader@example.org", "198.51.100.2") == 401  # and the victim elsewhere is not locked out


def test_S7_behind_a_proxy_only_what_the_proxy_added_counts(tmp_path: Path) -> None:
    stage = with_people(make_stage(tmp_path, proxies=1))
    browser = stage.app.test_client()
    csrf = token(browser)

    def guess(forwarded: str) -> int:
        data = {"email": "reader@example.org", "password": "wrong guess", "csrf_token": csrf}
        return browser.post("/sign-in", data=data, headers={"X-Forwarded-For": forwarded}).status_code

    assert [guess(f"10.0.0.{n}, 203.0.113.5") for n in range(10)] == [401] * 10
    assert guess("10.9.9.9, 203.0.113.5") == 429
    assert guess("10.9.9.9, 203.0.113.6") == 401  # the control: really another address
    stage.site.db.close()


def test_S12_a_password_of_hundreds_of_characters_works_over_http_to_its_last_one(stage: Stage) -> None:
    long = "päss wörd 長い " * 40
    for password in (long + "a", long + "b"):
        answer = post(
            stage.app.test_client(), "/register", "/register", name="L", email="l@example.org", password=password
        )
        assert answer.status_code == 303
    assert post(stage.app.test_client(), "/sign-in", email="l@example.org", password=long + "b").status_code == 401
    assert post(stage.app.test_client(), "/sign-in", email="l@example.org", password=long + "a").status_code == 303
    too_long = post(
        stage.app.test_client(), "/register", "/register", name="L", email="m@example.org", password="ab1!" * 300
    )
    assert too_long.status_code == 422 and "ab1!" not in too_long.text  # refused, not cut; and not shown again


def test_the_cookie_is_hidden_from_scripts_strict_to_this_site_and_secure_under_https(tmp_path: Path) -> None:
    from knowledge.app import create_app
    from knowledge.settings import Settings

    plain = make_stage(tmp_path / "a")
    address = "https://praxis.example.org"
    given = Settings(data_dir=str(tmp_path / "a"), search_url="memory:", base_url=address, log_level="ERROR")
    for app, secure in ((plain.app, False), (create_app(given), True)):
        answer = app.test_client().get("/sign-in", base_url=address if secure else "http://localhost")
        (cookie,) = answer.headers.get_all("Set-Cookie")
        assert "; HttpOnly" in cookie and "SameSite=Lax" in cookie and ("; Secure" in cookie) is secure
        assert ("Strict-Transport-Security" in answer.headers) is secure


@pytest.mark.case("S8")
def test_S8_a_foreign_host_header_ends_up_in_nothing_we_say(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")
    seen = []
    for path in (
        "/", "/practices", "/practices.json", "/practices.csv", "/practices.atom", "/robots.txt", "/sign-in",
        f"/practices/{record_id}", f"/practices/{record_id}.json", "/work", "/nope", "/schema/experience.json",
    ):  # fmt: skip
        answer = stage.client().get(
            path, headers=Headers({"Host": "evil.example", "X-Forwarded-Host": "evil2.example"})
        )
        seen.append(answer.text)
        assert "evil" not in answer.text + str(answer.headers), path
    assert any("http://localhost/practices/" in page for page in seen)  # the control: full addresses are in there
