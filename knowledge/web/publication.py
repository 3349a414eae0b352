"""Versions of a record, read, compared and gone back to; the day it becomes public and how long it holds."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.derive import compare
from knowledge.services import authoring, history, review, scheduling, versions
from knowledge.services.errors import Invalid
from knowledge.web import coaching
from knowledge.web.actor import actor, signed_in_actor
from knowledge.web.language import reader_language, words
from knowledge.web.numbers import whole
from knowledge.web.public import shown
from knowledge.web.review import page, remarks
from knowledge.web.site import site

bp = Blueprint("publication", __name__)
Answer = Response | str | tuple[str, int]


@bp.get("/practices/<record_id>/v/<int:number>")
def version(record_id: str, number: int) -> str:
    """A version that became public, under the address to cite."""
    article = site().ask(versions.read, actor(), record_id, number)
    return render_template("public/version.html", **shown(article))


@bp.get("/practices/<record_id>/v/compare")
def compare_published(record_id: str) -> str:
    """Two versions that became public, field by field."""
    pair = site().ask(versions.pair, actor(), record_id, _number("from"), _number("to"))
    changes = compare.changes(pair.record_type, pair.old, pair.new, site().registry(), reader_language(), words)
    return render_template("public/compare.html", pair=pair, changes=changes)


@bp.get("/work/<record_id>/versions")
def saved_versions(record_id: str) -> str:
    """Every saved version: to read, to compare any two of them, to go back to."""
    me = signed_in_actor()
    desk = site().ask(authoring.open_desk, me, record_id, "view_history")
    return render_template("authoring/versions.html", desk=desk, history=site().ask(history.of, me, record_id))


@bp.route("/work/<record_id>/versions/<int:number>", methods=["GET", "POST"])
def saved_version(record_id: str, number: int) -> Answer:
    """One saved version as it would be read; posting makes it the newest of the draft."""
    me = signed_in_actor()
    if request.method == "POST":
        site().act(versions.go_back, me, record_id, number, _number("base"))
        flash(_("Version %(n)s is the newest one again. What was written since stays in the history.", n=number))
        return redirect(url_for("authoring.edit", record_id=record_id), 303)
    article, may_go_back = site().ask(versions.saved, me, record_id, number)
    return render_template("authoring/version.html", may_go_back=may_go_back, **shown(article, private=True))


@bp.route("/review/<record_id>/day", methods=["GET", "POST"])
def plan(record_id: str) -> Answer:
    """Decide now that a record is published on a later day, or take that back."""
    me, given = signed_in_actor(), request.form
    problems: tuple[Problem, ...] = ()
    if request.method == "POST" and given.get("action") == "call-off":
        site().act(scheduling.call_off, me, record_id)
        flash(_("Called off. It waits for a decision again."))
        return redirect(url_for("authoring.desk", record_id=record_id), 303)
    if request.method == "POST":
        words, seen = given.get("words", ""), _number("seen")
        try:
            scored, said = coaching.scored(given), remarks()
            on = given.get("on", "")
            site().act(review.plan, me, record_id, on, words=words, seen=seen, given=scored, remarks=said)
            flash(_("It is published on that day, unless somebody changes, recalls or withdraws it before."))
            return redirect(url_for("authoring.desk", record_id=record_id), 303)
        except Invalid as error:
            problems = error.problems
            if given.get("from") == "review":
                return page(record_id, given, problems), 422
    desk = site().ask(authoring.open_desk, me, record_id, "claim")
    return _page("review/day.html", problems, desk=desk, seen=_number("seen") or desk.record.latest.number)


@bp.route("/work/<record_id>/valid", methods=["GET", "POST"])
def confirm(record_id: str) -> Answer:
    """Say as its author that a published text still holds, and until when."""
    me = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            site().act(scheduling.confirm, me, record_id, request.form.get("on", ""))
            flash(_("Thank you. Readers see that it holds, and until when."))
            return redirect(url_for("authoring.desk", record_id=record_id), 303)
        except Invalid as error:
            problems = error.problems
    desk = site().ask(authoring.open_desk, me, record_id, "revise")
    day = scheduling.suggested(desk.record, desk.record_type.valid_for)
    return _page("authoring/valid.html", problems, desk=desk, day=day)


def _page(template: str, problems: tuple[Problem, ...], **facts: Any) -> Answer:
    page = render_template(template, problems=problems, given=request.form, **facts)
    return (page, 422) if problems else page


def _number(name: str) -> int:
    """A number that came with the request; 0 for none."""
    return whole(request.values.get(name)) or 0
