"""The second factor: the step after the password, and setting it up, with a picture for the phone."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import second_factor, signing
from knowledge.services.errors import Invalid, LinkOver
from knowledge.web import browsers, kept, limits
from knowledge.web.account import arrive
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site

bp = Blueprint("second_factor", __name__)
Answer = Response | str | tuple[str, int]


@bp.post("/sign-in/code")
@limits.codes
def code() -> Answer:
    """The second step of signing in; what was typed before goes on travelling along."""
    target, carried = kept.safe_next(request.form.get("next", "/")), kept.carried(request.form)
    promise, browser = request.form.get("promise", ""), browsers.this_one()
    given = request.form.get("code", "")
    try:
        token = site().act(signing.give_code, site().settings.key(), promise, given, browser)
    except LinkOver:
        problem = Problem(("email",), N_("It took too long. Please sign in once more."))
        page = render_template("account/sign_in.html", next=target, fields=carried, problems=(problem,), email="")
        return page, 401
    if token is None:
        problem = Problem(("code",), second_factor.WRONG)
        page = render_template("account/code.html", promise=promise, next=target, fields=carried, problems=(problem,))
        return page, 401
    return arrive(token, browser, target, carried)


@bp.route("/account/second-factor", methods=["GET", "POST"])
@limits.own_secrets
def setting() -> Answer:
    """Set it up, switch it off, other codes for paper."""
    actor, key = signed_in_actor(), site().settings.key()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            codes = _change()
            if codes:  # shown on this one page and nowhere again
                return render_template("account/recovery.html", codes=codes)
            return redirect(url_for("second_factor.setting"), 303)
        except Invalid as error:
            problems = error.problems
    standing = site().ask(second_factor.standing, actor, key)
    page = render_template(
        "account/second_factor.html",
        standing=standing,
        secret=" ".join(standing.secret[at : at + 4] for at in range(0, len(standing.secret), 4)),
        picture=_picture(standing.address) if standing.address else "",
        problems=problems,
    )
    return (page, 422) if problems else page


def _change() -> list[str]:
    """Do what was asked for; the codes to show, if there are any."""
    actor, key, form = signed_in_actor(), site().settings.key(), request.form
    action, given = form.get("action", ""), form.get("code", "")
    if action == "confirm":
        return site().act(second_factor.confirm, actor, key, given)
    if action == "renew":
        return site().act(second_factor.renew, actor, key, form.get("renew", ""))
    if action == "end":
        site().act(second_factor.end, actor, key, form.get("password", ""), given)
        flash(_("The second factor is off: your password alone signs you in."))
    else:
        site().act(second_factor.begin, actor, form.get("password", ""))
    return []


def _picture(address: str) -> Markup:
    """A QR code, black on white in every scheme, because cameras read no other."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff"))  # noqa: S704 (squares, made here)
