"""The one route for every step of the workflow: POST /records/<id>/<transition>."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import authoring, review
from knowledge.services.errors import Invalid
from knowledge.web import coaching, desk
from knowledge.web.actor import signed_in_actor
from knowledge.web.errors import REFUSED
from knowledge.web.numbers import whole, wholes
from knowledge.web.review import page, remarks
from knowledge.web.site import site
from workflows import known
from workflows.definition import Reason, Refused
from workflows.guards import REASON

bp = Blueprint("steps", __name__)
A_DAY = N_("You chose a day. Press “Publish on this day”, or take the day out to publish now.")


@bp.post("/records/<record_id>/<transition>")
def advance(record_id: str, transition: str) -> Response | tuple[str, int]:
    """Take a record one step on, and say what happens next."""
    actor = signed_in_actor()
    if known.transition(transition) is None:
        abort(404)
    if transition in review.SETTLES and request.form.get("from") == "review" and request.form.get("on"):
        return page(record_id, request.form, [Problem(("on",), A_DAY)]), 422
    try:
        move = site().act(
            review.decide,
            actor,
            record_id,
            transition,
            words=request.form.get("words", ""),
            public_words=request.form.get("public_words", ""),
            seen=whole(request.form.get("seen")),
            given=coaching.scored(request.form),
            points=wholes(request.form.getlist("point")),
            remarks=remarks(),
        )
    except Invalid as error:
        return _again(record_id, transition, error), 422
    except Refused as refused:
        if refused.reason not in (Reason.GUARD, Reason.STALE) or request.form.get("from") != "review":
            raise
        wanting = [Problem(("words",), refused.sentence)] if refused.sentence == REASON else []
        return page(record_id, request.form, wanting, None if wanting else refused), REFUSED[refused.reason]
    done = said(move.transition)
    if move.transition in review.DECISIONS:  # the list is not about this record alone
        done = f"“{site().ask(authoring.open_desk, actor, record_id).record.latest.title}”: {done}"
    flash(done)
    if move.transition == "revise":
        return redirect(url_for("authoring.edit", record_id=record_id), 303)
    if move.transition in review.DECISIONS:
        return redirect(url_for("review.queue"), 303)
    if move.transition == "withdraw" and request.form.get("from") == "manage":
        return redirect(url_for("manage.withdrawn"), 303)
    return redirect(url_for("authoring.desk", record_id=record_id), 303)


def _again(record_id: str, transition: str, error: Invalid) -> str:
    """The page that it was sent from, with all that was given and what is wrong with it."""
    if request.form.get("from") == "review":
        return page(record_id, request.form, error.problems)
    return desk.page(record_id, request.form, error.problems, transition)


def said(transition_id: str) -> str:
    """What happens next after a step, in words."""
    found = known.transition(transition_id)
    return str(_(found.next) if found and found.next else _("Done."))
