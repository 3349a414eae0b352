"""One's e-mail address: confirming it by a link, sending that link again, changing the address."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import accounts, confirming
from knowledge.services.errors import Invalid
from knowledge.web import limits
from knowledge.web.actor import actor, signed_in_actor
from knowledge.web.site import site

bp = Blueprint("confirming", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/account/email", methods=["GET", "POST"])
@limits.links
def address() -> Answer:
    """The address of one's account: whether it is confirmed, and another one."""
    me = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            _change()
            return redirect(url_for("confirming.address"), 303)
        except Invalid as error:
            problems = error.problems
    person = site().ask(accounts.profile, me)
    page = render_template("account/email.html", person=person, problems=problems, email=request.form.get("email", ""))
    return (page, 422) if problems else page


@bp.route("/confirm/<confirm>", methods=["GET", "POST"])
def confirm(confirm: str) -> Answer:
    """Where the link leads: one button, because mail programs look at links before people do."""
    key = site().settings.key()
    if request.method == "GET":
        person, address = site().ask(confirming.opened, key, confirm)
        return render_template("account/confirm.html", person=person, address=address)
    found = site().act(confirming.finish, key, confirm)
    flash(_("Thank you: %(address)s is confirmed.", address=found))
    return redirect(url_for("account.profile" if actor().signed_in else "account.sign_in"), 303)


def _change() -> None:
    me, action = signed_in_actor(), request.form.get("action", "")
    if action == "again":
        flash(_("We wrote to %(address)s. Open the link in that mail.", address=site().act(confirming.again, me)))
    elif action == "keep":
        site().act(confirming.keep, me)
        flash(_("Your address stays as it is."))
    else:
        email = request.form.get("email", "")
        site().act(confirming.change, me, request.form.get("password", ""), email)
        flash(_("We wrote to the new address. It counts when you have opened the link in that mail."))
