"""The second factor: codes that are right once, a step of its own without script, and a secret that is kept nowhere."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask.testing import FlaskClient

from knowledge.services import accounts, second_factor, signing
from knowledge.services.errors import Invalid, LinkOver, NotFound
from knowledge.storage.models.base import now
from knowledge.storage.models.people import SecondFactor
from tests.conftest import KEY, PASSWORD, Stage, post, token
from tests.security.test_session_attacks import dump


def key(stage: Stage) -> str:
    return stage.site.settings.key()


def switched_on(stage: Stage, who: str = "coach") -> tuple[pyotp.TOTP, list[str]]:
    """An app that makes this person's codes, and her codes on paper."""
    actor = stage.actor(who)
    stage.site.act(second_factor.begin, actor, PASSWORD)
    app = pyotp.TOTP(stage.site.ask(second_factor.standing, actor, key(stage)).secret)
    return app, stage.site.act(second_factor.confirm, actor, key(stage), app.at(now() - timedelta(seconds=30)))


def promise(stage: Stage, who: str = "coach") -> str:
    found = stage.site.act(signing.sign_in, key(stage), f"{who}@example.org", PASSWORD)
    assert isinstance(found, signing.CodeWanted)
    return found.promise


def give(stage: Stage, code: str, who: str = "coach") -> str | None:
    return stage.site.act(signing.give_code, key(stage), promise(stage, who), code)


def first_step(browser: FlaskClient, **more: str) -> str:
    """The password, on the page; what the second step carries."""
    answer = post(browser, "/sign-in", email="coach@example.org", password=PASSWORD, **more)
    assert answer.status_code == 200 and "Your code" in answer.text
    found = re.search(r'name="promise" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_it_is_set_up_with_a_picture_or_by_hand_and_shows_its_codes_for_paper_once(stage: Stage) -> None:
    browser, page = stage.client("coach"), "/account/second-factor"
    assert "Protect it with a second factor" in browser.get("/account").text
    assert "Protect it" not in stage.client("reader").get("/account").text, "asked of coaches and managers"
    assert post(browser, page, page, action="begin", password="wrong").status_code == 422
    assert post(browser, page, page, action="begin", password=PASSWORD).status_code == 303
    shown = browser.get(page).text
    assert "<svg" in shown and "style=" not in shown
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', shown)
    assert found
    app = pyotp.TOTP(found[1].replace(" ", ""))
    assert post(browser, page, page, action="confirm", code="000000").status_code == 422
    assert "Set it up" in stage.client("coach").get("/account").text, "until a code was given it is off"
    done = post(browser, page, page, action="confirm", code=app.now())
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", done.text)
    assert done.status_code == 200 and len(set(codes)) == second_factor.RECOVERY
    assert done.headers["Cache-Control"] == "private, no-store"
    again = browser.get(page).text
    assert codes[0] not in again and found[1] not in again and "8 codes on paper are left" in again
    assert "Protect it" not in browser.get("/account").text


def test_signing_in_takes_a_second_step_that_works_without_script_and_keeps_what_was_typed(stage: Stage) -> None:
    app, _ = switched_on(stage)
    browser = stage.app.test_client()
    carried = {"next": "/work/new/experience", "kept-title": "Typed before the session ended"}
    made = first_step(browser, **carried)
    assert browser.get("/account").status_code == 303, "the password alone signs nobody in"
    wrong = post(browser, "/sign-in/code", promise=made, code="000000", **carried)
    assert wrong.status_code == 401 and "not right" in wrong.text and "Typed before" in wrong.text
    before = browser.get_cookie("praxis")
    right = post(browser, "/sign-in/code", promise=made, code=app.now(), **carried)
    assert right.status_code == 200 and "Typed before the session ended" in right.text
    after = browser.get_cookie("praxis")
    assert before and after and before.value != after.value, "S3: a fresh session"
    assert browser.get("/account").status_code == 200


def test_S2_the_second_step_leads_nowhere_but_here(stage: Stage) -> None:
    _app, codes = switched_on(stage)
    for target, where in (("//evil.org", "/review"), ("/account", "/account")):
        browser = stage.app.test_client()
        made = first_step(browser)
        answer = post(browser, "/sign-in/code", promise=made, code=codes.pop(), next=target)
        assert answer.location == where


def test_no_code_is_taken_twice_nor_one_from_before_it(stage: Stage) -> None:
    app, _ = switched_on(stage)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        code, earlier = app.now(), app.at(now() - timedelta(seconds=30))
        assert give(stage, code)
        assert give(stage, code) is None
        assert give(stage, earlier) is None, "nor the one before it"
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        assert give(stage, app.now())  # the control: the next one is


def test_of_two_who_use_a_code_at_once_one_is_let_in(stage_on: Stage) -> None:
    stage = stage_on
    import threading

    app, _ = switched_on(stage)
    made, code, start, answers = promise(stage), app.now(), threading.Barrier(4), []

    def use() -> None:
        start.wait()
        answers.append(stage.site.act(signing.give_code, key(stage), made, code))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer is not None for answer in answers) == 1


def test_codes_of_a_clock_that_is_a_little_off_are_taken_and_old_ones_are_not(stage: Stage) -> None:
    app, _ = switched_on(stage)
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        for seconds, taken in ((-90, False), (90, False), (-30, True), (30, True)):
            assert (give(stage, app.at(now() + timedelta(seconds=seconds))) is not None) == taken, seconds


