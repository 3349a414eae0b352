"""One's own account: register, sign in and out, profile, password. Its other pages have modules of their own."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import access, accounts, authoring, programmes, review, second_factor, signing
from knowledge.services.errors import Invalid
from knowledge.services.sessions import Browser
from knowledge.web import actor as who
from knowledge.web import browsers, kept, limits
from knowledge.web.language import reader_language
from knowledge.web.site import site

bp = Blueprint("account", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/register", methods=["GET", "POST"])
@limits.registrations
def register() -> Answer:
    """Make a practitioner's account. The answer is the same whether the e-mail had one."""
    countries = site().registry().vocabularies["countries"]
    if request.method == "GET":
        return render_template("account/register.html", problems=(), given={}, countries=countries)
    given = {k: request.form.get(k, "") for k in ("name", "email", "password", "country", "organisation")}
    try:
        site().act(accounts.register, **given, language=reader_language())
    except Invalid as error:
        given.pop("password")
        page = render_template("account/register.html", problems=error.problems, given=given, countries=countries)
        return page, 422
    flash(_("Thank you. You can sign in now with your e-mail and password. We wrote to you to confirm your address."))
    return redirect(url_for("account.sign_in"), 303)


@bp.route("/sign-in", methods=["GET", "POST"])
@limits.sign_ins
def sign_in() -> Answer:
    """Sign in, and go back to where one was, with everything that was typed there."""
    target = kept.safe_next(request.values.get("next", "/"))
    if request.method == "GET":
        return render_template("account/sign_in.html", next=target, fields=(), problems=(), email="")
    email, carried = request.form.get("email", ""), kept.carried(request.form)
    browser, password = browsers.this_one(), request.form.get("password", "")
    found = site().act(signing.sign_in, site().settings.key(), email, password, browser)
    if found is None:
        problem = Problem(("email",), N_("The e-mail or the password is not right."))
        page = render_template("account/sign_in.html", next=target, fields=carried, problems=(problem,), email=email)
        return page, 401
    if isinstance(found, signing.CodeWanted):
        return render_template("account/code.html", promise=found.promise, next=target, fields=carried, problems=())
    return arrive(found, browser, target, carried)


def arrive(token: str, browser: Browser, target: str, carried: list[tuple[str, str]]) -> Answer:
    """Signed in: go on to where one was, with everything that was typed there."""
    who.begin(token, browser)
    if carried:
        return render_template("errors/again.html", fields=kept.to_send(carried, target), action=target)
    return redirect(target if target != "/" else url_for(_desk()), 303)


def _desk() -> str:
    """Where somebody goes on: a coach who writes nothing herself sees what waits for her."""
    me = who.actor()
    writes = bool(site().ask(authoring.my_records, me))
    return "review.queue" if site().ask(review.is_coach, me) and not writes else "authoring.my_work"


@bp.post("/sign-out")
def sign_out() -> Response:
    """Sign out, here and on the server."""
    who.end()
    flash(_("You are signed out."))
    return who.clear_device(redirect(url_for("public.home"), 303))  # even if her session had ended by itself


@bp.route("/account", methods=["GET", "POST"])
def profile() -> Answer:
    """One's name, country and organisation."""
    actor = who.signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        given = {k: request.form.get(k, "") for k in ("name", "country", "organisation")}
        try:
            site().act(accounts.change_profile, actor, **given)
            flash(_("Your profile was saved."))
            return redirect(url_for("account.profile"), 303)
        except Invalid as error:
            problems = error.problems
    page = render_template(
        "account/profile.html",
        person=site().ask(accounts.profile, actor),
        given=request.form if problems else None,
        problems=problems,
        memberships=site().ask(programmes.mine, actor),
        standing=site().ask(access.standing, actor),
        factor=site().ask(second_factor.standing, actor, site().settings.key()),
        countries=site().registry().vocabularies["countries"],
    )
    return (page, 422) if problems else page


@bp.route("/account/password", methods=["GET", "POST"])
@limits.own_secrets
def password() -> Answer:
    """A new password; it signs out every other browser."""
    actor, browser, form = who.signed_in_actor(), browsers.this_one(), request.form
    if request.method == "GET":
        return render_template("account/password.html", problems=())
    try:
        token = site().act(accounts.change_password, actor, form.get("old", ""), form.get("new", ""), browser)
    except Invalid as error:
        return render_template("account/password.html", problems=error.problems), 422
    who.begin(token, browser)
    flash(_("Your password was changed. Every other browser was signed out."))
    return redirect(url_for("account.profile"), 303)
