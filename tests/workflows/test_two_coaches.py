"""The workflow of two coaches beside the first: the same but for the second review. And which one a record follows."""

import itertools
from dataclasses import replace

import pytest

from tests.workflows.test_editorial import GUARDED, ROLES, STATES, TABLE, fine
from workflows import guards, known
from workflows.definition import BrokenWorkflow, Live, Reason, Refused
from workflows.editorial import EDITORIAL
from workflows.two_coaches import SECOND_REVIEW, TWO_COACHES

ALL = ("draft", "in_review", "second_review", "changes_requested", "published", "withdrawn")
# what differs from the table of one coach, written down a second time
TWO = TABLE | {
    "recall": ({"in_review", "second_review"}, "draft", {"author"}, Live.KEEP),
    "request-changes": ({"in_review", "second_review"}, "changes_requested", {"coach"}, Live.KEEP),
    "approve": ({"in_review"}, "second_review", {"coach"}, Live.KEEP),
    "publish": ({"second_review"}, "published", {"coach"}, Live.PUBLISH),
    "withdraw": ({*TABLE["withdraw"][0], "second_review"}, "withdrawn", {"coach", "manager"}, Live.REMOVE),
}
OBJECTIONS = GUARDED | {
    # an approval makes nothing public, so it cannot come too early
    "approve": [row for row in GUARDED["publish"] if "early" not in row[0]],
    "publish": [*GUARDED["publish"], ({"approved": True}, Reason.ROLE)],
}


def test_it_has_the_states_and_steps_of_the_first_and_the_second_review() -> None:
    assert tuple(s.id for s in TWO_COACHES.states) == ALL
    assert {t.id for t in TWO_COACHES.transitions} == set(TWO)
    assert set(known.WORKFLOWS) == {"editorial", "two_coaches"}
    assert known.UNDER_REVIEW == {"in_review", "second_review"}


@pytest.mark.parametrize(("transition", "state", "role"), [*itertools.product(TWO, ALL, ROLES)])
def test_each_step_is_open_to_these_roles_in_these_states_and_to_no_others(
    transition: str, state: str, role: str
) -> None:
    sources, target, roles, live = TWO[transition]
    if state in sources and role in roles:
        move = TWO_COACHES.move(transition, fine(state, role))
        assert (move.source, move.target, move.live) == (state, target, live)
        return
    with pytest.raises(Refused) as caught:
        TWO_COACHES.move(transition, fine(state, role))
    assert caught.value.reason is (Reason.STATE if role in roles else Reason.ROLE)


@pytest.mark.parametrize(
    ("transition", "changes", "reason"), [(t, changes, reason) for t, rows in OBJECTIONS.items() for changes, reason in rows]
)  # fmt: skip
def test_each_guard_objects_to_what_it_guards_against(transition: str, changes: dict, reason: Reason) -> None:
    for state, role in itertools.product(TWO[transition][0], TWO[transition][2]):
        TWO_COACHES.move(transition, fine(state, role))
        with pytest.raises(Refused) as caught:
            TWO_COACHES.move(transition, replace(fine(state, role), **changes))
        assert caught.value.reason is reason


def test_in_second_review_everybody_may_do_what_she_may_in_review() -> None:
    for permission, role in itertools.product(EDITORIAL.known_permissions, ROLES):
        held = frozenset({role})
        assert TWO_COACHES.may(permission, SECOND_REVIEW, held) == EDITORIAL.may(permission, "in_review", held)
        for state in STATES:
            assert TWO_COACHES.may(permission, state, held) == EDITORIAL.may(permission, state, held)


def test_the_second_button_is_not_offered_to_who_pressed_the_first() -> None:
    second = fine("second_review", "coach")
    assert {t.id for t in TWO_COACHES.offered(second)} == {"publish", "request-changes", "withdraw"}
    assert "publish" not in {t.id for t in TWO_COACHES.offered(replace(second, approved=True))}
    assert "approve" not in {t.id for t in TWO_COACHES.offered(replace(fine("in_review", "coach"), own_work=True))}


def test_a_record_follows_its_programme_unless_that_does_not_know_where_it_stands() -> None:
    assert known.followed("", "draft") is known.followed("gone", "draft") is EDITORIAL
    assert known.followed("two_coaches", "in_review") is TWO_COACHES
    assert known.followed("editorial", SECOND_REVIEW) is TWO_COACHES
    with pytest.raises(KeyError):
        known.followed("editorial", "nowhere")


def test_a_second_review_that_nobody_could_finish_is_refused_when_it_is_built() -> None:
    steps = tuple(t for t in TWO_COACHES.transitions if SECOND_REVIEW not in t.sources)
    with pytest.raises(BrokenWorkflow, match="second_review: a dead end"):
        replace(TWO_COACHES, transitions=steps)
    assert guards.another_coach in (TWO_COACHES.transition("publish") or steps[0]).guards
