"""The same workflow where a programme asks for two coaches: one approves, another one publishes.

It is derived from the first: whatever may be done in review may be done in second review too, only publishing needs
the approval of another coach before it.
"""

from __future__ import annotations

from dataclasses import replace

from workflows.definition import N_, State, Transition, Workflow
from workflows.editorial import COACH, EDITORIAL, IN_REVIEW
from workflows.guards import another_coach, complete, not_own_work, saw_the_latest

SECOND_REVIEW = "second_review"

_APPROVE = Transition(
    "approve",
    N_("Approve"),
    frozenset({IN_REVIEW}),
    SECOND_REVIEW,
    frozenset({COACH}),
    guards=(not_own_work, saw_the_latest, complete),
    words="optional",
    next=N_("Approved. Another coach reads it next, and publishes it or asks for changes."),
)


def _states() -> tuple[State, ...]:
    second = State(SECOND_REVIEW, N_("In second review"), N_("One coach has approved it; it is another coach's turn."))
    return tuple(s for state in EDITORIAL.states for s in ((state, second) if state.id == IN_REVIEW else (state,)))


def _transitions(given: Transition) -> tuple[Transition, ...]:
    if given.id == "publish":
        publish = replace(given, sources=frozenset({SECOND_REVIEW}), guards=(*given.guards, another_coach))
        return _APPROVE, publish
    if IN_REVIEW in given.sources:
        return (replace(given, sources=given.sources | {SECOND_REVIEW}),)
    return (given,)


TWO_COACHES = Workflow(
    name="two_coaches",
    initial=EDITORIAL.initial,
    states=_states(),
    roles=EDITORIAL.roles,
    transitions=tuple(t for given in EDITORIAL.transitions for t in _transitions(given)),
    known_permissions=EDITORIAL.known_permissions,
    permissions={
        permission: {**table, **({SECOND_REVIEW: table[IN_REVIEW]} if IN_REVIEW in table else {})}
        for permission, table in EDITORIAL.permissions.items()
    },
)
