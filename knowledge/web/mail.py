"""Mail, as its readers and the manager see it: what one gets and when, ending mails of a kind, what was not sent."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.events import CHOOSABLE, EVENTS, FREQUENCIES
from knowledge.content.vocabularies import LANGUAGES
from knowledge.services import accounts, notices
from knowledge.services.errors import Invalid
from knowledge.web.actor import signed_in_actor
from knowledge.web.language import reader_language
from knowledge.web.site import site

bp = Blueprint("mail", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/account/mail", methods=["GET", "POST"])
def wishes() -> Answer:
    """What one is told of by mail, and when."""
    actor = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        form = request.form
        try:
            site().act(
                notices.change_wishes,
                actor,
                often={event: form.get(event, "") for event in CHOOSABLE},
                zone=form.get("zone", ""),
                quiet=(form.get("quiet_from", ""), form.get("quiet_until", "")),
                language=form.get("language", ""),
            )
            flash(_("Saved."))
            return redirect(url_for("mail.wishes"), 303)
        except Invalid as error:
            problems = error.problems
    person, names = site().ask(accounts.profile, actor), site().registry().vocabularies["languages"]
    page = render_template(
        "account/mail.html",
        person=person,
        wishes=site().ask(notices.my_wishes, actor),
        events=CHOOSABLE.values(),
        frequencies=FREQUENCIES,
        zones=sorted(available_timezones()),
        mail_languages={each: names.name(each, reader_language()) for each in LANGUAGES},
        problems=problems,
        given=request.form,
    )
    return (page, 422) if problems else page


@bp.route("/mail/stop/<token>", methods=["GET", "POST"])
def stop(token: str) -> str:
    """Send no more mails of a kind: asked here by a click, by mail programs with a post of their own."""
    person_id, event = notices.read_stop_token(site().settings.key(), token)
    if request.method == "POST":
        site().act(notices.stop, person_id, event)
    events = [EVENTS[kind] for kind in event.split("+")]
    return render_template("account/stop.html", events=events, done=request.method == "POST")


@bp.route("/manage/mail", methods=["GET", "POST"])
def all_mails() -> Answer:
    """What was sent and what was not, and why; a button to try again."""
    actor = signed_in_actor()
    if request.method == "POST":
        number = request.form.get("id", "")
        site().act(notices.send_again, actor, int(number) if number.isascii() and number.isdigit() else 0)
        flash(_("It is sent within seconds, unless the server is away."))
        return redirect(url_for("mail.all_mails"), 303)
    mails, counts = site().ask(notices.all_mails, actor)
    server = bool(site().settings.smtp_url)
    return render_template("manage/mail.html", mails=mails, counts=counts, events=EVENTS, server=server)
