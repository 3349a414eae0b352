"""Slowing down those who guess passwords: per account and address, so that nobody can lock a victim out."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_limiter import Limiter

from knowledge.web.site import site


def _address() -> str:
    return request.remote_addr or "unknown"


def _account_and_address() -> str:
    return f"{request.form.get('email', '').strip().casefold()[:254]}|{_address()}"


limiter = Limiter(key_func=_address, storage_uri="memory://", strategy="moving-window")


def _failed(response: Response) -> bool:
    return response.status_code == 401


def _not_posted() -> bool:
    return request.method != "POST"


sign_ins = limiter.limit(
    lambda: site().settings.sign_in_limit,
    key_func=_account_and_address,
    deduct_when=_failed,
    exempt_when=_not_posted,
)
registrations = limiter.limit(lambda: site().settings.register_limit, exempt_when=_not_posted)


def init(app: Flask) -> None:
    """Count in this application."""
    limiter.init_app(app)
    limiter.reset()
