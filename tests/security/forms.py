"""Whole forms, posted as a browser posts them, and what the database holds afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import MultiDict

from tests.conftest import Stage, complete_experience, token


def answers(stage: Stage, **changes: Any) -> MultiDict[str, str]:
    """A complete experience as a browser posts it."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in complete_experience(**changes).items():
        for key, one in _flat(name, value):
            found.add(key, one)
    return found


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}-{key}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            yield from _flat(f"{name}-{number}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield (f"{name}-{number}" if name in ("lessons", "topics") else name), str(inner)
    else:
        yield name, "y" if value is True else str(value)


def send(browser: FlaskClient, path: str, fields: MultiDict[str, str], **more: str) -> Any:
    """Post a whole form with its token."""
    whole = fields.copy()
    for name, value in {"csrf_token": token(browser, "/account"), **more}.items():
        whole.setlist(name, [value])
    return browser.post(path, data=whole)


def rows(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    with stage.site.db.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]
