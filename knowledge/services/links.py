"""The links that mails carry. They are signed when a mail is written and stored nowhere, so that nothing leaks them.

What makes a link good once only is what is signed into it: something of the account that changes when it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from knowledge.services.errors import LinkOver


def made(key: str, purpose: str, *facts: int | str) -> str:
    """The signed part of a link for one purpose."""
    return _signer(key, purpose).dumps(list(facts))


def read(key: str, purpose: str, token: str, kinds: Sequence[type], lasts: timedelta | None = None) -> list[Any]:
    """What was signed into it. Raises LinkOver for what was not made here for this purpose, or too long ago."""
    try:
        facts = _signer(key, purpose).loads(token, max_age=int(lasts.total_seconds()) if lasts else None)
    except BadData:
        raise LinkOver from None
    if not isinstance(facts, list) or [type(fact) for fact in facts] != list(kinds):
        raise LinkOver
    return facts


def fingerprint(*parts: str) -> str:
    """Stands for these texts in a link without saying them."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _signer(key: str, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"link-{purpose}")
