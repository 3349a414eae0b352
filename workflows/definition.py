"""What a workflow is: a frozen definition that checks itself when it is built, and answers who may do what.

Roles are relative to one record (its author, its coach, ...). A permission is a table state -> roles; a transition
is a permission that also moves the record. The only question that changes anything is `Workflow.move`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


def N_(text: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return text


class Live(StrEnum):
    """What a transition does to the revision that the public reads."""

    KEEP = "keep"
    PUBLISH = "publish"  # the latest revision becomes live
    REMOVE = "remove"  # nothing is public any more
    RETURN = "return"  # the live revision becomes the latest again


class Reason(StrEnum):
    """Why a move was refused; the edge turns it into a status."""

    ROLE = "role"
    STATE = "state"
    GUARD = "guard"
    STALE = "stale"


@dataclass(frozen=True)
class Situation:
    """The facts about one record and one actor that a decision rests on.

    `seen` and `latest`: numbers of the revision the actor looked at and of the newest one. `missing`: how many
    answers are still needed. `own_work`: the actor wrote or ever co-wrote it. `approved`: she gave the approval that
    it waits on. `words`: what the actor says. `early`: its authors do not want it to be public yet.
    """

    state: str
    roles: frozenset[str]
    words: str = ""
    missing: int = 0
    own_work: bool = False
    approved: bool = False
    has_live: bool = False
    seen: int | None = None
    latest: int = 0
    early: bool = False


@dataclass(frozen=True)
class Objection:
    """A guard's answer when it objects: a sentence for the user and its kind."""

    sentence: str
    reason: Reason = Reason.GUARD


Guard = Callable[[Situation], Objection | None]


class Refused(Exception):
    """A move that may not be made; says why in words for the user."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True)
class State:
    """A state of a record: an adjective, and a sentence that says what it means for the author."""

    id: str
    label: str
    sentence: str = ""


@dataclass(frozen=True)
class Transition:
    """A verb that takes a record from one of `sources` to `target`, for `roles`, unless a guard objects.

    `words`: whether the actor is asked to say something ("", "optional" or "required"). `next`: what happens now,
    told to the actor afterwards.
    """

    id: str
    label: str
    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    guards: tuple[Guard, ...] = ()
    live: Live = Live.KEEP
    words: str = ""
    next: str = ""


@dataclass(frozen=True)
class Move:
    """A permitted step: what to write down, and what to do to the live revision."""

    transition: str
    source: str
    target: str
    words: str
    live: Live


class BrokenWorkflow(ValueError):
    """Raised when a definition cannot work; lists every fault."""


@dataclass(frozen=True)
class Workflow:
    """States, transitions, and a permission table (permission -> state -> roles).

    Raises BrokenWorkflow for an unknown state, role or permission, an unreachable state, a dead end, a transition
    nobody may make, or one whose actor may not even see the record.
    """

    name: str
    initial: str
    states: tuple[State, ...]
    roles: tuple[str, ...]
    transitions: tuple[Transition, ...]
    permissions: Mapping[str, Mapping[str, frozenset[str]]]
    known_permissions: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        faults = [*_faults(self)]
        if faults:
            raise BrokenWorkflow(f"{self.name}: " + "; ".join(faults))

    def state(self, state_id: str) -> State:
        """The state with this id; KeyError for an unknown one."""
        return next(s for s in self.states if s.id == state_id)

    def transition(self, transition_id: str) -> Transition | None:
        """The transition with this id, or None."""
        return next((t for t in self.transitions if t.id == transition_id), None)

    def may(self, permission: str, state: str, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles has a permission (or may try a transition) in this state.

        Raises KeyError for a permission that is not declared, so that a typo never grants or denies silently.
        """
        found = self.transition(permission)
        if found:
            return state in found.sources and bool(found.roles & roles)
        return bool(self.permissions[permission].get(state, frozenset()) & roles)

    def offered(self, situation: Situation) -> tuple[Transition, ...]:
        """The transitions to offer as buttons: right state and role, and no guard but missing answers or words."""
        return tuple(
            t
            for t in self.transitions
            if self.may(t.id, situation.state, situation.roles)
            and not any(o and o.reason is Reason.ROLE for o in (guard(situation) for guard in t.guards))
            and not (t.live in (Live.RETURN, Live.REMOVE) and not situation.has_live)
        )

    def move(self, transition_id: str, situation: Situation) -> Move:
        """Decide one step. Raises Refused with the reason when it may not be made."""
        wanted = self.transition(transition_id)
        if wanted is None:
            raise Refused(Reason.STATE, f"There is no step called “{transition_id}”.")
        if not any(self.may(wanted.id, s, situation.roles) for s in wanted.sources):
            raise Refused(Reason.ROLE, N_("You may not do this with this record."))
        if situation.state not in wanted.sources:
            sentence = N_("This is not possible any more: the record has moved on. Look at it again.")
            raise Refused(Reason.STATE, sentence)
        for guard in wanted.guards:
            objection = guard(situation)
            if objection:
                raise Refused(objection.reason, objection.sentence)
        return Move(wanted.id, situation.state, wanted.target, situation.words.strip(), wanted.live)


def _faults(flow: Workflow) -> list[str]:
    states, roles = {s.id for s in flow.states}, set(flow.roles)
    faults = []
    for t in flow.transitions:
        faults += [f"{t.id}: unknown state {s}" for s in sorted({*t.sources, t.target} - states)]
        faults += [f"{t.id}: unknown role {r}" for r in sorted(t.roles - roles)]
        if not t.roles or not t.sources:
            faults.append(f"{t.id}: nobody can ever make it")
        faults += _blind(flow, t)
    ids = [t.id for t in flow.transitions]
    faults += [f"{i}: declared twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    for permission, table in flow.permissions.items():
        if flow.known_permissions and permission not in flow.known_permissions:
            faults.append(f"unknown permission {permission}")
        faults += [f"{permission}: unknown state {s}" for s in sorted(set(table) - states)]
        faults += [f"{permission}: unknown role {r}" for r in sorted({r for rs in table.values() for r in rs} - roles)]
    faults += [f"no table for permission {p}" for p in flow.known_permissions if p not in flow.permissions]
    faults += [f"{s}: cannot be reached" for s in sorted(states - _reachable(flow))]
    sources = {s for t in flow.transitions for s in t.sources}
    faults += [f"{s}: a dead end" for s in sorted(states - sources)]
    if flow.initial not in states:
        faults.append(f"unknown initial state {flow.initial}")
    return faults


def _blind(flow: Workflow, t: Transition) -> list[str]:
    view = flow.permissions.get("view", {})
    return [
        f"{t.id}: {role} may act on {s} records without seeing them"
        for s in sorted(t.sources)
        for role in sorted(t.roles - view.get(s, frozenset()))
    ]


def _reachable(flow: Workflow) -> set[str]:
    reached, fresh = {flow.initial}, {flow.initial}
    while fresh:
        fresh = {t.target for t in flow.transitions if t.sources & fresh} - reached
        reached |= fresh
    return reached
