"""Each guard alone: when it objects, and when it does not."""

from dataclasses import replace

import pytest

from workflows import guards
from workflows.definition import Guard, Reason, Situation

QUIET = Situation(
    "in_review", frozenset({"coach"}), words="Yes.", missing=0, own_work=False, has_live=True, seen=2, latest=2
)


@pytest.mark.parametrize(
    ("guard", "changes", "reason"),
    [
        (guards.complete, {"missing": 1}, Reason.GUARD),
        (guards.has_words, {"words": "\t "}, Reason.GUARD),
        (guards.not_own_work, {"own_work": True}, Reason.ROLE),
        (guards.saw_the_latest, {"seen": 1}, Reason.STALE),
        (guards.saw_the_latest, {"seen": None}, Reason.STALE),
        (guards.has_live, {"has_live": False}, Reason.GUARD),
    ],
)
def test_a_guard_objects_in_a_sentence_and_otherwise_says_nothing(guard: Guard, changes: dict, reason: Reason) -> None:
    assert guard(QUIET) is None
    objection = guard(replace(QUIET, **changes))
    assert objection.reason is reason
    assert len(objection.sentence) > 20
