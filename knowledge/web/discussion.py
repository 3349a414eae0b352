"""Points on the fields of a record: making one, answering, and saying that it is dealt with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import authoring, discussion
from knowledge.services.errors import Invalid
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site

bp = Blueprint("discussion", __name__, url_prefix="/work")
PLACES = {"desk": "authoring.desk", "edit": "authoring.edit", "points": "discussion.points"}


@bp.route("/<record_id>/points", methods=["GET", "POST"])
def points(record_id: str) -> Response | str | tuple[str, int]:
    """What was said about a record, and a form for a point on one of its fields."""
    actor = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        form = request.form
        try:
            made = site().act(
                discussion.begin,
                actor,
                record_id,
                about=form.get("field", ""),
                text=form.get("text", ""),
                quote=form.get("quote", ""),
                private=form.get("private") == "y",
                key=form.get("key", "")[:64],
            )
            flash(_("Your point is there."))
            return _back(record_id, f"point-{made.id}")
        except Invalid as error:
            problems = error.problems
    desk = site().ask(authoring.open_desk, actor, record_id, "view_history")
    page = render_template(
        "review/points.html",
        desk=desk,
        problems=problems,
        given={"field": request.args.get("field", ""), **request.form},
        **discussed(record_id),
    )
    return (page, 422) if problems else page


@bp.post("/<record_id>/points/<int:thread_id>")
def act(record_id: str, thread_id: int) -> Response | tuple[str, int]:
    """Answer a point, or say that it is addressed, resolved, or open again."""
    actor, what, name = signed_in_actor(), request.form.get("action", ""), f"reply-{thread_id}"
    try:
        given = (record_id, thread_id, what, request.form.get(name, ""), request.form.get("key", "")[:64])
        site().act(discussion.settle, actor, *given)
    except Invalid as error:
        desk = site().ask(authoring.open_desk, actor, record_id, "view_history")
        shown = {"given": request.form, "problems": at(name, error.problems), **discussed(record_id)}
        return render_template("review/points.html", desk=desk, **shown), 422
    return _back(record_id)


def at(name: str, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The same problems, those with a text being problems of the field of this name."""
    return tuple(replace(each, path=(name,)) if each.anchor == "text" else each for each in problems)


def discussed(record_id: str) -> dict[str, Any]:
    """What a template needs to show the points of a record, with a key for each press of a button."""
    return {
        "discussion": site().ask(discussion.of, signed_in_actor(), record_id),
        "new_key": lambda: secrets.token_urlsafe(16),
    }


def _back(record_id: str, anchor: str = "points") -> Response:
    place = PLACES.get(request.form.get("from", ""), PLACES["points"])
    return redirect(url_for(place, record_id=record_id, _anchor=anchor), 303)
