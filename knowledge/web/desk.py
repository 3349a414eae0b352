"""The page of a record at its desk, as it is called up and as it comes back when something on it cannot be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template

from knowledge.content.checks import Problem
from knowledge.services import access, advising, authoring, clock, editorial, history, scoring
from knowledge.web.actor import signed_in_actor
from knowledge.web.discussion import discussed
from knowledge.web.site import site

MAY = ("edit", "share", "review", "manage", "invite", "revise", "score", "claim")  # what the desk's buttons depend on


def page(record_id: str, given: Mapping[str, str], problems: Sequence[Problem] = (), taken: str = "") -> str:
    """A record at its desk: state, whose turn, what may be done, and its history.

    `given`: what was typed, which comes back with what is wrong with it; `taken`: the step that was tried.
    """
    actor = signed_in_actor()
    opened = site().ask(authoring.open_desk, actor, record_id)
    return render_template(
        "authoring/desk.html",
        desk=opened,
        history=site().ask(history.of, actor, record_id),
        offered=site().ask(editorial.offered, actor, opened.record),
        may={p: access.may(opened.record, p, opened.roles) for p in MAY},
        standing=site().ask(clock.of_record, actor, record_id),
        advised=site().ask(advising.of, actor, record_id),
        rubric=site().ask(scoring.of, actor, record_id),
        given=given,
        problems=problems,
        taken=taken,
        **discussed(record_id),
    )
