"""My work: starting, writing, previewing, sharing. A view here never changes a state; that is in `steps`."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from knowledge.content import checks
from knowledge.content.checks import Problem
from knowledge.derive import compare, forms
from knowledge.services import (
    advising,
    authoring,
    catalogue,
    clock,
    editorial,
    history,
    invitations,
    opinions,
    programmes,
    progress,
    sharing,
    working,
)
from knowledge.services.actor import Actor
from knowledge.services.errors import Conflict, Forbidden, Invalid
from knowledge.web import choosing, files, form_page
from knowledge.web import desk as desk_page
from knowledge.web.actor import signed_in_actor, writer
from knowledge.web.filters import clock as clock_time
from knowledge.web.language import reader_language, words
from knowledge.web.numbers import whole
from knowledge.web.public import shown
from knowledge.web.site import site
from knowledge.web.steps import said
from knowledge.web.working import filled, seen
from workflows.definition import Reason, Refused
from workflows.editorial import WRITERS
from workflows.known import UNDER_REVIEW

bp = Blueprint("authoring", __name__, url_prefix="/work")
Answer = Response | str | tuple[str, int]
SAVES = ("save", "preview", "submit")  # buttons that save; the others only change what stands in the form
SAVED = 12  # keys of texts that became versions, which a browser remembers


@bp.get("")
def my_work() -> Answer:
    """Everything the signed-in person writes, and what waits for her."""
    actor = signed_in_actor()
    records = site().ask(authoring.my_records, actor)
    words = request.args.get("q", "").strip()
    found = site().ask(catalogue.find_at_desk, site().engine, actor, words) if words else None
    memberships = site().ask(programmes.mine, actor)
    page = render_template(
        "authoring/my_work.html",
        records=records,
        dues={r.id: clock.due(r) for r in records},
        registry=site().registry(),
        words=words,
        found=found,
        memberships=memberships,
        begun=[(copy, filled(copy).get("title", "").strip()) for copy in site().ask(working.begun, actor)],
        courses=site().ask(progress.mine, actor),
        asked=site().ask(opinions.waiting, actor),
    )
    return page if request.args else _for_the_device(page)


@bp.get("/new")
def choose_kind() -> str:
    """Start a record: each kind explained in a sentence."""
    signed_in_actor()
    return render_template("authoring/choose_kind.html", registry=site().registry())


@bp.route("/new/<kind>", methods=["GET", "POST"])
def start(kind: str) -> Answer:
    """The empty form of a kind; its first save makes the record."""
    actor = writer()
    registry = site().registry()
    if kind not in registry:
        abort(404)
    record_type = registry[kind]
    memberships = site().ask(programmes.mine, actor)
    if request.method == "GET":
        key = _start_key(request.args.get("begun", "")) or secrets.token_urlsafe(16)
        if there := site().ask(working.record_begun_with, actor, key):
            return redirect(url_for("authoring.edit", record_id=there))
        writing = site().ask(working.of, actor, working.Place(kind=kind, start_key=key))
        first = {"posted": filled(writing.copy)} if writing.copy else {"values": authoring.BLANK}
        form = forms.bind(record_type, registry.vocabularies, **first, language=reader_language())
        return _for_the_device(
            form_page.page(record_type, form, start_key=key, memberships=memberships, writing=writing)
        )
    key = _start_key(request.form.get("start_key", ""))
    if request.form.get("action", "save") not in SAVES and (on := _sent_on(actor, key)):
        return on
    posted = choosing.whole_post(record_type, request.form, working.Place(kind=kind, start_key=key), {})
    given: dict[str, Any] = {"start_key": key, "memberships": memberships}
    if form_page.is_row_button(posted):
        return form_page.rearranged(record_type, posted, **given)
    form = forms.bind(record_type, registry.vocabularies, posted=posted, language=reader_language())
    if posted.get("action") == "resume":
        return form_page.page(record_type, form, **given)
    try:
        raw = forms.read(record_type, form)
        named = (str(given["start_key"]), posted.get("programme", ""), seen(posted))
        record = site().act(authoring.start, actor, kind, raw, *named)
    except Invalid as error:
        return form_page.page(record_type, form, problems=error.problems, **given), 422
    except Conflict:
        return _sent_on(actor, given["start_key"]) or abort(409)
    return _saved(record.id, posted.get("action", "save"))


@bp.route("/<record_id>/edit", methods=["GET", "POST"])
def edit(record_id: str) -> Answer:
    """The form of a record, with what is still missing."""
    actor = writer()
    try:
        desk = site().ask(authoring.open_desk, actor, record_id, "edit")
    except Forbidden:
        if _pressed_twice(record_id) if request.method == "POST" else _not_now(record_id):
            return redirect(url_for("authoring.desk", record_id=record_id), 303)
        raise
    vocabularies = site().registry().vocabularies
    posted_base = whole(request.form.get("base"))
    base = desk.record.latest.number if posted_base is None else posted_base
    if request.method == "GET":
        writing = site().ask(working.of, actor, working.Place(record_id))
        first = {"posted": filled(writing.copy)} if writing.copy else {"values": desk.values}
        form = forms.bind(desk.record_type, vocabularies, **first, language=reader_language())
        asked = request.args.get("needed") == "1"
        if asked:
            forms.attach(form, desk.missing, words)
        base = writing.copy.base if writing.copy else base
        return _for_the_device(
            form_page.page(desk.record_type, form, desk=desk, base=base, needed=asked, writing=writing)
        )
    came = choosing.whole_post(desk.record_type, request.form, working.Place(record_id), desk.values)
    posted = choosing.settled(desk, came)
    if files.has_files(posted):
        posted, refused = files.received(record_id, desk.record_type, posted)
        if refused or form_page.is_file_button(posted):
            page = form_page.rearranged(desk.record_type, posted, desk=desk, base=base, problems=refused)
            return (page, 422) if refused else page
    if form_page.is_row_button(posted):
        return form_page.rearranged(desk.record_type, posted, desk=desk, base=base)
    form = forms.bind(desk.record_type, vocabularies, posted=posted, language=reader_language())
    what, _colon, advice = posted.get("action", "").partition(":")
    if what in ("fine", "again"):
        site().act(advising.say, actor, record_id, advice, what == "fine")
    if what in ("resume", "fine", "again", "compare"):
        other = choosing.met(desk, posted, base) if what == "compare" else None
        if what == "compare" and other is None:  # the two say the same
            return redirect(url_for("authoring.edit", record_id=record_id), 303)
        return form_page.page(desk.record_type, form, desk=desk, base=base, other=other)
    try:
        raw = forms.read(desk.record_type, form)
        saved = site().act(authoring.save, actor, record_id, raw, base, form_page.answers(posted), seen(posted))
    except Invalid as error:
        return form_page.page(desk.record_type, form, desk=desk, base=base, problems=error.problems), 422
    except Conflict as error:
        return form_page.page(
            desk.record_type, form, desk=desk, base=base, other=choosing.of_conflict(desk, error)
        ), 409
    return _saved(record_id, posted.get("action", "save"), saved.changed)


@bp.get("/<record_id>")
def desk(record_id: str) -> str:
    """A record at its desk: state, whose turn, what may be done, and its history."""
    return desk_page.page(record_id, {})


@bp.get("/<record_id>/preview")
def preview(record_id: str) -> str:
    """The latest text as the public would see it."""
    article = site().ask(catalogue.preview, signed_in_actor(), record_id)
    return render_template("authoring/preview.html", **shown(article))


@bp.get("/<record_id>/compare")
def compare_revisions(record_id: str) -> str:
    """Two saved versions, field by field."""
    first, second = whole(request.args.get("from")), whole(request.args.get("to"))
    pair = site().ask(history.pair, signed_in_actor(), record_id, first or 0, second or 0)
    changes = compare.changes(
        pair.record_type, pair.before.values, pair.after.values, site().registry(), reader_language(), words
    )
    return render_template("authoring/compare.html", pair=pair, changes=changes)


@bp.route("/<record_id>/people", methods=["GET", "POST"])
def people(record_id: str) -> Answer:
    """Who writes this record."""
    actor = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            if request.form.get("remove"):
                site().act(authoring.remove_author, actor, record_id, whole(request.form["remove"]) or 0)
            elif request.form.get("again"):
                site().act(invitations.again, actor, whole(request.form["again"]) or 0)
            else:
                given = (request.form.get("name", ""), request.form.get("email", ""))
                site().act(authoring.add_author, actor, record_id, *given)
            flash(_("The authors were changed."))
            return redirect(url_for("authoring.people", record_id=record_id), 303)
        except Invalid as error:
            problems = error.problems
    opened = site().ask(authoring.open_desk, actor, record_id, "share")
    shown = {
        "invited": site().ask(invitations.of_record, actor, record_id),
        "links": site().ask(sharing.of, actor, record_id),
    }
    page = render_template("authoring/people.html", desk=opened, problems=problems, given=request.form, **shown)
    return (page, 422) if problems else page


# ---------------------------------------------------------------------------- inside


def _for_the_device(page: str) -> Response:
    """A page of the writer's own that her device may keep, to go on without a line; see static/worker.js."""
    response = make_response(page)
    response.headers["X-Keep-On-Device"] = str(signed_in_actor().person_id)
    return response


