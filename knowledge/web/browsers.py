"""Which browser this is: its family in words, and a cookie by which its people know it again at the next sign-in."""

from __future__ import annotations

import secrets

from flask import after_this_request, current_app, request
from werkzeug.wrappers import Response

from knowledge.services.sessions import FORGOTTEN, Browser

COOKIE = "praxis-browser"
# the first that fits: others name themselves after these too
FAMILIES = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("Chromium/", "Chromium"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def this_one() -> Browser:
    """The browser that asks."""
    kept = request.cookies.get(COOKIE, "")
    known = 16 <= len(kept) <= 64 and kept.isascii() and kept.replace("-", "").replace("_", "").isalnum()
    return Browser(kept if known else secrets.token_urlsafe(24), family(request.user_agent.string))


def remember(browser: Browser) -> None:
    """Let it keep its mark; of no use to sign in with."""

    @after_this_request
    def _keep(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            browser.mark,
            max_age=FORGOTTEN,
            httponly=True,
            samesite="Lax",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )
        return response


def family(agent: str) -> str:
    """ "Firefox, Windows"; no version, which would tell people apart; "" for one that says nothing."""
    found = (next((name for sign, name in names if sign in agent), "") for names in (FAMILIES, SYSTEMS))
    return ", ".join(part for part in found if part)
