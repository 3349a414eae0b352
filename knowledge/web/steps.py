"""The one route for every step of the workflow: POST /records/<id>/<transition>."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.services import editorial
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site
from workflows.editorial import EDITORIAL

bp = Blueprint("steps", __name__)


@bp.post("/records/<record_id>/<transition>")
def advance(record_id: str, transition: str) -> Response:
    """Take a record one step on, and say what happens next."""
    actor = signed_in_actor()
    if EDITORIAL.transition(transition) is None:
        abort(404)
    seen = request.form.get("seen", "")
    move = site().act(
        editorial.advance,
        actor,
        record_id,
        transition,
        words=request.form.get("words", ""),
        public_words=request.form.get("public_words", ""),
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
    )
    flash(said(move.transition))
    if move.transition == "revise":
        return redirect(url_for("authoring.edit", record_id=record_id), 303)
    if move.transition in ("publish", "request-changes"):
        return redirect(url_for("review.queue"), 303)
    if move.transition == "withdraw" and request.form.get("from") == "manage":
        return redirect(url_for("manage.withdrawn"), 303)
    return redirect(url_for("authoring.desk", record_id=record_id), 303)


def said(transition_id: str) -> str:
    """What happens next after a step, in words."""
    found = EDITORIAL.transition(transition_id)
    return str(_(found.next) if found and found.next else _("Done."))