def _start_key(given: str) -> str:
    return given.replace("\0", "")[:64]


def _sent_on(actor: Actor, start_key: str) -> Response | None:
    """This post once more to the form of the record that a form of this key has made, with all that was typed."""
    there = site().ask(working.record_begun_with, actor, start_key)
    return redirect(url_for("authoring.edit", record_id=there), 307) if there else None


def _saved(record_id: str, action: str, changed: bool = True) -> Response:
    """After a save: on to where the button led. The form's script learns that its text is safe."""
    answer = _onward(record_id, action, changed)
    if key := seen(request.form).key:
        keys = [key, *request.cookies.get("saved", "").split(".")][:SAVED]  # a text may be looked for a while later
        answer.set_cookie("saved", ".".join(filter(None, keys)), path="/", samesite="Lax", secure=request.is_secure)
    return answer


def _onward(record_id: str, action: str, changed: bool) -> Response:
    if action == "preview":
        return redirect(url_for("authoring.preview", record_id=record_id), 303)
    if action == "submit":
        return _submitted(record_id)
    desk = site().ask(authoring.open_desk, signed_in_actor(), record_id)
    when = clock_time(desk.record.changed)
    left = len(desk.missing)
    flash(_("Saved %(when)s.", when=when) if changed else _("Nothing had changed since the last save."))
    if left:
        flash(ngettext("%(num)d thing is still missing.", "%(num)d things are still missing.", left))
    return redirect(url_for("authoring.edit", record_id=record_id), 303)


