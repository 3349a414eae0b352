"""The coach's desk: what waits, and one record beside what changed in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.derive import compare
from knowledge.services import (
    advising,
    authoring,
    catalogue,
    clock,
    discussion,
    editorial,
    history,
    opinions,
    phrases,
    queue,
    review,
    scoring,
)
from knowledge.services.errors import Forbidden, Invalid
from knowledge.web import params
from knowledge.web.actor import signed_in_actor
from knowledge.web.discussion import at, discussed
from knowledge.web.language import reader_language, words
from knowledge.web.numbers import whole, wholes
from knowledge.web.public import shown
from knowledge.web.site import site
from workflows.definition import Refused
from workflows.editorial import COACH
from workflows.known import UNDER_REVIEW

bp = Blueprint("review", __name__, url_prefix="/review")
Answer = Response | str | tuple[str, int]
_SAID = re.compile(r"reply-(?P<thread>\d{1,9})|text(?P<on>-\w+)?", re.ASCII)  # fields of answers, and of points
FILTERS = ("kind", "stage", "language")  # what a long queue is narrowed by


@bp.get("", endpoint="queue")
def waiting() -> str:
    """What waits for this coach, by what she has to know first."""
    actor = signed_in_actor()
    if not site().ask(review.is_coach, actor):
        raise Forbidden(_("Only coaches review. A manager can make you a coach of a programme."))
    registry = site().registry()
    asked = params.read(request.args, registry)
    chosen = [(facet, value) for facet in FILTERS for value in asked.filters.get(facet, ())[:1]]
    return render_template(
        "review/queue.html",
        queue=site().ask(queue.of, actor, chosen),
        titles=queue.TITLES,
        own=site().ask(clock.of_coach, actor),
        registry=registry,
        filters=[registry.facets[f] for f in FILTERS if f in registry.facets],
        chosen=dict(chosen),
    )


@bp.get("/<record_id>")
def read(record_id: str) -> str | Response:
    """What changed since this coach last looked, the points beside it, the whole record, and the decision.

    A coach who comes when it is over (from a mail, say) is led to the desk of the record.
    """
    try:
        return page(record_id, {})
    except Forbidden:
        desk = site().ask(authoring.open_desk, signed_in_actor(), record_id)
        if COACH not in desk.roles or desk.record.state in UNDER_REVIEW:
            raise
        flash(_("It is not under review now. This is where it stands."), "wait")
        return redirect(url_for("authoring.desk", record_id=record_id), 303)


@bp.post("/<record_id>/resolve")
def resolve(record_id: str) -> str:
    """Resolve the points that were before the coach's eyes; the page again with what she has filled in."""
    site().ask(authoring.open_desk, signed_in_actor(), record_id, "review")  # or there is no page to come back to
    site().act(discussion.resolve_all, signed_in_actor(), record_id, wholes(request.form.getlist("point")))
    return page(record_id, request.form)


@bp.post("/<record_id>/phrase")
def insert(record_id: str) -> str:
    """The page again with a phrase put into what is being written; nothing is kept yet."""
    into = "text" if request.form.get("into") == "text" else "words"
    both = (request.form.get(into, "").rstrip(), request.form.get(f"phrase-{into}", ""))
    return page(record_id, {**request.form, into: "\n\n".join(filter(None, both)), "into": into})


@bp.post("/<record_id>/points")
def begin(record_id: str) -> Answer:
    """Make a point beside a field, or about any; the page again with everything else that is filled in."""
    on = request.form.get("about", "")
    fields = {name: f"{name}-{on}" if on else name for name in ("text", "quote", "private")}
    text, quote, private = (request.form.get(name, "") for name in fields.values())
    about = on or request.form.get("field", "")
    more: dict[str, Any] = {"quote": quote, "private": private == "y", "key": _key(about, text)}
    return beside(record_id, tuple(fields.values()), discussion.begin, about=about, text=text, **more)


@bp.post("/<record_id>/points/<int:thread_id>")
def say(record_id: str, thread_id: int) -> Answer:
    """Answer a point, or settle it; the page again with everything else that is filled in."""
    name, what = f"reply-{thread_id}", request.form.get("action", "")
    text = request.form.get(name, "")
    return beside(record_id, (name,), discussion.settle, thread_id, what, text, _key(name, text))


@bp.post("/<record_id>/look")
def look(record_id: str) -> tuple[str, int]:
    """Remember what this coach has before her eyes; the page's script says so."""
    site().act(review.look, signed_in_actor(), record_id, whole(request.form.get("seen")) or 0)
    return "", 204


def remarks() -> list[discussion.Remark]:
    """What was typed on the page beside the decision and not sent by itself; of other pages nothing."""
    if request.form.get("from") != "review":
        return []
    typed = {name: value for name, value in request.form.items() if value.strip()}
    return [_remark(name, found, typed) for name in typed if (found := _SAID.fullmatch(name))]


def _remark(place: str, found: re.Match[str], typed: Mapping[str, str]) -> discussion.Remark:
    text, end = typed[place], found["on"] or ""
    if found["thread"]:
        return discussion.Remark(text, place, int(found["thread"]), key=_key(place, text))
    about = end[1:] or request.form.get("field", "")
    quote, private = typed.get(f"quote{end}", ""), typed.get(f"private{end}") == "y"
    return discussion.Remark(text, place, about=about, quote=quote, private=private, key=_key(about, text))


def beside(
    record_id: str, names: tuple[str, ...], act: Callable[..., Any], *given: Any, done: str = "", **more: Any
) -> Answer:
    """Do one thing beside a review; the page again with everything else that is filled in, and `done`, if it is said.

    `names`: its fields, which are empty afterwards; the first one is where what is wrong with its text is told.
    """
    site().ask(authoring.open_desk, signed_in_actor(), record_id, "review")  # or there is no page to come back to
    try:
        site().act(act, signed_in_actor(), record_id, *given, **more)
    except Invalid as error:
        return page(record_id, request.form, at(names[0], error.problems)), 422
    if done:
        flash(done)
    return page(record_id, {name: value for name, value in request.form.items() if name not in names})


def _key(place: str, text: str) -> str:
    """The same for the same words at the same place of a page: however often it is sent, it is said once."""
    key = request.form.get("key", "")
    return hashlib.sha256(f"{key}:{place}:{text}".encode()).hexdigest() if key else ""


def page(
    record_id: str, given: Mapping[str, str], problems: Sequence[Problem] = (), refused: Refused | None = None
) -> str:
    """The page of a review; `given`: what was typed, which comes back with what is wrong with it."""
    actor = signed_in_actor()
    desk = site().ask(authoring.open_desk, actor, record_id, "review")
    article = site().ask(catalogue.preview, actor, record_id)
    baseline = site().ask(review.baseline, actor, desk.record)
    changes = (
        compare.changes(desk.record_type, baseline.values, desk.values, site().registry(), reader_language(), words)
        if baseline
        else None
    )
    return render_template(
        "review/read.html",
        desk=desk,
        baseline=baseline,
        changes=changes,
        advised=site().ask(advising.of, actor, record_id),
        given=given,
        problems=problems,
        refused=refused,
        rubric=site().ask(scoring.of, actor, record_id),
        opinions=site().ask(opinions.of, actor, desk.record),
        candidates=site().ask(opinions.candidates, actor, desk.record),
        phrases=site().ask(phrases.of_record, actor, desk.record),
        steps=site().ask(history.of, actor, record_id).steps,
        standing=site().ask(clock.of_record, actor, record_id),
        offered=site().ask(editorial.offered, actor, desk.record),
        **discussed(record_id),
        **shown(article, private=True),
    )