def test_a_code_on_paper_replaces_the_phone_once_however_it_is_typed(stage: Stage) -> None:
    _, codes = switched_on(stage)
    assert give(stage, codes[0].upper().replace("-", " "))
    assert give(stage, codes[0]) is None
    assert give(stage, codes[1])  # the control
    assert stage.site.ask(second_factor.standing, stage.actor("coach"), key(stage)).left == second_factor.RECOVERY - 2
    for other in ("", "0", "abcd-efgh-jkmn-pqrs", codes[2][:-1], codes[2] + "x", "１２３４５６"):
        assert give(stage, other) is None, other
    _, others = switched_on(stage, "author")
    assert give(stage, others[0]) is None, "another account's code is worth nothing here"


def test_other_codes_for_paper_need_a_code_and_end_the_earlier_ones(stage: Stage) -> None:
    app, codes = switched_on(stage)
    coach = stage.actor("coach")
    with pytest.raises(Invalid):
        stage.site.act(second_factor.renew, coach, key(stage), "000000")
    fresh = stage.site.act(second_factor.renew, coach, key(stage), app.now())
    assert give(stage, codes[0]) is None and give(stage, fresh[0])


def test_switching_it_off_needs_password_and_code(stage: Stage) -> None:
    _app, codes = switched_on(stage)
    browser, page = stage.app.test_client(), "/account/second-factor"
    made = first_step(browser)
    post(browser, "/sign-in/code", promise=made, code=codes[0])
    for password, code in (("wrong", codes[1]), (PASSWORD, "000000"), (PASSWORD, codes[0])):
        assert post(browser, page, page, action="end", password=password, code=code).status_code == 422
    assert post(browser, page, page, action="begin", password=PASSWORD).status_code == 303
    assert promise(stage), "starting anew does not switch it off"
    assert post(browser, page, page, action="end", password=PASSWORD, code=codes[1]).status_code == 303
    assert isinstance(stage.site.act(signing.sign_in, KEY, "coach@example.org", PASSWORD), str)


def test_S7_guessing_codes_is_slowed_for_the_account_wherever_it_is_tried(stage: Stage) -> None:
    switched_on(stage), switched_on(stage, "author")
    browser = stage.app.test_client()
    csrf = token(browser)

    def guess(number: int, who: str = "coach") -> int:
        data = {"promise": promise(stage, who), "code": f"{number:06}", "csrf_token": csrf}
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        return browser.post("/sign-in/code", data=data, environ_base=address).status_code

    assert [guess(number) for number in range(12)] == [401] * 10 + [429] * 2
    assert guess(13, "author") == 401  # the control: another account is counted by itself


def test_S6_a_wrong_password_says_the_same_with_and_without_a_second_factor(stage: Stage) -> None:
    switched_on(stage)
    pages = []
    for email in ("coach@example.org", "reader@example.org", "nobody@example.org"):
        answer = post(stage.app.test_client(), "/sign-in", email=email, password="wrong wrong wrong")
        page = re.sub(r'(csrf_token" value=")[^"]+', r"\1", answer.text).replace(email, "E")
        pages.append((answer.status_code, page))
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("end", ["eleven minutes", "password changed", "deactivated", "forged"])
def test_the_password_of_the_first_step_counts_for_a_while_and_only_as_long_as_it_is_right(
    stage: Stage, end: str
) -> None:
    _, codes = switched_on(stage)
    made, coach, moment = promise(stage), stage.actor("coach"), now()
    assert stage.site.act(signing.give_code, key(stage), made, codes[0])  # the control
    if end == "eleven minutes":
        moment += timedelta(minutes=11)
    elif end == "password changed":
        stage.site.act(accounts.change_password, coach, PASSWORD, "quite another phrase")
    elif end == "deactivated":
        stage.site.act(accounts.set_active, stage.manager(), coach.person_id or 0, False)
    else:
        made = made[:-9] + ("A" if made[-9] != "A" else "B") + made[-8:]  # the last sign holds bits that say nothing
    with time_machine.travel(moment, tick=False):
        with pytest.raises(LinkOver):
            stage.site.act(signing.give_code, key(stage), made, codes[1])
        answer = post(stage.app.test_client(), "/sign-in/code", promise=made, code=codes[1])
        assert answer.status_code == 401 and "sign in once more" in answer.text


def test_a_copy_of_the_database_makes_no_code_and_no_log_mail_or_json_holds_the_secret(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    app, codes = switched_on(stage)
    everything = dump(stage)
    assert app.secret not in everything and all(code.replace("-", "") not in everything for code in codes)
    with stage.site.db.reading() as session:
        row = session.get_one(SecondFactor, stage.actor("coach").person_id)
    assert second_factor._secret(key(stage), row) == app.secret  # the control: with the key of the site it follows
    assert second_factor._secret(KEY, row) != app.secret
    browser = stage.app.test_client()
    post(browser, "/sign-in/code", promise=first_step(browser), code=app.now())
    pages = [browser.get(path).text for path in ("/account", "/account/second-factor", "/practices.json", "/healthz")]
    assert app.secret not in json.dumps(pages) + capsys.readouterr().err + dump(stage)


def test_who_lost_phone_and_paper_is_helped_from_the_command_line(stage: Stage) -> None:
    from knowledge import setup

    switched_on(stage)
    stage.site.act(setup.with_person("coach@example.org", second_factor.remove))
    assert isinstance(stage.site.act(signing.sign_in, KEY, "coach@example.org", PASSWORD), str)
    with pytest.raises(NotFound):
        stage.site.act(second_factor.renew, stage.actor("coach"), key(stage), "000000")
