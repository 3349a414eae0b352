"""Nothing typed is lost: carrying a posted form through a sign-in, safe `next` addresses, sentences in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import format_date, gettext
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from knowledge.content.checks import Problem

PREFIX = "kept-"
RESUMED = ("authoring.edit", "authoring.start")  # what opens with a text that comes back, instead of saving it
_PLUMBING = frozenset("from seen base key start_key into action next rubric point about".split())
_SPEECH = re.compile(r"(words|public_words|reason|question|answer|text|quote|note|reply)(-\w+)?", re.ASCII)
_NEVER = ("csrf_token", "password", "old", "new", "again", "code", "promise")


def fields(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The fields of a posted form to carry along: everything but tokens and passwords."""
    return [(name, value) for name, value in form.items(multi=True) if name not in _NEVER]


def posted() -> list[tuple[str, str]]:
    """The fields of the form of this request; none where there is none, or none that can be read."""
    try:
        return fields(request.form) if request.method == "POST" else []
    except HTTPException:  # larger than anything that is taken here
        return []


def filled_in(found: Sequence[tuple[str, str]]) -> bool:
    """Whether somebody wrote or chose any of these, which she would have to do again."""
    return any(value.strip() and name not in _PLUMBING for name, value in found)


def told(found: Sequence[tuple[str, str]]) -> str:
    """Of these fields what somebody wrote, to be read and copied: what is said to others, and whatever has a blank."""
    said = (v for n, v in found if n not in _PLUMBING and (_SPEECH.fullmatch(n) or " " in v.strip()))
    return "\n\n".join(value.strip() for value in said if value.strip())


def to_send(found: Sequence[tuple[str, str]], address: str) -> list[tuple[str, str]]:
    """These fields as they are sent again: a form of writing opens with the text, everything else is done."""
    if _endpoint(address) not in RESUMED:
        return list(found)
    return [(name, value) for name, value in found if name != "action"] + [("action", "resume")]


def _endpoint(address: str) -> str:
    adapter = current_app.url_map.bind("")
    try:
        return str(adapter.match(urlsplit(address).path, method="POST")[0])
    except HTTPException:
        return ""


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
