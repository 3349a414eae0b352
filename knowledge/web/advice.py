"""Saying of some advice that it is fine, from the desk; in the form it is a button beside the others."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from knowledge.services import advising
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site

bp = Blueprint("advice", __name__, url_prefix="/work")


@bp.post("/<record_id>/advice")
def say(record_id: str) -> Response:
    """It is fine; or it is not, after all."""
    fine, _, key = request.form.get("say", "").partition(":")
    site().act(advising.say, signed_in_actor(), record_id, key, fine != "again")
    return redirect(url_for("authoring.desk", record_id=record_id, _anchor="advice"), 303)
