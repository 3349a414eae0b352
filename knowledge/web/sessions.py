"""Where one is signed in: sign out one browser, or all of them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.services import sessions
from knowledge.web import actor as who
from knowledge.web.site import site

bp = Blueprint("sessions", __name__)


@bp.route("/account/sessions", methods=["GET", "POST"])
def places() -> Response | str:
    """Every browser one is signed in with."""
    actor = who.signed_in_actor()
    if request.method == "GET":
        return render_template("account/sessions.html", places=site().ask(sessions.places, actor, who.token()))
    if request.form.get("action") == "everywhere":
        site().act(sessions.end_everywhere, actor)
        who.end()
        flash(_("You are signed out everywhere."))
        return redirect(url_for("account.sign_in"), 303)
    site().act(sessions.end, actor, request.form.get("end", ""))
    flash(_("That browser is signed out."))
    return redirect(url_for("sessions.places"), 303)
