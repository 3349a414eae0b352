"""Taking a record up, and handing it back to the coaches of its programme."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.services import claims
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site

bp = Blueprint("claims", __name__, url_prefix="/review")


@bp.post("/<record_id>/claim")
def claim(record_id: str) -> Response:
    """Take a record up, and read it."""
    site().act(claims.claim, signed_in_actor(), record_id)
    flash(_("It is yours now. The author is told that you read it."))
    return redirect(url_for("review.read", record_id=record_id), 303)


@bp.post("/<record_id>/hand-back")
def hand_back(record_id: str) -> Response:
    """Give it back, with words for those who read it next."""
    site().act(claims.hand_back, signed_in_actor(), record_id, request.form.get("back", ""))
    flash(_("Handed back. The other coaches of the programme are told."))
    return redirect(url_for("review.queue"), 303)
