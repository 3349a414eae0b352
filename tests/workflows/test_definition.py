"""A workflow checks itself when it is built: every fault is named, and a sound one is accepted."""

from dataclasses import replace

import pytest

from workflows.definition import BrokenWorkflow, Live, Reason, Refused, Situation, State, Transition, Workflow

ALL = frozenset({"writer"})


def small() -> Workflow:
    """A sound workflow of two states, which each test breaks in one place."""
    return Workflow(
        name="small",
        initial="open",
        states=(State("open", "Open"), State("shut", "Shut")),
        roles=("writer", "reader"),
        transitions=(
            Transition("shut", "Shut", frozenset({"open"}), "shut", ALL),
            Transition("reopen", "Open again", frozenset({"shut"}), "open", ALL),
        ),
        permissions={"view": {"open": ALL, "shut": ALL}},
        known_permissions=("view",),
    )


def test_a_sound_definition_is_accepted() -> None:
    assert small().state("open").label == "Open"


def test_an_unreachable_state_is_named() -> None:
    flow = small()
    with pytest.raises(BrokenWorkflow, match="lost: cannot be reached"):
        replace(flow, states=(*flow.states, State("lost", "Lost")))


def test_a_dead_end_is_named() -> None:
    flow = small()
    with pytest.raises(BrokenWorkflow, match="shut: a dead end"):
        replace(flow, transitions=flow.transitions[:1])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sources": frozenset({"open", "moon"})}, "shut: unknown state moon"),
        ({"target": "moon"}, "shut: unknown state moon"),
        ({"roles": frozenset({"writer", "king"})}, "shut: unknown role king"),
        ({"roles": frozenset()}, "shut: nobody can ever make it"),
        ({"sources": frozenset()}, "shut: nobody can ever make it"),
        ({"roles": frozenset({"reader"})}, "shut: reader may act on open records without seeing them"),
        ({"id": "reopen"}, "reopen: declared twice"),
    ],
)
def test_a_broken_transition_is_named(changes: dict, fault: str) -> None:
    flow = small()
    first, *others = flow.transitions
    with pytest.raises(BrokenWorkflow, match=fault):
        replace(flow, transitions=(replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"veiw": {"open": ALL}}, "unknown permission veiw"),
        ({"view": {"open": ALL, "shut": ALL, "moon": ALL}}, "view: unknown state moon"),
        ({"view": {"open": frozenset({"king", "writer"}), "shut": ALL}}, "view: unknown role king"),
        ({}, "no table for permission view"),
    ],
)
def test_a_broken_permission_table_is_named(table: dict, fault: str) -> None:
    with pytest.raises(BrokenWorkflow, match=fault):
        replace(small(), permissions=table)


def test_an_unknown_initial_state_is_named() -> None:
    with pytest.raises(BrokenWorkflow, match="unknown initial state moon"):
        replace(small(), initial="moon")


def test_all_faults_are_listed_at_once_and_with_the_name_of_the_workflow() -> None:
    flow = small()
    with pytest.raises(BrokenWorkflow) as caught:
        replace(flow, states=(*flow.states, State("lost", "Lost")), initial="moon")
    assert str(caught.value).startswith("small: ")
    assert "lost: cannot be reached" in str(caught.value)
    assert "unknown initial state moon" in str(caught.value)


def test_a_mistyped_permission_raises_instead_of_denying_silently() -> None:
    assert small().may("view", "open", ALL)
    assert not small().may("view", "open", frozenset({"reader"}))
    with pytest.raises(KeyError):
        small().may("veiw", "open", ALL)


def test_an_unknown_transition_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        small().move("explode", Situation("open", ALL))
    assert caught.value.reason is Reason.STATE


def test_a_move_says_what_to_write_down() -> None:
    move = small().move("shut", Situation("open", ALL, words="  done  "))
    assert (move.transition, move.source, move.target, move.words, move.live) == (
        "shut",
        "open",
        "shut",
        "done",
        Live.KEEP,
    )


def test_a_definition_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        small().initial = "shut"  # type: ignore[misc]
