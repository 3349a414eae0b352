"""All workflows of the site, and the one that a record follows: its programme's.

A programme may change to another workflow while its records are under way. A record in a state that the new one does
not know goes on by the one that does, until it has left that state: who was promised a second review gets it.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflows.definition import State, Transition, Workflow
from workflows.editorial import EDITORIAL
from workflows.two_coaches import TWO_COACHES

WORKFLOWS: Mapping[str, Workflow] = {flow.name: flow for flow in (EDITORIAL, TWO_COACHES)}
# the states in which it is a coach's turn
UNDER_REVIEW = frozenset(s for flow in WORKFLOWS.values() for s in flow.permissions["review"])


def followed(name: str, state_id: str) -> Workflow:
    """The workflow called `name` if it knows this state, otherwise the first that does; KeyError when none does."""
    wanted = WORKFLOWS.get(name, EDITORIAL)
    for flow in (wanted, *WORKFLOWS.values()):
        if any(s.id == state_id for s in flow.states):
            return flow
    raise KeyError(state_id)


def state(state_id: str) -> State:
    """The state with this id, of whichever workflow; KeyError for an unknown one."""
    return followed("", state_id).state(state_id)


def transition(transition_id: str) -> Transition | None:
    """The transition with this id, of whichever workflow, or None."""
    return next((t for flow in WORKFLOWS.values() if (t := flow.transition(transition_id))), None)
