"""What authors and coaches do in a review again and again, in short words for several tests."""

from __future__ import annotations

from typing import Any

from knowledge.services import review, scoring
from knowledge.services.scoring import Given
from knowledge.storage import find
from tests.conftest import Stage

ALL_MET = dict.fromkeys(range(5), ("met", ""))
STRONG = {
    "evidence": "observed",
    "sources": [{"title": "The register"}],
    "indicators": [{"indicator": "Days to delivery", "before": "31", "after": "9"}],
}


def again(stage: Stage, record_id: str, **changes: Any) -> None:
    """The author changes something, if anything, and sends it."""
    if changes:
        stage.revise(stage.actor("author"), record_id, **changes)
    stage.step(stage.actor("author"), record_id, "submit")


def decide(stage: Stage, who: str, record_id: str, step: str, given: Given | None = None, **more: Any) -> Any:
    with stage.site.db.reading() as session:
        found = find.record(session, record_id)
        assert found is not None
        more = {"words": "Because.", "seen": found.latest.number, **more}
    return stage.site.act(review.decide, stage.actor(who), record_id, step, given=given, **more)


def scored(stage: Stage, who: str, record_id: str, given: Given, seen: int = 1) -> bool:
    return stage.site.act(scoring.score, stage.actor(who), record_id, given, seen)


def state(stage: Stage, record: str) -> str:
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        return found.state
