"""Forms to take along: one HTML file for each type, and the page that takes back what was filled in."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.derive import offline
from knowledge.services import taking
from knowledge.services.errors import Invalid
from knowledge.web.actor import signed_in_actor
from knowledge.web.language import reader_language
from knowledge.web.site import site

bp = Blueprint("offline", __name__, url_prefix="/work/new")
SAID = {
    "new": N_("A draft was made of the file."),
    "same": N_("This file is here already."),
    "other": N_("This file was here before. What it says now is in the form below, not saved yet."),
}


@bp.get("/<kind>/offline.html")
def form(kind: str) -> Response:
    """The form of a type as a file that works by itself; always downloaded, never run on this site."""
    signed_in_actor()
    registry = site().registry()
    if kind not in registry:
        abort(404)
    paper = offline.Paper(registry.vocabularies, reader_language(), _)
    page = render_template(
        "authoring/offline.html",
        record_type=registry[kind],
        sections=offline.sections(registry[kind], paper),
        lists=offline.lists(registry[kind], paper),
        style=_static("form.css"),
        script=_static("form.js"),
        words={
            "count": _("{0} characters; {1} to {2} are a good length"),
            "saved": _("Saved. Bring the file to “My work, from a file”."),
            "opened": _("Here is what the file says."),
            "broken": _("This file cannot be read."),
        },
    )
    response = make_response(page)
    response.headers["Content-Disposition"] = f'attachment; filename="praxis-{kind}.html"'
    return response


@bp.route("/from-file", methods=["GET", "POST"])
def from_file() -> Response | str | tuple[str, int]:
    """Take a file back as a draft of who brings it."""
    actor = signed_in_actor()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        brought = request.files.get("file")
        content = brought.read(taking.MOST_BYTES + 1) if brought else b""
        if len(content) > taking.MOST_BYTES:
            abort(413)
        try:
            taken = site().act(taking.take, actor, content)
            flash(_(SAID[taken.what]))
            return redirect(url_for("authoring.edit", record_id=taken.record_id), 303)
        except Invalid as error:
            problems = error.problems
    page = render_template("authoring/from_file.html", problems=problems, registry=site().registry())
    return (page, 422) if problems else page


def _static(name: str) -> str:
    """What is written into the file, so that it needs nothing beside it."""
    return (Path(current_app.root_path) / "static" / "offline" / name).read_text(encoding="utf-8")
