"""S: signing in and out, forged posts, redirects, guesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.services import accounts, signing
from knowledge.services.errors import Forbidden
from knowledge.settings import BadSetting, Settings
from knowledge.web.kept import safe_next
from tests.conftest import KEY, PASSWORD, Stage, make_stage, post, token
from tests.security.inert import alarms


def test_S1_a_post_without_the_forms_own_token_changes_nothing(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    coach, other = stage.client("coach"), stage.client("manager")
    for csrf in ("", "guess", token(other)):
        answer = coach.post(f"/records/{record_id}/publish", data={"csrf_token": csrf, "seen": "1"})
        assert answer.status_code == 400, csrf
    assert stage.client().get(f"/practices/{record_id}").status_code == 404
    # the control: with the token it is done
    assert post(coach, f"/records/{record_id}/publish", seen="1").status_code == 303


def test_S1_every_route_that_writes_refuses_a_forged_post(stage: Stage) -> None:
    browser = stage.client("manager")
    import re

    for rule in stage.app.url_map.iter_rules():
        if rule.endpoint in ("mail.stop", "sharing.comment"):  # of these two the address itself is the proof
            continue
        for method in {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()):
            path = re.sub(
                r"<(?:\w+:)?(\w+)>",
                lambda m: {
                    **dict.fromkeys(("person_id", "thread_id", "opinion_id", "number"), "1"),
                    "kind": "experience",
                }.get(m[1], "x"),
                rule.rule,
            )
            assert browser.open(path, method=method, data={"name": "forged"}).status_code == 400, path


def test_S2_next_leads_nowhere_but_here(payloads: Path) -> None:
    for target in (payloads / "open_redirect.txt").read_text(errors="replace").splitlines():
        found = safe_next(target)
        assert (
            found.startswith("/")
            and found[1:2] not in ("/", "\\")
            and "\\" not in found
            and "//" not in found.split("?")[0]
        ), target
    for target in (
        "//evil.org",
        "/\\evil.org",
        "https://evil.org",
        "javascript:alert(1)",
        "/a//b",
        "\t/evil",
        "/%0d%0aSet-Cookie:x=1\r\n",
    ):
        assert safe_next(target) == "/", target
    assert safe_next("/work/abc/edit?needed=1") == "/work/abc/edit?needed=1"  # the control


def test_S3_S4_a_sign_in_renews_the_session_and_signing_out_kills_the_old_cookie(stage: Stage) -> None:
    browser = stage.app.test_client()
    browser.get("/sign-in")
    before = browser.get_cookie("praxis")
    post(browser, "/sign-in", email="reader@example.org", password=PASSWORD)
    during = browser.get_cookie("praxis")
    assert before and during and before.value != during.value
    assert during.http_only and during.same_site == "Lax"
    assert browser.get("/account").status_code == 200
    post(browser, "/sign-out", "/account")
    thief = stage.app.test_client()
    thief.set_cookie("praxis", during.value)
    assert thief.get("/account").status_code == 303


def test_a_new_password_signs_out_every_other_browser(stage: Stage) -> None:
    here, there = stage.client("reader"), stage.client("reader")
    answer = post(here, "/account/password", "/account/password", old=PASSWORD, new="quite another phrase")
    assert answer.status_code == 303 and here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303


def test_S6_known_and_unknown_e_mails_get_the_same_answer(stage: Stage) -> None:
    pages = []
    for email in ("reader@example.org", "nobody@example.org"):
        answer = post(stage.client(), "/sign-in", email=email, password="wrong wrong wrong")
        pages.append((answer.status_code, answer.text.replace(email, "E")[-900:]))
    assert pages[0] == pages[1]
    answers = [
        post(stage.client(), "/register", "/register", name="N", email=email, password="some long phrase")
        for email in ("reader@example.org", "nobody@example.org")
    ]
    assert {(a.status_code, a.location) for a in answers} == {(303, "/sign-in")}
    assert stage.client("reader")  # and the account that was there kept its password


def test_S7_guessing_is_slowed_for_the_guesser_and_not_for_the_victim(stage: Stage) -> None:
    statuses = []
    browser = stage.client()
    for n in range(12):
        data = {"email": "reader@example.org", "password": f"guess number {n}", "csrf_token": token(browser)}
        answer = browser.post("/sign-in", data=data, headers={"X-Forwarded-For": f"10.0.0.{n}"})
        statuses.append(answer.status_code)
    assert statuses[:10] == [401] * 10 and statuses[10:] == [429, 429]
    data = {"email": "reader@example.org", "password": PASSWORD, "csrf_token": token(browser)}
    assert browser.post("/sign-in", data=data).status_code == 429
    elsewhere = stage.app.test_client()
    data["csrf_token"] = token(elsewhere)
    assert elsewhere.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303


def test_S10_a_weak_key_is_refused(tmp_path: Path) -> None:
    for key in ("secret", "changeme", "x" * 40, "short but fine"):
        with pytest.raises(BadSetting):
            Settings(data_dir=str(tmp_path), secret_key=key).key()
    kept = Settings(data_dir=str(tmp_path)).key()
    assert len(kept) > 40 and Settings(data_dir=str(tmp_path)).key() == kept
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_S12_a_long_password_counts_to_its_last_letter(stage: Stage) -> None:
    long = "long " * 30
    stage.site.act(accounts.add_person, name="Long", email="long@example.org", password=long + "a")
    assert stage.site.act(signing.sign_in, KEY, "long@example.org", long + "b") is None
    assert stage.site.act(signing.sign_in, KEY, "long@example.org", long + "a")


@pytest.mark.case(
    "X12", control="security/test_one_way_in.py::test_X12_an_answer_that_lost_its_policy_or_has_a_laxer_one_is_seen"
)
def test_X12_S13_every_response_carries_a_strict_policy(stage: Stage) -> None:
    browser = stage.client("manager")
    for path in ("/", "/practices.json", "/nope", "/manage", "/practices.atom", "/sign-in", "/healthz"):
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy, path
        assert browser.get(path).headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in browser.post("/sign-out").headers
    assert alarms(browser.get("/").text) == [], "styles and scripts are files of ours"


def test_cookies_are_secure_behind_tls(tmp_path: Path) -> None:
    from knowledge.app import create_app

    app = create_app(
        Settings(data_dir=str(tmp_path), search_url="memory:", base_url="https://praxis.example.org", log_level="ERROR")
    )
    assert app.config["SESSION_COOKIE_SECURE"] is True
    assert make_stage(tmp_path / "plain").app.config["SESSION_COOKIE_SECURE"] is False


def test_A7_a_demoted_or_deactivated_person_loses_it_at_the_next_request(stage: Stage) -> None:
    boss, second = stage.client("manager"), stage.person("second", manager=True)
    other = stage.client("second")
    assert other.get("/manage").status_code == 200
    post(boss, f"/manage/people/{second.person_id}", action="end-manager")
    assert other.get("/manage").status_code == 403
    post(boss, f"/manage/people/{second.person_id}", action="deactivate")
    assert other.get("/account").status_code == 303


def test_A9_the_last_manager_stays(stage: Stage) -> None:
    manager = stage.manager()
    with pytest.raises(Forbidden):
        stage.site.act(accounts.set_manager, manager, manager.person_id or 0, False)
    with pytest.raises(Forbidden):
        stage.site.act(accounts.set_active, manager, manager.person_id or 0, False)
    page = post(stage.client("manager"), f"/manage/people/{manager.person_id}", "/manage/people", action="deactivate")
    assert page.status_code == 303 and stage.client("manager").get("/manage").status_code == 200
