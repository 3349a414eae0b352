"""One function from an error to a page or JSON: the right status, a sentence that says what to do, nothing lost."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge
from werkzeug.wrappers import Response

from knowledge.content.fields import N_
from knowledge.services import errors
from knowledge.web import kept, limits
from search.errors import BadQuery, SearchUnavailable
from workflows.definition import Reason, Refused

log = structlog.get_logger()

WRITING = ("authoring.start", "authoring.edit")
REFUSED = {Reason.ROLE: 403, Reason.STATE: 409, Reason.STALE: 409, Reason.GUARD: 422}


def init(app: Flask) -> None:
    """Answer every error of the services and of HTTP."""
    for kind in (
        errors.NotFound,
        errors.Forbidden,
        errors.SignInNeeded,
        errors.Gone,
        errors.LinkOver,
        errors.Invalid,
        errors.SearchDown,
        Refused,
        BadQuery,
        SearchUnavailable,
        errors.StorageUnavailable,
        errors.FilesUnavailable,
        errors.WriteConflict,
        HTTPException,
        Exception,
    ):
        app.register_error_handler(kind, answer)


def answer(error: Exception) -> Response:
    """The response for an error: JSON where JSON was asked for, otherwise a page."""
    if isinstance(error, errors.SignInNeeded):
        return _sign_in()
    if isinstance(error, CSRFError) and wants_json():
        # of a session that has ended its token is gone too: the script is told which of the two it is
        if not current_user.is_authenticated:
            return _sign_in()
        return _json(400, _("The form is older than your session. Please try again."))
    if isinstance(error, CSRFError):
        if not limits.too_many_fields():
            ended = not current_user.is_authenticated and request.path.startswith("/work/")
            return _sign_in() if ended else _stale_form()
        error = RequestEntityTooLarge()
    if isinstance(error, HTTPException) and error.code and 300 <= error.code < 400:
        return make_response(error.get_response())
    status, title, sentence = _say(error)
    if status >= 500 and status != 503:
        original = error.original_exception if isinstance(error, InternalServerError) else error
        # the rule, not the path: that may hold the signed part of a link
        place = request.url_rule.rule if request.url_rule else ""
        log.error("request failed", path=place, exc_info=original or error)
    response = _json(status, sentence) if wants_json() else _page(error, status, title, sentence)
    if status == 503:
        response.headers["Retry-After"] = "5"
    if status == 405 and isinstance(error, HTTPException):
        response.headers.extend(h for h in error.get_headers() if h[0] == "Allow")
    response.headers["Cache-Control"] = "no-store"
    return response


def wants_json() -> bool:
    """Whether this address answers programs."""
    return request.path.endswith((".json", "/healthz"))


def _say(error: Exception) -> tuple[int, str, str]:
    if isinstance(error, errors.NotFound):
        return 404, _("Page not found"), _("There is no such page, or you may not see it.")
    if isinstance(error, errors.Forbidden):
        words = str(error) if " " in str(error) else N_("You may not do this.")
        return 403, _("Not allowed"), _(words)
    if isinstance(error, errors.Gone):
        return 410, _("Withdrawn"), _("This record was withdrawn.")
    if isinstance(error, Refused):
        return REFUSED[error.reason], _("This was not done"), _(error.sentence)
    if isinstance(error, errors.LinkOver):
        sentence = _("It was used already, or a newer one took its place, or it is too old.")
        return 410, _("This link does not work any more"), sentence
    if isinstance(error, errors.Invalid):
        return 422, _("Please check what you wrote"), " ".join(kept.say(p) for p in error.problems)
    if isinstance(error, BadQuery):
        return 400, _("This cannot be searched for"), _(error.message).format(**error.facts)
    if isinstance(error, errors.SearchDown | SearchUnavailable):
        return 503, _("Search is being rebuilt"), _("Search is being rebuilt. Please try again in a minute.")
    if isinstance(error, errors.StorageUnavailable | errors.FilesUnavailable):
        return 503, _("Please try again"), _("The site is busy or out of space. Nothing was changed; try again soon.")
    if isinstance(error, errors.WriteConflict):
        return 409, _("Somebody was faster"), _("Somebody else changed this at the same moment. Look at it again.")
    if isinstance(error, HTTPException) and error.code and error.code < 500:
        return error.code, *_http(error.code)
    return 500, _("Something went wrong"), _("This is our fault, and it was noted. Please try again.")


def _http(code: int) -> tuple[str, str]:
    return {
        404: (_("Page not found"), _("There is no such page, or you may not see it.")),
        405: (_("Not possible here"), _("This address does not take that kind of request.")),
        413: (_("Too large"), _("What you sent is too large. Please shorten it or send it in parts.")),
        429: (_("Too many tries"), _("There were too many tries. Please wait a quarter of an hour and try again.")),
    }.get(code, (_("This request cannot be answered"), _("The request is not one this site understands.")))


def _json(status: int, sentence: str) -> Response:
    response = make_response({"error": sentence, "status": status})
    response.status_code = status
    return response


def _page(error: Exception, status: int, title: str, sentence: str) -> Response:
    template = "errors/error.html"
    more: dict[str, Any] = {}
    if isinstance(error, errors.Gone):
        template, more = "errors/gone.html", {"gone": error}
    elif isinstance(error, errors.LinkOver):
        template = "errors/link_over.html"
    elif isinstance(error, Refused):
        more = {"words": "\n\n".join(filter(None, map(request.form.get, ("words", "public_words"))))}
    elif request.method == "POST" and (
        isinstance(error, errors.StorageUnavailable | errors.FilesUnavailable | errors.WriteConflict)
        # sent to the coach, or taken off the authors, by somebody else while this was being written; or it is the text
        # of somebody who is not signed in any more
        or (isinstance(error, errors.Forbidden | errors.NotFound) and request.endpoint in WRITING)
    ):
        more = {"fields": kept.fields(request.form)}
    context: dict[str, Any] = {"status": status, "title": title, "sentence": sentence, **more}
    return make_response(render_template(template, **context), status)


def _sign_in() -> Response:
    """Ask to sign in; what was posted travels along as hidden fields, so that nothing typed is lost."""
    if wants_json():
        return _json(401, _("Please sign in."))
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.sign_in", next=kept.here()), 303)
    page = render_template(
        "account/sign_in.html", next=request.path, fields=kept.fields(request.form), problems=(), email=""
    )
    return make_response(page, 401)


def _stale_form() -> Response:
    """The form's protection no longer fits (session ended, signed in elsewhere): show its content and ask again."""
    page = render_template("errors/again.html", fields=kept.fields(request.form), action=request.full_path.rstrip("?"))
    response = make_response(page, 400)
    response.headers["Cache-Control"] = "no-store"
    return response
