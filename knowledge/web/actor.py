"""From a cookie to an actor. The cookie holds a token; the database knows whether it still means anything."""

from __future__ import annotations

from flask import Flask, after_this_request, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from knowledge.content.fields import N_
from knowledge.services import access, review, sessions
from knowledge.services.actor import ANYONE, Actor
from knowledge.services.errors import Forbidden, SignInNeeded
from knowledge.services.sessions import Browser
from knowledge.web import browsers
from knowledge.web.site import site

NOT_THE_WRITER = N_(
    "Somebody else is signed in here now. Nothing of this text was saved; sign in again as its writer to send it."
)


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """A signed-in browser, as Flask-Login wants it."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.token, self.actor = token, actor

    def get_id(self) -> str:
        """What the session cookie keeps."""
        return self.token


def init(app: Flask) -> None:
    """Let Flask-Login find the user behind a token."""
    manager = LoginManager(app)
    manager.session_protection = None  # phones change their address; the token is the proof

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _load(token: str) -> SignedIn | None:
        found = site().ask(sessions.signed_in, token)
        if found is None:
            return None
        site().seen.note(token)
        return SignedIn(token, found)


def actor() -> Actor:
    """Who makes this request."""
    return current_user.actor if current_user.is_authenticated else ANYONE


def signed_in_actor() -> Actor:
    """Who makes this request; raises SignInNeeded for nobody."""
    found = actor()
    if not found.signed_in:
        raise SignInNeeded
    return found


def writer() -> Actor:
    """Who makes this request, with a form that says whose it is; raises Forbidden when it is somebody else's by now."""
    found = signed_in_actor()
    whose = request.headers.get("X-Writer") or request.form.get("who")
    if whose and whose != str(found.person_id):
        raise Forbidden(NOT_THE_WRITER)
    return found


def token() -> str:
    """The token of this browser; "" for nobody."""
    return current_user.token if current_user.is_authenticated else ""


def begin(token: str, browser: Browser) -> None:
    """Sign this browser in with a fresh session: nothing from before survives, its CSRF token neither."""
    session.clear()
    session.permanent = True
    browsers.remember(browser)
    found = site().ask(sessions.signed_in, token)
    if found:
        login_user(SignedIn(token, found))
        generate_csrf()  # now: pages that are fetched at the same time would each make one of their own


def end() -> None:
    """Sign this browser out, here and on the server, and clear what the device kept of her pages and texts.

    Where nobody was signed in nothing is cleared: there may lie what she wrote before her session ended.
    """
    if current_user.is_authenticated:
        site().act(sessions.sign_out, current_user.token)
        after_this_request(clear_device)
    logout_user()
    session.clear()


def clear_device(response: Response) -> Response:
    """Let the browser drop what it kept of a person's pages and texts."""
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def in_templates() -> dict[str, object]:
    """Who reads, and which desks to offer her."""
    me = actor()
    if not me.signed_in:
        return {"me": me, "desks": frozenset()}
    standing = site().ask(access.standing, me)
    desks = {"work"} | ({"manage"} if standing.manager else set())
    if site().ask(review.is_coach, me):
        desks.add("review")
    return {"me": me, "desks": frozenset(desks)}
