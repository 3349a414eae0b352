"""Nothing typed is lost: carrying a posted form through a sign-in, safe `next` addresses, sentences in words."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from flask_babel import format_date, gettext
from werkzeug.datastructures import MultiDict

from knowledge.content.checks import Problem

PREFIX = "kept-"
_NEVER = ("csrf_token", "password", "old", "new", "again", "code", "promise")


def fields(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The fields of a posted form to carry along: everything but tokens, passwords and what was carried already."""
    return [
        (name, value) for name, value in form.items(multi=True) if name not in _NEVER and not name.startswith(PREFIX)
    ]


def carried(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The fields that an earlier form carried through the sign-in page."""
    return [(n.removeprefix(PREFIX), v) for n, v in form.items(multi=True) if n.startswith(PREFIX)]


def here() -> str:
    """This request's address, to come back to."""
    return request.full_path.rstrip("?")


def safe_next(target: str) -> str:
    """A `next` address if it lies on this site, otherwise "/": one slash, no backslash, no scheme, no controls."""
    if not target.startswith("/") or target[1:2] in ("/", "\\") or "\\" in target:
        return "/"
    if any(ord(c) < 33 or ord(c) == 127 for c in target) or "//" in urlsplit(target).path:
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc or "%2f" in target[:4].lower() or "%5c" in target.lower() else target


def say(problem: Problem) -> str:
    """A problem in the reader's language."""
    return problem.told(gettext, lambda day: str(format_date(day, "d MMMM y")))
