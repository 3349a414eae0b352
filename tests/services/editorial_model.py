"""A small model of records and of who may do what to them, written down independently of the services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conftest import complete_experience

WRITERS = ("ann", "col", "both")  # `both` is a coach who also writes
PEOPLE = ("ann", "col", "both", "coach", "far", "boss", "stranger")
COACHES = {"coach": "reforms", "both": "reforms", "far": "elsewhere"}
MOVES: dict[str, tuple[set[str], str, set[str]]] = {
    "submit": ({"draft", "changes_requested"}, "in_review", {"author", "co"}),
    "recall": ({"in_review"}, "draft", {"author"}),
    "request-changes": ({"in_review"}, "changes_requested", {"coach"}),
    "publish": ({"in_review"}, "published", {"coach"}),
    "revise": ({"published"}, "draft", {"author", "co"}),
    "discard": ({"draft", "changes_requested"}, "published", {"author"}),
    "withdraw": ({"draft", "in_review", "changes_requested", "published"}, "withdrawn", {"coach", "boss"}),
    "restore": ({"withdrawn"}, "draft", {"boss"}),
}
# where two coaches are asked for: one approves, another one publishes
TWO = {
    **MOVES,
    "recall": ({"in_review", "second_review"}, "draft", {"author"}),
    "request-changes": ({"in_review", "second_review"}, "changes_requested", {"coach"}),
    "approve": ({"in_review"}, "second_review", {"coach"}),
    "publish": ({"second_review"}, "published", {"coach"}),
    "withdraw": ({*MOVES["withdraw"][0], "second_review"}, "withdrawn", {"coach", "boss"}),
}
RULES = {"editorial": MOVES, "two_coaches": TWO}


@dataclass
class Text:
    """One saved version in the model."""

    title: str
    complete: bool
    by: str


@dataclass
class Modelled:
    """One record in the model."""

    id: str
    author: str
    texts: list[Text]
    programme: str
    state: str = "draft"
    latest: int = 1
    live: int | None = None
    co: set[str] = field(default_factory=set)
    former: set[str] = field(default_factory=set)
    coach: str = ""
    claimed: bool = False
    steps: list[tuple[str, str, str]] = field(default_factory=list)
    approved_by: str = ""

    def wrote(self) -> set[str]:
        """Everybody who wrote or was ever listed."""
        return {self.author, *self.co, *self.former, *(t.by for t in self.texts)}


def values(title: str, complete: bool) -> dict[str, Any]:
    """Answers, complete or not."""
    given = complete_experience(title=title)
    return given if complete else {k: v for k, v in given.items() if k != "objective"}


class Rules:
    """Who may do what, worked out anew: what the services are held to."""

    coaches: dict[str, str]  # the programme of each coach
    flows: dict[str, str]  # the workflow of each programme

    def roles(self, who: str, record: Modelled) -> set[str]:
        held = set()
        if who == record.author:
            held.add("author")
        if who in record.co:
            held.add("co")
        if who == record.coach or (record.programme and self.coaches.get(who) == record.programme):
            held.add("coach")
        if who == "boss":
            held.add("boss")
        return held

    def asked_of(self, record: Modelled) -> dict[str, tuple[set[str], str, set[str]]]:
        """What the record's programme asks for; a second review that was begun is finished."""
        return TWO if record.state == "second_review" else RULES[self.flows.get(record.programme, "editorial")]

    def legal(self, who: str, record: Modelled, move: str, seen: int | None, words: str) -> bool:
        if move not in self.asked_of(record):
            return False
        sources, _, roles = self.asked_of(record)[move]
        if record.state not in sources or not roles & self.roles(who, record):
            return False
        complete = record.texts[record.latest - 1].complete
        if move == "submit":
            return complete
        if move == "request-changes":
            return bool(words) and seen == record.latest
        if move in ("publish", "approve"):
            other = record.state != "second_review" or who != record.approved_by
            return who not in record.wrote() and other and seen == record.latest and complete
        if move == "discard":
            return record.live is not None
        if move == "withdraw":
            return record.live is not None and bool(words)
        return True
