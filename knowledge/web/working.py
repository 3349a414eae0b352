"""What keeps a writer's text: working copies for the form's script, the service worker, and help with prose.

The addresses that end in .json answer the script in templates/authoring/form.html; none of them is needed to write.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from knowledge.content.checks import PROSE_LIMIT
from knowledge.derive import prose
from knowledge.services import working
from knowledge.services.errors import Invalid
from knowledge.services.working import Place, Seen
from knowledge.web import standing
from knowledge.web.actor import signed_in_actor, writer
from knowledge.web.kept import say
from knowledge.web.site import site

bp = Blueprint("working", __name__)
NOT_TYPED = frozenset(
    {"csrf_token", "action", "base", "start_key", "seen", "key", "against", "who", "programme-shown", "whole"}
)
_KEY = re.compile(r"[\w-]+", re.ASCII)
_OF_RECORD = "/work/<record_id>/working"
_OF_NEW = "/work/new/<kind>/<start_key>/working"


@bp.get(f"{_OF_RECORD}.json", endpoint="of_record")
@bp.get(f"{_OF_NEW}.json", endpoint="of_new")
def show(**where: str) -> Response:
    """One's own working copy, who else writes, and a fresh token for the form."""
    writing = site().ask(working.of, writer(), Place(**where))
    return make_response({**_told(writing), "copy": _copy(writing.copy), "csrf": generate_csrf()})


@bp.put(f"{_OF_RECORD}.json", endpoint="keep_of_record")
@bp.put(f"{_OF_NEW}.json", endpoint="keep_of_new")
def keep(**where: str) -> Response:
    """Keep what is in the form. `If-Match` names the copy that the tab knows, `If-None-Match: *` says that it is
    the first. 409 with both texts when another tab kept another one; 428 without either header; 403 when `X-Writer`
    names somebody else than who is signed in by now."""
    actor, place, (fields, base, key) = writer(), Place(**where), _sent()
    try:
        copy = site().act(working.keep, actor, place, fields, base, key, _seen())
    except Invalid as error:
        return _problem(422, " ".join(map(say, error.problems)))
    except working.Clash:
        writing = site().ask(working.of, actor, place)
        both = {"mine": {"fields": fields, "base": base}, "theirs": _copy(writing.copy)}
        return _problem(409, _("Another tab or device of yours kept another text."), **_told(writing), **both)
    how_far = standing.told(site().registry()[copy.kind], filled(copy).items(multi=True))
    told = _told(site().ask(working.of, actor, place))
    response = make_response({**told, "tag": copy.tag, "at": _moment(copy.at), "standing": how_far})
    response.set_etag(copy.tag)
    return response


@bp.post(_OF_RECORD, endpoint="drop_of_record")
@bp.post(_OF_NEW, endpoint="drop_of_new")
def drop(**where: str) -> Answer:
    """Throw away what was not saved, and go back to the last version."""
    site().act(working.drop, signed_in_actor(), Place(**where))
    flash(_("What was not saved is gone. This is the last saved version."))
    if "record_id" in where:
        return redirect(url_for("authoring.edit", record_id=where["record_id"]), 303)
    return redirect(url_for("authoring.my_work"), 303)


@bp.post("/work/prose.json")
def rendered() -> Response:
    """A text as the page would show it: the same parser and the same sanitiser."""
    signed_in_actor()
    text = _body().get("text")
    if not isinstance(text, str) or len(text) > PROSE_LIMIT:
        return _problem(422, _("This text is too long to be shown. Please shorten it."))
    return make_response({"html": prose.render(text)})


@bp.get("/worker.js")
def worker() -> Response:
    """The service worker; it lies at the root, so that it also hears of signing in and out."""
    response = make_response((Path(current_app.root_path) / "static" / "worker.js").read_bytes())
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response


def filled(copy: Any) -> MultiDict[str, str]:
    """A working copy as the post it would be."""
    return MultiDict([(name, value) for name, value in copy.fields])


def seen(posted: MultiDict[str, str], tag: str = "") -> Seen:
    """What a posted form knows of the working copy; `tag`: of the one that it is shown beside now."""
    key = posted.get("key", "")[:64]
    return Seen(tag or posted.get("seen", "")[:40], key if _KEY.fullmatch(key) else "")


# ---------------------------------------------------------------------------- inside


def _sent() -> tuple[list[tuple[str, str]], int, str]:
    body = _body()
    fields, base, key = body.get("fields"), body.get("base", 0), body.get("key", "")
    if (
        not isinstance(fields, list)
        or not all(map(_is_pair, fields))
        or type(base) is not int
        or not 0 <= base < 10**9
        or not isinstance(key, str)
    ):
        abort(422)
    typed = [(name, value) for name, value in fields if name not in NOT_TYPED and not name.startswith("choose-")]
    return typed, base, key.replace("\0", "")


def _is_pair(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(isinstance(part, str) for part in given)


def _body() -> dict[str, Any]:
    """The JSON object that was sent; 400 for anything else, however deep."""
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        abort(400)
    if not isinstance(body, dict):
        abort(400)
    return body


def _seen() -> str:
    tags = request.if_match.as_set()
    if len(tags) == 1:
        return str(next(iter(tags)))[:40]
    if not request.if_none_match.star_tag:
        abort(428)
    return ""


def _told(writing: working.Writing) -> dict[str, Any]:
    others = [{"name": name, "since": _moment(since)} for name, since in writing.others]
    return {"others": others, "latest": writing.latest, "latest_by": writing.latest_by}


def _copy(copy: Any) -> dict[str, Any] | None:
    if copy is None:
        return None
    return {"fields": copy.fields, "base": copy.base, "tag": copy.tag, "key": copy.key, "at": _moment(copy.at)}


def _moment(at: Any) -> str:
    return str(at.isoformat(timespec="seconds"))


def _problem(status: int, sentence: str, **more: Any) -> Response:
    return make_response({"error": sentence, "status": status, **more}, status)
