"""A coach's one list: what waits for her, grouped by what she has to know first, and what is with the authors now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.services import access, catalogue, clock
from knowledge.services.access import Standing
from knowledge.services.actor import Actor
from knowledge.services.rota import Rota, rota
from knowledge.storage import find, reviews
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record, Step
from workflows.clock import Due, working_days
from workflows.editorial import CHANGES
from workflows.known import UNDER_REVIEW

OVERDUE, AGAIN, MINE, FREE, OTHERS = "overdue", "again", "mine", "free", "others"
TITLES = {
    OVERDUE: N_("Overdue"),
    AGAIN: N_("Sent again after changes"),
    MINE: N_("Yours"),
    FREE: N_("Free to take up"),
    OTHERS: N_("With other coaches"),
}
ANSWERS = ("request-changes", "approve", "publish", "withdraw")  # what ends a conversation, or asks for its next part


@dataclass(frozen=True)
class Line:
    """A record in the list. `due` is None for one that is with its authors; `since`: when its turn began.

    `coach`: who looks after it, "" for nobody who is there; `again`: it was returned and came back; `own`: the reader
    wrote some of it, `approved`: she gave the first of two approvals; then another coach decides.
    """

    record: Record
    authors: str
    since: datetime
    days: int
    due: Due | None
    coach: str
    mine: bool
    again: bool
    own: bool
    approved: bool

    @property
    def free(self) -> bool:
        """Whether its reader can take it up."""
        return self.due is not None and not self.coach and not self.own and not self.approved

    @property
    def section(self) -> str:
        """Where in the list it stands: at the first place that fits."""
        if self.own or self.approved or (self.coach and not self.mine):
            return OTHERS
        if self.due and self.due.overdue:
            return OVERDUE
        return AGAIN if self.again else MINE if self.mine else FREE


@dataclass(frozen=True)
class Queue:
    """The list by sections, those with something in them, and what is with the authors, the longest wait first."""

    sections: tuple[tuple[str, tuple[Line, ...]], ...]
    with_authors: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All that waits for a coach, in the order of the list."""
        return tuple(line for _, lines in self.sections for line in lines)

    @property
    def waiting(self) -> int:
        """How many of them this coach can answer."""
        return sum(len(lines) for section, lines in self.sections if section != OTHERS)


def of(session: Session, actor: Actor, facets: Sequence[tuple[str, str]] = ()) -> Queue:
    """What waits in this coach's programmes and what is assigned to her. Raises SignInNeeded.

    `facets`: pairs of facet and value that a record must have; the database filters.
    """
    me = access.require_person(session, actor)
    waits = _lines(session, actor, me, UNDER_REVIEW, facets)
    waits.sort(key=lambda line: (line.due.on if line.due else line.since.date(), line.since, line.record.id))
    sections = ((section, tuple(w for w in waits if w.section == section)) for section in TITLES)
    returned = _lines(session, actor, me, frozenset({CHANGES}), facets)
    returned.sort(key=lambda line: (line.since, line.record.id))
    return Queue(tuple((section, lines) for section, lines in sections if lines), tuple(returned))


def _lines(
    session: Session, actor: Actor, me: Standing, states: frozenset[str], facets: Sequence[tuple[str, str]]
) -> list[Line]:
    found = find.waiting(session, states, me.coaches, me.person_id, facets)
    answers, here = reviews.last_answers(session, [r.id for r in found], ANSWERS), rota(session)
    return [_line(session, actor, here, record, answers.get(record.id)) for record in found]


def _line(session: Session, actor: Actor, here: Rota, record: Record, answer: Step | None) -> Line:
    due, holder = clock.due(record), here.holder(record)
    since = due.since if due else answer.at if answer else record.changed
    return Line(
        record,
        ", ".join(catalogue.names(record)),
        since,
        working_days(since, now()),
        due,
        holder.name if holder else "",
        holder is not None and holder.id == actor.person_id,
        due is not None and answer is not None and answer.transition == "request-changes",
        access.own_work(session, actor, record),
        access.approved(session, actor, record),
    )
