"""The manager's desk: people and roles, programmes, vocabularies, records that need somebody."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.site import synonyms as declared_synonyms
from knowledge.content.vocabularies import LANGUAGES
from knowledge.services import absence, access, accounts, clock, invitations, programmes, vocabulary, wording
from knowledge.services.errors import Forbidden, Invalid
from knowledge.web import spread
from knowledge.web.actor import signed_in_actor
from knowledge.web.site import site

bp = Blueprint("manage", __name__, url_prefix="/manage")
Answer = Response | str | tuple[str, int]
NONE: tuple[Problem, ...] = ()


@bp.get("")
def overview() -> str:
    """What a manager looks after, with what needs her now."""
    actor = signed_in_actor()
    return render_template(
        "manage/overview.html",
        orphans=site().ask(programmes.orphans, actor),
        late=site().ask(clock.late, actor),
        programmes=site().ask(programmes.overview, actor),
    )


@bp.get("/people")
def people() -> str:
    """Everybody with an account."""
    words = request.args.get("q", "")
    found = site().ask(programmes.people, signed_in_actor(), words)
    return render_template("manage/people.html", people=found, words=words)


@bp.post("/people/<int:person_id>")
def change_person(person_id: int) -> Response:
    """Make somebody a manager, deactivate an account, or undo either."""
    actor, action = signed_in_actor(), request.form.get("action", "")
    try:
        if action in ("make-manager", "end-manager"):
            site().act(accounts.set_manager, actor, person_id, action == "make-manager")
        elif action in ("activate", "deactivate"):
            site().act(accounts.set_active, actor, person_id, action == "activate")
        else:
            abort(400)
        flash(_("Done."))
    except Forbidden as refused:
        if str(refused) == "manage":
            raise
        flash(_(str(refused)))
    return redirect(url_for("manage.people", q=request.form.get("q") or None), 303)


@bp.route("/programmes", methods=["GET", "POST"])
def all_programmes() -> Answer:
    """All programmes; a form for a new one."""
    actor = signed_in_actor()
    problems = NONE
    if request.method == "POST":
        try:
            made = site().act(programmes.put_programme, actor, request.form.get("id", ""), _programme())
            return redirect(url_for("manage.programme", programme_id=made.id), 303)
        except Invalid as error:
            problems = error.problems
    found = site().ask(programmes.overview, actor)
    page = render_template("manage/programmes.html", programmes=found, problems=problems, given=request.form)
    return (page, 422) if problems else page


@bp.route("/programmes/<programme_id>", methods=["GET", "POST"])
def programme(programme_id: str) -> Answer:
    """One programme: its dates, its coaches and apprentices."""
    problems = NONE
    if request.method == "POST":
        try:
            _change_programme(programme_id)
            flash(_("The programme was changed."))
            return redirect(url_for("manage.programme", programme_id=programme_id), 303)
        except Invalid as error:
            problems = error.problems
    page = programme_page(programme_id, problems)
    return (page, 422) if problems else page


def programme_page(programme_id: str, problems: tuple[Problem, ...] = NONE) -> str:
    """The page of a programme, with what is wrong in a form of it."""
    actor = signed_in_actor()
    found, members = site().ask(programmes.one, actor, programme_id)
    figures = site().ask(clock.of_programme, actor, programme_id)
    return render_template(
        "manage/programme.html",
        programme=found,
        members=members,
        figures=figures,
        spread=spread.drawn(figures.spread, figures.allowed),
        away=site().ask(absence.away, actor, members),
        invitations=site().ask(invitations.of_programme, actor, programme_id),
        problems=problems,
        given=request.form,
    )


@bp.get("/vocabularies")
def vocabularies() -> str:
    """All vocabularies."""
    site().ask(access.require_manager, signed_in_actor())
    return render_template(
        "manage/vocabularies.html", vocabularies=list(site().registry().vocabularies), fixed=vocabulary.FIXED
    )


@bp.route("/synonyms", methods=["GET", "POST"])
def synonyms() -> Answer:
    """What else words mean when they are looked for: add a group of terms, take one away."""
    actor = signed_in_actor()
    site().ask(access.require_manager, actor)
    problems = NONE
    if request.method == "POST":
        try:
            if request.form.get("action") == "add":
                site().act(wording.add, actor, request.form.get("terms", ""))
                flash(_("These terms are now found by each other."))
            else:
                site().act(wording.remove, actor, request.form.get("id", 0, type=int))
                flash(_("The group was removed."))
            return redirect(url_for("manage.synonyms"), 303)
        except Invalid as error:
            problems = error.problems
    page = render_template(
        "manage/synonyms.html",
        own=site().ask(wording.groups, actor),
        shipped=declared_synonyms().groups,
        problems=problems,
        given=request.form,
    )
    return (page, 422) if problems else page


@bp.route("/vocabularies/<name>", methods=["GET", "POST"])
def terms(name: str) -> Answer:
    """The terms of a vocabulary: add, rename, retire."""
    actor = signed_in_actor()
    site().ask(access.require_manager, actor)
    problems = NONE
    if request.method == "POST":
        names = {language: request.form.get(f"name-{language}", "") for language in LANGUAGES}
        term_id = request.form.get("id", "")
        try:
            if request.form.get("action") == "add":
                site().act(vocabulary.add_term, actor, name, term_id, names, request.form.get("parent", ""))
            else:
                retired = request.form.get("retired") == "1"
                site().act(vocabulary.change_term, actor, name, term_id, names, retired)
            flash(_("The vocabulary was changed."))
            return redirect(url_for("manage.terms", name=name), 303)
        except Invalid as error:
            problems = error.problems
    found = site().registry().vocabularies
    if name not in found:
        abort(404)
    page = render_template(
        "manage/terms.html",
        vocabulary=found[name],
        fixed=name in vocabulary.FIXED,
        named_in=LANGUAGES,
        problems=problems,
        given=request.form,
    )
    return (page, 422) if problems else page


@bp.get("/withdrawn")
def withdrawn() -> str:
    """Withdrawn records; each can be restored as a draft."""
    return render_template("manage/withdrawn.html", records=site().ask(programmes.withdrawn, signed_in_actor()))


@bp.route("/records/<record_id>", methods=["GET", "POST"])
def assign(record_id: str) -> Answer:
    """Which programme and which coach look after a record."""
    actor = signed_in_actor()
    problems = NONE
    if request.method == "POST":
        try:
            site().act(
                programmes.assign,
                actor,
                record_id,
                programme_id=request.form.get("programme", ""),
                coach_email=request.form.get("coach", ""),
            )
            flash(_("The record was assigned."))
            return redirect(url_for("manage.overview"), 303)
        except Invalid as error:
            problems = error.problems
    record, _roles = site().ask(access.desk_record, actor, record_id, "manage")
    page = render_template(
        "manage/assign.html",
        record=record,
        programmes=site().ask(programmes.overview, actor),
        problems=problems,
        given=request.form,
    )
    return (page, 422) if problems else page


def _programme() -> dict[str, str]:
    names = ("title", "about", "workshop_start", "workshop_end", "ends", "review_days")
    return {k: request.form.get(k, "") for k in names}


def _change_programme(programme_id: str) -> None:
    actor, form = signed_in_actor(), request.form
    if form.get("action") == "member":
        given = (form.get("email", ""), form.get("role", ""), form.get("coach", ""))
        site().act(programmes.put_member, actor, programme_id, *given)
    elif form.get("action") == "workflow":
        site().act(programmes.choose_workflow, actor, programme_id, form.get("workflow", ""))
    elif form.get("remove", "").isascii() and form.get("remove", "").isdigit():
        site().act(programmes.remove_member, actor, programme_id, int(form["remove"][:9]))
    else:
        site().ask(programmes.one, actor, programme_id)  # a programme is not made by changing one
        site().act(programmes.put_programme, actor, programme_id, _programme())
