"""Invitations: the page that a link leads to, and what a manager does with those of a programme."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.services import invitations
from knowledge.services.errors import Invalid
from knowledge.services.invitations import Offer
from knowledge.web import actor as who
from knowledge.web import browsers, limits, manage
from knowledge.web.language import reader_language
from knowledge.web.numbers import whole
from knowledge.web.site import site

bp = Blueprint("invitations", __name__)
Answer = Response | str | tuple[str, int]


@bp.route("/invitation/<invitation>", methods=["GET", "POST"])
@limits.registrations
def answer(invitation: str) -> Answer:
    """What one is invited to; accept it, make an account for it, or decline."""
    key, form = site().settings.key(), request.form
    offer = site().ask(invitations.read, key, invitation)
    if request.method == "GET":
        return _page(offer)
    if form.get("action") == "decline":
        site().act(invitations.decline, key, invitation)
        flash(_("You declined. Nothing else is needed."))
        return redirect(url_for("public.home"), 303)
    if form.get("action") == "accept":
        return _welcome(site().act(invitations.accept, who.signed_in_actor(), key, invitation))
    browser = browsers.this_one()
    try:
        offer, token = site().act(
            invitations.join,
            key,
            invitation,
            form.get("name", ""),
            form.get("password", ""),
            browser,
            reader_language(),
        )
    except Invalid as error:
        return _page(offer, error.problems), 422
    who.begin(token, browser)
    return _welcome(offer)


@bp.post("/manage/programmes/<programme_id>/invitations")
def of_programme(programme_id: str) -> Answer:
    """Invite somebody by mail, send an invitation again, take it back."""
    actor, form = who.signed_in_actor(), request.form
    try:
        if form.get("again"):
            site().act(invitations.again, actor, whole(form["again"]) or 0)
            flash(_("The invitation was sent again."))
        elif form.get("take-back"):
            site().act(invitations.take_back, actor, whole(form["take-back"]) or 0)
            flash(_("The invitation was taken back: its link does not work any more."))
        else:
            given = (form.get("invited", ""), form.get("invited_role", ""))
            site().act(invitations.to_programme, actor, programme_id, *given)
            flash(_("The invitation is on its way."))
    except Invalid as error:
        return manage.programme_page(programme_id, error.problems), 422
    return redirect(url_for("manage.programme", programme_id=programme_id), 303)


def _page(offer: Offer, problems: tuple[Problem, ...] = ()) -> str:
    return render_template("account/invitation.html", offer=offer, problems=problems, given=request.form)


def _welcome(offer: Offer) -> Response:
    flash(_("Welcome: you are part of “%(title)s” now.", title=offer.title))
    if offer.record is not None:
        return redirect(url_for("authoring.desk", record_id=offer.record.id), 303)
    return redirect(url_for("review.queue" if offer.role == "coach" else "authoring.my_work"), 303)
