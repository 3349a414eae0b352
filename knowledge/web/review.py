"""The coach's desk: what waits, and one record beside what changed in it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from knowledge.derive import compare
from knowledge.services import advising, authoring, catalogue, clock, editorial, history, queue, review
from knowledge.services.errors import Forbidden
from knowledge.web import params
from knowledge.web.actor import signed_in_actor
from knowledge.web.discussion import discussed
from knowledge.web.language import reader_language
from knowledge.web.public import shown
from knowledge.web.site import site

bp = Blueprint("review", __name__, url_prefix="/review")
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
def read(record_id: str) -> str:
    """The record as the public would see it, beside what changed since it was last decided on."""
    actor = signed_in_actor()
    desk = site().ask(authoring.open_desk, actor, record_id, "review")
    article = site().ask(catalogue.preview, actor, record_id)
    baseline = site().ask(review.baseline, desk.record)
    changes = (
        compare.changes(desk.record_type, baseline.values, desk.values, site().registry(), reader_language())
        if baseline
        else None
    )
    return render_template(
        "review/read.html",
        desk=desk,
        baseline=baseline,
        changes=changes,
        advised=site().ask(advising.of, actor, record_id),
        steps=site().ask(history.of, actor, record_id).steps,
        standing=site().ask(clock.of_record, actor, record_id),
        offered=site().ask(editorial.offered, actor, desk.record),
        **discussed(record_id),
        **shown(article, private=True),
    )
