"""Pages that a device fetches ahead, to be read later without a line: see static/worker.js.

They come beside what a person does. A session that one of them brought back would undo what was put into it meanwhile,
and what the site says to her once would be said to nobody.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, get_flashed_messages, request
from flask.sessions import SecureCookieSessionInterface

HEADER = "X-Ahead"


class Sessions(SecureCookieSessionInterface):
    """Flask's, but a page that is fetched ahead leaves the cookie as it is."""

    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        """Whether this answer carries the session."""
        return HEADER not in request.headers and super().should_set_cookie(app, session)


def messages() -> list[Any]:
    """What the site says by the way, with its category; only to who looks at the page now."""
    if request.method == "HEAD" or HEADER in request.headers:
        return []
    return list(get_flashed_messages(with_categories=True))


def init(app: Flask) -> None:
    """Put both in their places."""
    app.session_interface = Sessions()
    app.jinja_env.globals["messages"] = messages
