"""From an invitation to a second factor and a forgotten password, in Chromium, on a phone, with script and without."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.test_pages import signed_in

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WORDS = "three or four words"


def mailed(folder: Path, server: str, subject: str, to: str) -> str:
    """The link of the newest mail with this subject to this address, which the site writes to a file."""
    for _ in range(100):
        for file in sorted(folder.glob("site*/mail/*.eml"), key=lambda f: f.stat().st_mtime, reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=default)
            if subject in mail["Subject"] and mail["To"].addresses[0].addr_spec == to:
                body = mail.get_body(("plain",))
                found = re.search(re.escape(server) + r"(/\S+)", body.get_content() if body else "")
                assert found
                return server + found[1]
        time.sleep(0.2)
    raise AssertionError(f"no mail “{subject}” to {to}")


def press(page, what: str) -> None:  # type: ignore[no-untyped-def]
    """Click, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.click(what)


def good(page, script: bool) -> None:  # type: ignore[no-untyped-def]
    """Nothing that a narrow screen objects to; nor axe, which needs script itself."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
    assert page.locator("h1").count() == 1, page.url
    if not script:
        return
    results = Axe().run(page, options={"runOnly": RULES})
    found = [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in results.response["violations"]]
    assert not found, (page.url, found)


@pytest.mark.parametrize("script", [True, False])
def test_an_invited_coach_joins_sets_up_a_second_factor_and_gets_back_in_after_forgetting_her_password(  # type: ignore[no-untyped-def]
    chromium, server: str, tmp_path_factory: pytest.TempPathFactory, script: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    phone = {"viewport": {"width": 360, "height": 800}, "java_script_enabled": script, "bypass_csp": True}
    ivy = f"ivy{script}@example.org".lower()
    manager = signed_in(chromium.new_context(**phone), server, "manager")
    manager.goto(f"{server}/manage/programmes/innovative-procurement-reforms")
    manager.fill("#invited", ivy)
    manager.select_option("#invited_role", "coach")
    press(manager, "button:text-is('Invite')")
    assert "Not answered yet" in manager.inner_text("main")
    good(manager, script)
    guest = chromium.new_context(**phone).new_page()
    guest.goto(mailed(folder, server, "Invitation", ivy))
    good(guest, script)
    guest.fill("#name", "Ivy Invited")
    guest.fill("#password", "short")
    press(guest, "button:has-text('Join')")
    good(guest, script)
    assert guest.input_value("#name") == "Ivy Invited"
    guest.fill("#password", WORDS)
    press(guest, "button:has-text('Join')")
    assert guest.url == f"{server}/review" and "Welcome" in guest.inner_text("main")
    guest.goto(f"{server}/account")
    good(guest, script)
    press(guest, "main >> text=Set it up")
    guest.fill("#password", WORDS)
    press(guest, "button:has-text('Set it up')")
    good(guest, script)
    box = guest.locator(".qr svg").bounding_box()
    assert box and box["width"] >= 150 and abs(box["width"] - box["height"]) < 2, "a square that a camera can read"
    app = pyotp.TOTP(guest.inner_text("code.secret").replace(" ", ""))
    guest.fill("#code", app.now())
    press(guest, "button:has-text('Switch it on')")
    good(guest, script)
    paper = guest.inner_text(".codes li:first-child")
    guest.goto(f"{server}/account/second-factor")
    good(guest, script)
    other = chromium.new_context(**phone).new_page()
    other.goto(f"{server}/sign-in")
    press(other, "text=Forgot your password?")
    other.fill("#email", ivy)
    press(other, "button:has-text('Send me a link')")
    good(other, script)
    other.goto(mailed(folder, server, "Your new password", ivy))
    good(other, script)
    other.fill("#password", WORDS + " more")
    press(other, "button:has-text('Change it')")
    guest.goto(f"{server}/account")
    assert "/sign-in" in guest.url, "signed out everywhere"
    other.fill("#email", ivy)
    other.fill("#password", WORDS + " more")
    press(other, "main form button")
    good(other, script)
    other.fill("#code", "000000")
    press(other, "main form button")
    good(other, script)
    other.fill("#code", paper)
    press(other, "main form button")
    other.goto(f"{server}/account/sessions")
    assert "this one" in other.inner_text("main")
    good(other, script)
    for page in (manager, guest, other):
        page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_newcomer_confirms_her_address_and_changes_it(  # type: ignore[no-untyped-def]
    chromium, server: str, tmp_path_factory: pytest.TempPathFactory, script: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    context = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=script, bypass_csp=True)
    nora, page = f"nora{script}".lower(), context.new_page()
    page.goto(f"{server}/register")
    for field, value in (("name", "Nora"), ("email", f"{nora}@example.org"), ("password", WORDS)):
        page.fill(f"#{field}", value)
    press(page, "main form button")
    page.fill("#email", f"{nora}@example.org")
    page.fill("#password", WORDS)
    press(page, "main form button")
    page.goto(f"{server}/account")
    assert "not confirmed" in page.inner_text("main")
    good(page, script)
    page.goto(mailed(folder, server, "Please confirm", f"{nora}@example.org"))
    good(page, script)
    press(page, "text=Yes, it is mine")
    assert "not confirmed" not in page.inner_text("main")
    page.goto(f"{server}/account/email")
    page.fill("#email", f"{nora}.new@example.org")
    page.fill("#password", WORDS)
    press(page, "button:has-text('Change it')")
    good(page, script)
    page.goto(mailed(folder, server, "Please confirm", f"{nora}.new@example.org"))
    press(page, "text=Yes, it is mine")
    page.goto(f"{server}/account")
    assert f"{nora}.new@example.org" in page.inner_text("main")
    context.close()
