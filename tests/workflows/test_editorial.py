"""The editorial workflow against the table of the brief, written down here a second time as plain data."""

import itertools
from dataclasses import replace

import pytest

from workflows import guards
from workflows.definition import Live, Reason, Refused, Situation
from workflows.editorial import EDITORIAL

STATES = ("draft", "in_review", "changes_requested", "published", "withdrawn")
ROLES = ("anyone", "signed_in", "author", "co_author", "coach", "manager", "adviser")

# transition: sources, target, roles, what happens to the public text
TABLE = {
    "submit": ({"draft", "changes_requested"}, "in_review", {"author", "co_author"}, Live.KEEP),
    "recall": ({"in_review"}, "draft", {"author"}, Live.KEEP),
    "request-changes": ({"in_review"}, "changes_requested", {"coach"}, Live.KEEP),
    "publish": ({"in_review"}, "published", {"coach"}, Live.PUBLISH),
    "revise": ({"published"}, "draft", {"author", "co_author"}, Live.KEEP),
    "discard": ({"draft", "changes_requested"}, "published", {"author"}, Live.RETURN),
    "withdraw": ({"published", "draft", "in_review", "changes_requested"}, "withdrawn", {"coach", "manager"}, Live.REMOVE),
    "restore": ({"withdrawn"}, "draft", {"manager"}, Live.KEEP),
}  # fmt: skip

# transition -> (what is changed about a situation in which it is allowed, why it is then refused)
GUARDED = {
    "submit": [({"missing": 3}, Reason.GUARD)],
    "recall": [],
    "request-changes": [({"words": " \n "}, Reason.GUARD), ({"seen": 6}, Reason.STALE), ({"seen": None}, Reason.STALE)],
    "publish": [
        ({"own_work": True}, Reason.ROLE),
        ({"seen": 6}, Reason.STALE),
        ({"seen": 8}, Reason.STALE),
        ({"seen": None}, Reason.STALE),
        ({"missing": 1}, Reason.GUARD),
        ({"early": True}, Reason.GUARD),
    ],
    "revise": [],
    "discard": [({"has_live": False}, Reason.GUARD)],
    "withdraw": [({"has_live": False}, Reason.GUARD), ({"words": ""}, Reason.GUARD)],
    "restore": [],
}


def fine(state: str, role: str) -> Situation:
    """A situation in which no guard objects."""
    return Situation(state, frozenset({role}), words="Because.", has_live=True, seen=7, latest=7)


def test_the_workflow_has_the_states_roles_and_transitions_of_the_brief() -> None:
    assert tuple(s.id for s in EDITORIAL.states) == STATES
    assert EDITORIAL.roles == ROLES
    assert {t.id for t in EDITORIAL.transitions} == set(TABLE)
    assert EDITORIAL.initial == "draft"


@pytest.mark.parametrize(("transition", "state", "role"), [*itertools.product(TABLE, STATES, ROLES)])
def test_each_transition_is_open_to_these_roles_in_these_states_and_to_no_others(
    transition: str, state: str, role: str
) -> None:
    sources, target, roles, live = TABLE[transition]
    if state in sources and role in roles:
        move = EDITORIAL.move(transition, fine(state, role))
        assert (move.source, move.target, move.live) == (state, target, live)
        return
    with pytest.raises(Refused) as caught:
        EDITORIAL.move(transition, fine(state, role))
    assert caught.value.reason is (Reason.STATE if role in roles else Reason.ROLE)
    assert caught.value.sentence.endswith((".", "again."))


@pytest.mark.parametrize(
    ("transition", "changes", "reason"),
    [(t, changes, reason) for t, rows in GUARDED.items() for changes, reason in rows],
)
def test_each_guard_objects_to_what_it_guards_against(transition: str, changes: dict, reason: Reason) -> None:
    sources, _, roles, _ = TABLE[transition]
    for state, role in itertools.product(sources, roles):
        allowed = fine(state, role)
        EDITORIAL.move(transition, allowed)
        with pytest.raises(Refused) as caught:
            EDITORIAL.move(transition, replace(allowed, **changes))
        assert caught.value.reason is reason


@pytest.mark.parametrize("transition", [*TABLE])
def test_no_guard_objects_that_the_brief_does_not_name(transition: str) -> None:
    every = {"missing": 3, "words": "", "own_work": True, "has_live": False, "seen": 1, "early": True}
    named = {key for changes, _ in GUARDED[transition] for key in changes}
    sources, _, roles, _ = TABLE[transition]
    harmless = {key: value for key, value in every.items() if key not in named}
    for state, role in itertools.product(sources, roles):
        EDITORIAL.move(transition, replace(fine(state, role), **harmless))


def test_who_wrote_a_record_may_not_publish_it_whatever_else_she_is() -> None:
    everything = replace(fine("in_review", "coach"), roles=frozenset(ROLES), own_work=True)
    with pytest.raises(Refused) as caught:
        EDITORIAL.move("publish", everything)
    assert caught.value.reason is Reason.ROLE
    assert EDITORIAL.move("publish", replace(everything, own_work=False)).target == "published"


def test_only_writers_edit_and_only_while_it_is_their_turn() -> None:
    allowed = {(s, r) for s in STATES for r in ROLES if EDITORIAL.may("edit", s, frozenset({r}))}
    assert allowed == {(s, r) for s in ("draft", "changes_requested") for r in ("author", "co_author")}


def test_the_public_sees_the_latest_revision_only_when_it_is_published() -> None:
    for role in ("anyone", "signed_in"):
        assert [s for s in STATES if EDITORIAL.may("view", s, frozenset({role}))] == ["published"]
        assert not any(EDITORIAL.may("view_history", s, frozenset({role})) for s in STATES)


def test_offered_buttons_are_the_moves_of_this_state_and_role() -> None:
    def ids(situation: Situation) -> set[str]:
        return {t.id for t in EDITORIAL.offered(situation)}

    for state, role in itertools.product(STATES, ROLES):
        assert ids(fine(state, role)) == {t for t, row in TABLE.items() if state in row[0] and role in row[2]}
    assert ids(replace(fine("in_review", "coach"), own_work=True)) == {"request-changes", "withdraw"}
    assert ids(replace(fine("draft", "author"), has_live=False)) == {"submit"}
    assert ids(replace(fine("draft", "author"), missing=5, words="", has_live=False)) == {"submit"}
    assert ids(replace(fine("in_review", "coach"), has_live=False)) == {"request-changes", "publish"}


def test_every_transition_tells_its_maker_what_happens_now() -> None:
    assert all(t.next for t in EDITORIAL.transitions)
    assert all(s.sentence for s in EDITORIAL.states)


def test_a_transition_that_needs_words_asks_for_them() -> None:
    needs = {t.id for t in EDITORIAL.transitions if guards.has_words in t.guards}
    assert needs == {t.id for t in EDITORIAL.transitions if t.words == "required"} == {"request-changes", "withdraw"}
