"""Around a review: scores, second opinions, phrases, and how somebody's records fare."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import opinions, phrases, progress, scoring
from knowledge.services.errors import Invalid
from knowledge.web import desk
from knowledge.web.actor import signed_in_actor
from knowledge.web.numbers import whole
from knowledge.web.review import beside, page
from knowledge.web.site import site

bp = Blueprint("coaching", __name__)
Answer = Response | str | tuple[str, int]
_CHECK = re.compile(r"check-(\d{1,2})", re.ASCII)


@bp.post("/work/<record_id>/rubric")
def score(record_id: str) -> Answer:
    """Keep what a writer says of her own record, or a coach of one that she reviews."""
    actor, form = signed_in_actor(), request.form
    from_review = form.get("from") == "review"
    try:
        site().act(scoring.score, actor, record_id, scored(form) or scoring.Given(), whole(form.get("seen")))
    except Invalid as error:
        again = page if from_review else desk.page
        return again(record_id, form, error.problems), 422
    flash(_("Your scores are kept."))
    if from_review:  # with what else is filled in
        return page(record_id, form)
    return redirect(url_for("authoring.desk", record_id=record_id, _anchor="rubric"), 303)


@bp.post("/review/<record_id>/opinions")
def ask(record_id: str) -> Answer:
    """Ask another coach what she thinks."""
    given = (whole(request.form.get("person")) or 0, request.form.get("question", ""))
    done = _("They are asked by mail, and can read the record until it is decided.")
    return beside(record_id, ("person", "question"), opinions.ask, *given, done=done)


@bp.post("/review/<record_id>/opinions/<int:opinion_id>")
def answer(record_id: str, opinion_id: int) -> Answer:
    """Say what one would do."""
    given = (opinion_id, request.form.get("verdict", ""), request.form.get("answer", ""))
    done = _("Your opinion is kept. The coach who asked is told by mail; the authors do not see it.")
    return beside(record_id, ("verdict", "answer"), opinions.answer, *given, done=done)


@bp.route("/review/programmes/<programme_id>/phrases", methods=["GET", "POST"])
def phrase_list(programme_id: str) -> Answer:
    """The phrases of a programme: add, change, remove."""
    actor, form = signed_in_actor(), request.form
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        number = whole(form.get("id")) or 0
        try:
            if form.get("action") == "remove":
                site().act(phrases.remove, actor, programme_id, number)
            else:
                site().act(phrases.put, actor, programme_id, form.get("text", ""), number)
            flash(_("The phrases were changed."))
            return redirect(url_for("coaching.phrase_list", programme_id=programme_id), 303)
        except Invalid as error:
            problems = error.problems
    programme, found = site().ask(phrases.of_programme, actor, programme_id)
    shown = render_template("review/phrases.html", programme=programme, phrases=found, problems=problems, given=form)
    return (shown, 422) if problems else shown


@bp.get("/review/people/<int:person_id>/progress")
def person(person_id: int) -> str:
    """How the records of an apprentice fared, for her coaches and managers."""
    found, courses = site().ask(progress.of_person, signed_in_actor(), person_id)
    return render_template("review/person.html", person=found, courses=courses)


def scored(form: Mapping[str, str]) -> scoring.Given | None:
    """The rubric in a posted form; None when the form has none."""
    if "rubric" not in form:
        return None
    numbers = [int(found[1]) for name in form if (found := _CHECK.fullmatch(name.replace("note-", "check-")))]
    marks = {n: (form.get(f"check-{n}", ""), form.get(f"note-{n}", "")) for n in sorted(set(numbers))}
    return scoring.Given(marks, form.get("level", ""), form.get("reason", ""))
