"""A forgotten password: asking for a link, and the page it leads to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.services import resetting
from knowledge.services.errors import Invalid
from knowledge.web import actor as who
from knowledge.web import limits
from knowledge.web.site import site

bp = Blueprint("resetting", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/forgotten", methods=["GET", "POST"])
@limits.links
def ask() -> Answer:
    """Ask for a link; the answer is the same whoever has the address, or nobody."""
    email = request.form.get("email", "")
    if request.method == "GET":
        return render_template("account/forgotten.html", problems=(), email="", asked=False)
    try:
        site().act(resetting.ask, email)
    except Invalid as error:
        return render_template("account/forgotten.html", problems=error.problems, email=email, asked=False), 422
    return render_template("account/forgotten.html", problems=(), email=email, asked=True)


@bp.route("/reset/<reset>", methods=["GET", "POST"])
def choose(reset: str) -> Answer:
    """Choose the new password."""
    key, _here = site().settings.key(), who.actor()  # who is signed in here, before that ends
    person = site().ask(resetting.whose, key, reset)
    if request.method == "GET":
        return render_template("account/reset.html", problems=(), person=person)
    try:
        site().act(resetting.finish, key, reset, request.form.get("password", ""))
    except Invalid as error:
        return render_template("account/reset.html", problems=error.problems, person=person), 422
    who.end()
    flash(_("Your password was changed, and you were signed out everywhere. Sign in with the new one."))
    return redirect(url_for("account.sign_in"), 303)
