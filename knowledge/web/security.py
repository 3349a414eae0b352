"""What every response carries: a strict Content-Security-Policy, no framing, no sniffing, honest caching."""

from __future__ import annotations

from flask import Flask, abort, request
from flask_login import current_user
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from knowledge.content.videos import PLAYERS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def init(app: Flask) -> None:
    """Set the headers on every response, errors included; no address has a NUL byte in it."""
    app.before_request(_refuse_nul)
    app.after_request(_headers)


def on_files(headers: Headers, path: str, url: str) -> None:
    """The same for static files, which are served before the application is asked."""
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"


def allow_players(response: Response) -> Response:
    """Let this page, when its reader presses play, show the players of the hosts we know, and no other frame."""
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src {' '.join(PLAYERS)}"
    return response


def _refuse_nul() -> None:
    if "\0" in request.path:  # PostgreSQL could not even be asked for such an id
        abort(404)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers.setdefault("Referrer-Policy", "same-origin")  # a page whose address is a secret tells nobody
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    response.vary.update(("Cookie", "Accept-Language"))  # one header: of two, others who add to it lose the second
    if "Cache-Control" not in headers:
        # an anonymous page may be kept but must be asked for again each time: a withdrawal shows at once
        private = current_user.is_authenticated or request.method not in ("GET", "HEAD")
        headers["Cache-Control"] = "private, no-store" if private else "no-cache"
    if _may_be_conditional(response):
        response.add_etag()
        response.make_conditional(request)
    return response


def _may_be_conditional(response: Response) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and response.status_code == 200
        and not response.direct_passthrough
        and "no-store" not in response.headers["Cache-Control"]
        and "Set-Cookie" not in response.headers
    )
