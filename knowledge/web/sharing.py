"""Readers from outside: links made for them by who works on a record, and the one page that such a link opens."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import authoring, sharing
from knowledge.services.errors import Invalid, NotFound
from knowledge.web import files, kept, limits
from knowledge.web.actor import signed_in_actor
from knowledge.web.public import shown
from knowledge.web.site import site

bp = Blueprint("sharing", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/work/<record_id>/readers", methods=["GET", "POST"])
def readers(record_id: str) -> Answer:
    """The links of a record: make one, see when each was used, take one back."""
    me, form = signed_in_actor(), request.form
    problems: tuple[Problem, ...] = ()
    made = None
    if request.method == "POST" and form.get("take_back"):
        number = form["take_back"]
        site().act(sharing.take_back, me, record_id, int(number) if number.isascii() and number.isdigit() else 0)
        flash(_("The link opens nothing any more. What was said by it stays."))
        return redirect(url_for("sharing.readers", record_id=record_id), 303)
    if request.method == "POST":
        given = {name: form.get(name, "") for name in ("name", "email", "days")}
        try:
            # shown in the answer itself: the token is kept nowhere, not even in a cookie
            made = site().act(sharing.make, me, record_id, **given)
        except Invalid as error:
            problems = error.problems
    page = render_template(
        "authoring/readers.html",
        desk=site().ask(authoring.open_desk, me, record_id, "invite"),
        links=site().ask(sharing.of, me, record_id),
        made=made,
        problems=problems,
        given=form if problems else {},
        usual=sharing.DAYS,
    )
    return (page, 422) if problems else page


@bp.get("/shared/<token>")
@limits.shared_pages
def shared(token: str) -> Answer:
    """The latest text of a record for the reader of a link, with what she has said about it."""
    return _opened(token)


@bp.post("/shared/<token>")
@limits.shared_pages
def comment(token: str) -> Answer:
    """A point made by the reader of a link."""
    form = request.form
    given = {"about": form.get("field", ""), "text": form.get("text", ""), "quote": form.get("quote", "")}
    try:
        site().act(sharing.comment, token, key=form.get("key", "")[:64], **given)
    except Invalid as error:
        return _opened(token, error.problems)
    except NotFound:
        return _closed()
    return redirect(url_for("sharing.shared", token=token, said=1, _anchor="said"), 303)


@bp.get("/shared/<token>/files/<file_id>/<part>")
@limits.shared_files
def file(token: str, file_id: str, part: str) -> Response:
    """A picture or another file of the text, for the reader of a link."""
    try:
        return files.served(site().ask(sharing.file, token, file_id, part))
    except NotFound:
        return _closed()


@bp.after_request
def _secret(response: Response) -> Response:
    """The address is the key: no cache, no search engine and no other site learns it."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _opened(token: str, problems: tuple[Problem, ...] = ()) -> Answer:
    try:
        opened = site().ask(sharing.opened, token)
        if opened.unnoted:
            site().act(sharing.used, token)
    except NotFound:
        return _closed()
    page = render_template(
        "shared/read.html",
        opened=opened,
        token=token,
        problems=problems,
        given=request.form if problems else {},
        key=secrets.token_urlsafe(16),
        said=request.args.get("said") == "1",
        **shown(opened.article),
    )
    return (page, 422) if problems else page


def _closed() -> Response:
    """The same for a link that expired, was taken back, or never was one; a comment that came too late is kept."""
    return make_response(render_template("shared/closed.html", words=kept.told(kept.posted())), 404)
