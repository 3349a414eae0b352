"""The screens of which there are pictures: one declaration for the test that opens each and for `make screens`.

A picture is called as its screen and its look: home-1440, home-360-dark, home-360-ar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
from sqlalchemy import text

from knowledge.services import second_factor
from knowledge.storage import find
from tests.browser.town import AUTHOR, CAREFUL, COACH, DEMO, MANAGER, PROGRAMME, Town

DESK, PHONE = "1440", "360"
EVERYWHERE = (DESK, PHONE, "1440-dark", "360-dark", "1440-ar", "360-ar")
BOTH = (DESK, PHONE)


@dataclass(frozen=True)
class Screen:
    """A page, who looks at it and how, and what she does before the picture is taken.

    `path`: {name} stands for the record in that state. `looks`: width, with -dark or a language behind it.
    """

    name: str
    path: str
    who: str = ""
    looks: tuple[str, ...] = (DESK,)
    before: Callable[[Any, Town], None] | None = None
    status: int = 200
    to: str = ""  # what is scrolled to


def sent_empty(page: Any, town: Town) -> None:
    """What the form says of what is missing."""
    page.wait_for_selector("form#write[data-kept=ready]")
    page.fill("#title", "Quotations by phone")
    page.fill("#start", "some time ago")
    with page.expect_navigation():
        page.click(".sticky-actions button[value=submit]")


def met(page: Any, town: Town) -> None:
    """A tab that knew nothing of what another one kept: two texts, side by side."""
    page.wait_for_selector("form#write[data-kept=ready]")
    page.evaluate("document.querySelector('[name=seen]').value = 'none'")
    page.fill("#objective", f"Deliver {page.viewport_size['width']} desks before the school year begins.")
    page.locator("[data-state] button").click()
    page.wait_for_selector("#met-objective")


def decided_badly(page: Any, town: Town) -> None:
    """Publishing weaker evidence without a reason, asking for changes without a word."""
    page.select_option("#level", index=1)
    page.fill("#reason", "")
    with page.expect_navigation():
        page.click("#decision button[formaction$='/publish']")


def suggested(page: Any, town: Town) -> None:
    """What is offered while one types."""
    page.locator("#q").press_sequentially("frame")
    page.wait_for_selector(".suggestions:not([hidden]) li")


def from_a_file(page: Any, town: Town) -> None:
    """The form that is one file, opened from where it was saved."""
    answer = page.request.get(f"{town.live.address}/work/new/experience/offline.html")
    file = Path(town.live.stage.site.settings.data_dir) / "offline-form.html"
    file.write_bytes(answer.body())
    page.goto(file.as_uri())
    page.fill("[data-f=title] input", "Written on a boat")


def letter(page: Any, town: Town) -> None:
    """A mail as a mail program shows it."""
    page.goto("about:blank")  # a mail has a style of its own, which no page of the site may have
    page.set_content(town.letter)


def _pressed(page: Any, button: str = "main form button") -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def with_a_factor(page: Any, town: Town) -> None:
    """The codes on paper of somebody who has just switched a second factor on, and is signed out again."""
    site = town.live.stage.site
    with site.db.transaction() as session:
        person = find.person(session, int(town.links["careful"]))
        assert person is not None
        second_factor.remove(session, person)
    page.fill("#email", f"{CAREFUL}@example.org")
    page.fill("#password", DEMO)
    _pressed(page)
    page.goto(f"{town.live.address}/account/second-factor")
    page.fill("#password", DEMO)
    _pressed(page)
    page.fill("#code", pyotp.TOTP(page.inner_text("code.secret").replace(" ", "")).now())
    _pressed(page)
    page.context.clear_cookies()


def asked_for_a_code(page: Any, town: Town) -> None:
    """What comes after the password of somebody with a second factor."""
    with_a_factor(page, town)
    page.goto(f"{town.live.address}/sign-in")
    page.fill("#email", f"{CAREFUL}@example.org")
    page.fill("#password", DEMO)
    _pressed(page)
    page.context.clear_cookies()


def moved_on(page: Any, town: Town) -> None:
    """A button of a page that was open while its record moved on."""
    page.evaluate("""path => {
      const form = Object.assign(document.createElement("form"), {method: "post", action: path});
      form.append(document.querySelector("[name=csrf_token]").cloneNode(), document.createElement("button"));
      document.querySelector("main").prepend(form);
    }""", f"/records/{town.records['withdrawn']}/recall")  # fmt: skip
    _pressed(page)


def database_is_busy(page: Any, town: Town) -> None:
    """What is sent while the database takes nothing."""
    with town.live.stage.site.db.transaction() as session:
        session.execute(text("UPDATE person SET name = name WHERE id = 1"))
        _pressed(page)


def session_over(page: Any, town: Town) -> None:
    """What is sent after the session has ended, which for everybody else goes on."""
    kept = page.context.cookies()
    page.context.clear_cookies()
    _pressed(page)
    page.context.add_cookies(kept)


SEARCH = "/practices?country=KEN&country=SLE"
SCREENS = (
    Screen("home", "/", looks=EVERYWHERE),
    Screen("suggestions", "/", before=suggested),
    Screen("results", SEARCH, looks=EVERYWHERE),
    Screen("results-words", "/practices?q=framework", looks=BOTH),
    Screen("no-results", "/practices?q=zzzz&country=KEN"),
    Screen("practice", "/practices/demo-framework-hospital-consumables/", looks=EVERYWHERE),
    Screen("practice-charts", "/practices/demo-contract-register-districts/", to=".comparison"),
    Screen("compare", "/practices/{republished}/v/compare?from=1&to=2", looks=BOTH),
    Screen("withdrawn", "/practices/{withdrawn}", status=410),
    Screen("map", "/practices/map", looks=(*BOTH, "1440-dark")),
    Screen("gaps", "/practices/gaps", looks=(*BOTH, "1440-ar")),
    Screen("like", "/practices/like"),
    Screen("not-found", "/nothing-here", status=404),
    Screen("help", "/help/search"),
    Screen("sign-in", "/sign-in", looks=BOTH),
    Screen("register", "/register"),
    Screen("invitation", "/invitation/{link:invitation}"),
    Screen("my-work", "/work", AUTHOR, (*BOTH, "1440-ar")),
    Screen("desk", "/work/{changes_requested}", AUTHOR, BOTH),
    Screen("start", "/work/new", AUTHOR),
    Screen("write", "/work/new/experience", AUTHOR, EVERYWHERE),
    Screen("write-points", "/work/{changes_requested}/edit", AUTHOR),
    Screen("write-errors", "/work/new/experience", AUTHOR, BOTH, sent_empty),
    Screen("write-offline", "/work/new/from-file", AUTHOR, BOTH, from_a_file),
    Screen("write-two-texts", "/work/{two_texts}/edit", AUTHOR, BOTH, met),
    Screen("preview", "/work/{draft}/preview", AUTHOR),
    Screen("versions", "/work/{republished}/versions", AUTHOR),
    Screen("people", "/work/{draft}/people", AUTHOR),
    Screen("share", "/work/{in_review}/readers", AUTHOR),
    Screen("shared", "/shared/{link:shared}", looks=BOTH),
    Screen("review", "/review", COACH, (*BOTH, "1440-ar")),
    Screen("review-read", "/review/{resubmitted}", COACH, EVERYWHERE),
    Screen("review-errors", "/review/{resubmitted}", COACH, before=decided_badly, status=200),
    Screen("review-first", "/review/{in_review}", COACH),
    Screen("review-day", "/review/{planned}/day", COACH),
    Screen("opinion", "/review/{advised}", "coach2", to="#opinions"),
    Screen("phrases", f"/review/programmes/{PROGRAMME}/phrases", COACH),
    Screen("manage", "/manage", MANAGER, (DESK, PHONE)),
    Screen("manage-programme", f"/manage/programmes/{PROGRAMME}", MANAGER, (*BOTH, "1440-ar")),
    Screen("manage-people", "/manage/people", MANAGER),
    Screen("manage-terms", "/manage/vocabularies/topics", MANAGER),
    Screen("manage-synonyms", "/manage/synonyms", MANAGER),
    Screen("manage-mail", "/manage/mail", MANAGER),
    Screen("manage-withdrawn", "/manage/withdrawn", MANAGER),
    Screen("account", "/account", AUTHOR, BOTH),
    Screen("account-mail", "/account/mail", AUTHOR),
    Screen("account-sessions", "/account/sessions", AUTHOR),
    Screen("account-password", "/account/password", AUTHOR),
    Screen("account-address", "/account/email", AUTHOR),
    Screen("account-away", "/account/away", COACH),
    Screen("account-factor", "/account/second-factor", COACH),
    Screen("account-codes", "/sign-in", looks=BOTH, before=with_a_factor),
    Screen("sign-in-code", "/sign-in", before=asked_for_a_code),
    Screen("forgotten", "/forgotten"),
    Screen("reset", "/reset/{link:reset}", looks=(PHONE,)),
    Screen("confirm", "/confirm/{link:confirm}"),
    Screen("stop-mails", "/mail/stop/{link:stop}", looks=(PHONE,)),
    Screen("link-over", "/reset/too-old", status=410),
    Screen("write-file", "/work/new/from-file", AUTHOR),
    Screen("desk-compare", "/work/{republished}/compare?from=1&to=2", AUTHOR),
    Screen("saved-version", "/work/{republished}/versions/1", AUTHOR),
    Screen("valid", "/work/{expired}/valid", AUTHOR),
    Screen("points", "/work/{changes_requested}/points", AUTHOR, BOTH),
    Screen("progress", "/review/people/{link:author}/progress", COACH),
    Screen("manage-assign", "/manage/records/{in_review}", MANAGER),
    Screen("manage-programmes", "/manage/programmes", MANAGER),
    Screen("manage-vocabularies", "/manage/vocabularies", MANAGER),
    Screen("about", "/about"),
    Screen("facet", "/practices/by/country", looks=BOTH),
    Screen("forbidden", "/manage", AUTHOR, status=403),
    Screen("moved-on", "/work/{draft}", AUTHOR, before=moved_on),
    Screen("busy", "/account", AUTHOR, before=database_is_busy),
    Screen("session-over", "/account", AUTHOR, before=session_over),
    Screen("letter", "/about", before=letter, looks=BOTH),
)
LOOKS = [(screen, look) for screen in SCREENS for look in screen.looks]
