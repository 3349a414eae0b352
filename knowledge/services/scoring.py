"""The rubric of a kind: its checks, each met, partly met or not yet, and the evidence that a coach confirms.

Writers score themselves before they send, coaches before they decide. A coach confirms the level of evidence that is
claimed or lowers it, with a reason for everybody; that stands until the author claims something else or a coach says
otherwise, and becomes public with the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_, Choice
from knowledge.content.registry import RecordType, Registry
from knowledge.services import access, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid
from knowledge.storage import reviewing
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record
from knowledge.storage.models.reviewing import Score
from workflows.definition import Reason, Refused
from workflows.known import UNDER_REVIEW

MARKS: Mapping[str, str] = {"met": N_("met"), "partly": N_("partly"), "not": N_("not yet")}
LEVEL = "evidence"  # the field that says how strong the evidence is
MAX_NOTE, MAX_REASON = 500, 500


@dataclass(frozen=True)
class Given:
    """What somebody fills in: mark and note by the number of the check, the level of evidence and the reason."""

    marks: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    level: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Line:
    """One check of the rubric: what this reader said of it, and what the other side said."""

    check: str
    mark: str
    note: str
    other_mark: str
    other_note: str


@dataclass(frozen=True)
class Rubric:
    """The checks of a record as one reader sees them, with what she may fill in.

    `other`: the latest score of the other side, None for none that she may see. `claimed`: the level the text claims,
    "" where its kind has none; `levels`: those a coach may confirm; `level` and `reason`: what stands now.
    """

    lines: tuple[Line, ...]
    may_score: bool
    by_coach: bool
    mine: Score | None = None
    other: Score | None = None
    claimed: str = ""
    levels: tuple[str, ...] = ()
    level: str = ""
    reason: str = ""

    @property
    def lowered(self) -> bool:
        """Whether a coach holds the evidence for weaker than claimed."""
        return self.level != self.claimed


def of(session: Session, actor: Actor, record_id: str) -> Rubric:
    """The rubric of a record, for who works on it. Raises NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "view_history")
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    reviews = record.state in UNDER_REVIEW and access.may(record, "review", held)
    by_coach = reviews and not access.own_work(session, actor, record)
    scores = reviewing.scores(session, [record.id])
    mine = _last(s for s in scores if s.person_id == actor.person_id and s.by_coach is by_coach)
    # what coaches say of the text that is before them is for its writers when the decision is taken
    seen = (s for s in scores if s.by_coach is not by_coach and (by_coach or not _undecided(record, s)))
    other = _last(seen)
    standing = _standing(record, record_type, scores) if by_coach or record.state not in UNDER_REVIEW else None
    claimed = str(record.latest.values.get(LEVEL, ""))
    return Rubric(
        tuple(_line(check, mine, other) for check in record_type.checks),
        access.may(record, "score", held) and (by_coach or record.state not in UNDER_REVIEW),
        by_coach,
        mine,
        other,
        claimed,
        _levels(record_type, registry, claimed),
        standing.level if standing else claimed,
        standing.reason if standing else "",
    )


def score(session: Session, actor: Actor, record_id: str, given: Given, seen: int | None) -> bool:
    """Keep what somebody says of a record's checks; whether there was anything to keep.

    `seen`: number of the revision she looked at. Raises Invalid, NotFound, Forbidden, and Refused when it is not the
    latest any more.
    """
    record, _ = access.desk_record(session, actor, record_id, "score", lock=True)
    by_coach = record.state in UNDER_REVIEW
    if by_coach and access.own_work(session, actor, record):
        raise Forbidden("You wrote or helped to write this. Another coach has to publish it.")
    if seen != record.latest.number:
        raise Refused(Reason.STALE, "There is a newer version than the one you looked at. Please read it, then decide.")
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    marks = {record_type.checks[n]: list(said) for n, said in _checked(record_type, given).items()}
    claimed = str(record.latest.values.get(LEVEL, "")) if by_coach else ""
    level, reason = _level(given, claimed, _levels(record_type, registry, claimed)) if claimed else ("", "")
    standing = _standing(record, record_type, reviewing.scores(session, [record.id])) if by_coach else None
    if not marks and (level, reason) == ((standing.level, standing.reason) if standing else (claimed, "")):
        return False
    kept = Score(revision_id=record.latest.id, person_id=actor.person_id or 0, record_id=record.id, by_coach=by_coach)
    kept.marks, kept.claimed, kept.level, kept.reason, kept.at = marks, claimed, level, reason, now()
    session.merge(kept)
    session.flush()
    return True


