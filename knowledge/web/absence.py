"""When a coach is away: said by herself on her account, or by a manager."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import absence, access
from knowledge.services.errors import Invalid
from knowledge.web.actor import signed_in_actor
from knowledge.web.numbers import whole
from knowledge.web.site import site

bp = Blueprint("absence", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/account/away", methods=["GET", "POST"])
def mine() -> Answer:
    """One's own absences."""
    return _page(None)


@bp.route("/manage/people/<int:person_id>/away", methods=["GET", "POST"])
def of_person(person_id: int) -> Answer:
    """Somebody's, for a manager."""
    site().ask(access.require_manager, signed_in_actor())
    return _page(person_id)


def _page(person_id: int | None) -> Answer:
    actor, form = signed_in_actor(), request.form
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            if form.get("end"):
                site().act(absence.end, actor, whole(form["end"]) or 0, person_id)
                flash(_("This absence was taken off the list."))
            else:
                site().act(absence.declare, actor, form.get("begins", ""), form.get("ends", ""), person_id)
                flash(_("Kept. What waits then goes to the other coaches of the programme."))
            return redirect(request.path, 303)
        except Invalid as error:
            problems = error.problems
    person, absences = site().ask(absence.of, actor, person_id)
    page = render_template(
        "account/away.html",
        person=person,
        absences=absences,
        alone=site().ask(absence.left_alone, person.id),
        other=person.id != actor.person_id,
        problems=problems,
        given=form if problems else {},
    )
    return (page, 422) if problems else page