def _submitted(record_id: str) -> Response:
    try:
        move = site().act(editorial.advance, signed_in_actor(), record_id, "submit")
    except Refused as refused:
        if refused.reason is Reason.STATE:  # pressed twice: it was sent already
            return redirect(url_for("authoring.desk", record_id=record_id), 303)
        flash(_("Saved, but not sent yet.") + " " + _(refused.sentence), "wait")
        return redirect(url_for("authoring.edit", record_id=record_id, needed=1), 303)
    flash(said(move.transition))
    return redirect(url_for("authoring.desk", record_id=record_id), 303)


def _pressed_twice(record_id: str) -> bool:
    """Whether this post says nothing that the record, which was sent meanwhile, does not say already."""
    desk = site().ask(authoring.open_desk, signed_in_actor(), record_id)
    vocabularies = site().registry().vocabularies
    form = forms.bind(desk.record_type, vocabularies, posted=request.form, language=reader_language())
    values, problems = checks.shape(desk.record_type, forms.read(desk.record_type, form), vocabularies, desk.values)
    return not problems and values == desk.values


def _not_now(record_id: str) -> bool:
    """Whether who asks for the form writes this record, and it is closed for a while: then she hears why."""
    desk = site().ask(authoring.open_desk, signed_in_actor(), record_id)
    if not desk.roles & WRITERS:
        return False
    waits = desk.record.state in UNDER_REVIEW
    closed = _("It cannot be written on as it is now. What you can do stands here.")
    flash(_("Your coach has it now. Take it back if you want to change it.") if waits else closed, "wait")
    return True