def lowered(session: Session, record: Record) -> dict[str, Any] | None:
    """What becomes public about the evidence with the latest revision: from, to, why, by whom; None for as claimed."""
    record_type = vocabulary.registry(session)[record.kind]
    standing = _standing(record, record_type, reviewing.scores(session, [record.id]))
    if standing is None or standing.level == standing.claimed:
        return None
    return {"from": standing.claimed, "to": standing.level, "reason": standing.reason, "by": standing.person.name}


def _standing(record: Record, record_type: RecordType, scores: Sequence[Score]) -> Score | None:
    """The last word of a coach on the level that the latest revision claims."""
    claimed = record.latest.values.get(LEVEL) if record_type.has(LEVEL) else None
    return _last(s for s in scores if s.by_coach and s.level and s.claimed == claimed) if claimed else None


def _undecided(record: Record, score: Score) -> bool:
    return record.state in UNDER_REVIEW and score.revision_id == record.latest_id


def _line(check: str, mine: Score | None, other: Score | None) -> Line:
    own = mine.marks.get(check, ["", ""]) if mine else ["", ""]
    theirs = other.marks.get(check, ["", ""]) if other else ["", ""]
    return Line(check, own[0], own[1], theirs[0], theirs[1])


def _levels(record_type: RecordType, registry: Registry, claimed: str) -> tuple[str, ...]:
    """The claimed level and those below it; the vocabulary lists them in rising order."""
    if not claimed or not record_type.has(LEVEL):
        return ()
    asked = record_type.field(LEVEL)
    ladder = [t.id for t in registry.vocabularies[asked.vocabulary]] if isinstance(asked, Choice) else []
    return tuple(ladder[: ladder.index(claimed) + 1]) if claimed in ladder else (claimed,)


def _checked(record_type: RecordType, given: Given) -> dict[int, tuple[str, str]]:
    problems, kept = [], {}
    for number, (mark, text) in given.marks.items():
        note = tidy(text, lines=True)
        if len(note) > MAX_NOTE:
            problems.append(
                Problem((f"note-{number}",), N_("Please shorten this to {max} characters."), {"max": MAX_NOTE})
            )
        if note and mark not in MARKS:
            problems.append(Problem((f"check-{number}",), N_("Please say whether this is met, partly or not yet.")))
        if number < len(record_type.checks) and mark in MARKS:
            kept[number] = (mark, note)
    if problems:
        raise Invalid(problems)
    return kept


def _level(given: Given, claimed: str, levels: tuple[str, ...]) -> tuple[str, str]:
    level, reason = given.level or claimed, tidy(given.reason, lines=True)
    if level not in levels:
        words = N_("A coach confirms the strength of evidence or lowers it; please choose one from the list.")
        raise Invalid([Problem(("level",), words)])
    if level == claimed:
        return level, ""
    if not reason:
        words = N_("Please say why the evidence is weaker than claimed: everybody reads it with the record.")
        raise Invalid([Problem(("reason",), words)])
    if len(reason) > MAX_REASON:
        raise Invalid([Problem(("reason",), N_("Please shorten this to {max} characters."), {"max": MAX_REASON})])
    return level, reason


def _last(scores: Any) -> Score | None:
    found: Score | None = None
    for each in scores:
        found = each
    return found
