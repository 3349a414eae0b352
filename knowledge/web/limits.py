"""Slowing down those who guess passwords: per account and address, so that nobody can lock a victim out."""

from __future__ import annotations

from flask import Flask, Response, abort, request
from flask_limiter import Limiter

from knowledge.services import accounts
from knowledge.services import links as mailed
from knowledge.services.errors import Invalid, LinkOver
from knowledge.web import actor
from knowledge.web.site import site


def _address() -> str:
    return request.remote_addr or "unknown"


def _account_and_address() -> str:
    typed = request.form.get("email", "")
    try:
        email = accounts.normal_email(typed)  # as the sign-in reads it: another spelling is no fresh start
    except Invalid:
        email = typed[:254]
    return f"{email}|{_address()}"


limiter = Limiter(key_func=_address, storage_uri="memory://", strategy="moving-window")


def _failed(response: Response) -> bool:
    return response.status_code == 401


def _refused(response: Response) -> bool:
    return response.status_code == 422


def _promised() -> str:
    """Whose code is asked for: counted for the account wherever it is tried, because the password is known there."""
    try:
        number, _ = mailed.read(site().settings.key(), "code", request.form.get("promise", ""), (int, str))
    except LinkOver:
        return _address()
    return f"account {number}"


def _account() -> str:
    return f"account {actor.actor().person_id}"


def _not_posted() -> bool:
    return request.method != "POST"


sign_ins = limiter.limit(
    lambda: site().settings.sign_in_limit,
    key_func=_account_and_address,
    deduct_when=_failed,
    exempt_when=_not_posted,
)
codes = limiter.limit(lambda: site().settings.sign_in_limit, key_func=_promised, deduct_when=_failed)
own_secrets = limiter.limit(
    lambda: site().settings.sign_in_limit, key_func=_account, deduct_when=_refused, exempt_when=_not_posted
)
links = limiter.limit(lambda: site().settings.link_limit, exempt_when=_not_posted)
shared_pages = limiter.limit("60 per minute")  # nobody reads faster, and guessing tokens is pointless
shared_files = limiter.limit("300 per minute")  # of one page there may be dozens of pictures
registrations = limiter.limit(lambda: site().settings.register_limit, exempt_when=_not_posted)


def too_many_fields() -> bool:
    """Whether a posted form has more fields than any form here; Flask counts those of multipart forms only."""
    return sum(map(len, request.form.listvalues())) > (request.max_form_parts or 0)


def _refuse_too_many_fields() -> None:
    if request.method == "POST" and too_many_fields():
        abort(413)


def init(app: Flask) -> None:
    """Count in this application."""
    app.before_request(_refuse_too_many_fields)
    limiter.init_app(app)
    limiter.reset()
