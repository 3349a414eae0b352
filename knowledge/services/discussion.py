"""Talking about a record: points on its fields, answers, and whether they are dealt with.

A point stays with its field across revisions. The author marks it as addressed, the coach as resolved, or opens it
again; nobody takes back what was said. Private ones are between coaches and managers who have no part in the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_, Field
from knowledge.content.registry import Registry
from knowledge.content.vocabularies import LANGUAGES
from knowledge.derive import compare, prose
from knowledge.services import access, notices, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound, TooMany
from knowledge.storage import threads
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import ADDRESSED, OPEN, RESOLVED, Comment, Thread
from knowledge.storage.models.records import Record
from workflows.editorial import ADVISER, COACH
from workflows.known import UNDER_REVIEW

MAX_TEXT, MAX_QUOTE = 5000, 500
MOST, SPAN = 60, timedelta(hours=1)  # comments of one person: more is a flood
# what an act does to a thread: from where, to where, and who may do it
ACTS = {
    "address": (frozenset({OPEN}), ADDRESSED, "address"),
    "resolve": (frozenset({OPEN, ADDRESSED}), RESOLVED, "resolve"),
    "reopen": (frozenset({ADDRESSED, RESOLVED}), OPEN, "resolve"),
}


@dataclass(frozen=True)
class Point:
    """A thread as a reader sees it: its field's label, whether the words have changed since, and what she may do."""

    thread: Thread
    label: str
    changed: bool
    acts: tuple[str, ...]
    may_reply: bool


@dataclass(frozen=True)
class Discussion:
    """All points of a record that a reader may see, and whether she may make new ones, private ones too."""

    points: tuple[Point, ...]
    may_comment: bool
    may_note: bool

    @property
    def open(self) -> tuple[Point, ...]:
        """Those that are not resolved."""
        return tuple(p for p in self.points if p.thread.standing != RESOLVED)

    @property
    def resolved(self) -> tuple[Point, ...]:
        """Those that are."""
        return tuple(p for p in self.points if p.thread.standing == RESOLVED)

    def on(self, field_id: str) -> tuple[Point, ...]:
        """The open points on a field."""
        return tuple(p for p in self.open if p.thread.field == field_id)


@dataclass(frozen=True)
class Answers:
    """What an author says to points beside the form: answers by thread, and which threads she has addressed."""

    replies: Mapping[int, str] = field(default_factory=dict)
    addressed: tuple[int, ...] = ()


NO_ANSWERS = Answers()


@dataclass(frozen=True)
class Remark:
    """Something that a reviewer says beside her decision: an answer in a thread, or a point `about` a field.

    `place`: the field of the form that it was typed into, where what is wrong with it is told.
    """

    text: str
    place: str
    thread_id: int = 0
    about: str = ""
    quote: str = ""
    private: bool = False
    key: str = ""


def of(session: Session, actor: Actor, record_id: str) -> Discussion:
    """What was said about a record, for who works on it. Raises NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "view_history")
    notes = _may_note(session, actor, record, held)
    comments = access.may(record, "comment", held)
    found = threads.of_record(session, record.id, private=notes)
    points = tuple(_point(session, record, thread, held, comments) for thread in found)
    return Discussion(points, comments, notes)


def begin(
    session: Session,
    actor: Actor,
    record_id: str,
    *,
    about: str,
    text: str,
    quote: str = "",
    private: bool = False,
    key: str = "",
) -> Thread:
    """Make a point about a field, or about the whole record. Raises Invalid, NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "comment", lock=True)
    if private and not _may_note(session, actor, record, held):
        raise Forbidden("note")
    record_type = vocabulary.registry(session)[record.kind]
    if about and about not in {f.id for f in record_type.fields}:
        raise NotFound(about)
    before = threads.said(session, key) if key else None
    if before is not None:
        return _thread(session, actor, record, before.thread_id, held)
    words = _checked(session, actor, text)
    thread = Thread(record_id=record.id, revision_id=record.latest.id, field=about, private=private)
    thread.quote, thread.by_coach = tidy(quote)[:MAX_QUOTE], bool(held & {COACH, ADVISER})
    thread.comments = [Comment(person_id=actor.person_id, text=words, key=key or None)]
    session.add(thread)
    session.flush()
    notices.of_comment(session, record, thread, thread.comments[-1])
    return thread


def reply(session: Session, actor: Actor, record_id: str, thread_id: int, text: str, key: str = "") -> Thread:
    """Answer in a thread. Raises Invalid, NotFound, Forbidden."""
    record, held = access.desk_record(session, actor, record_id, "comment", lock=True)
    thread = _thread(session, actor, record, thread_id, held)
    if key and threads.said(session, key) is not None:
        return thread
    comment = Comment(person_id=actor.person_id, text=_checked(session, actor, text), key=key or None)
    thread.comments.append(comment)
    session.flush()
    notices.of_comment(session, record, thread, comment)
    return thread


def answer(session: Session, actor: Actor, record_id: str, answers: Answers) -> int:
    """Keep what an author says to points while she writes; how many they were. Raises Invalid, NotFound, Forbidden."""
    done = set[int]()
    for thread_id, text in answers.replies.items():
        if tidy(text, lines=True):
            key = hashlib.sha256(f"{actor.person_id}:{thread_id}:{text}".encode()).hexdigest()
            reply(session, actor, record_id, thread_id, text, key)
            done.add(thread_id)
    for thread_id in answers.addressed:
        act(session, actor, record_id, thread_id, "address")
        done.add(thread_id)
    return len(done)


def say_all(session: Session, actor: Actor, record_id: str, remarks: Sequence[Remark]) -> None:
    """Say all of these, or none of them. Raises Invalid at their places, NotFound, Forbidden."""
    for each in remarks:
        try:
            if each.thread_id:
                reply(session, actor, record_id, each.thread_id, each.text, each.key)
            else:
                more: dict[str, Any] = {"quote": each.quote, "private": each.private, "key": each.key}
                begin(session, actor, record_id, about=each.about, text=each.text, **more)
        except Invalid as error:
            raise Invalid([replace(problem, path=(each.place,)) for problem in error.problems]) from error


def may_read(session: Session, actor: Actor, record: Record, thread: Thread) -> bool:
    """Whether somebody may see a thread of a record that she may see."""
    return not thread.private or _may_note(session, actor, record, access.roles_in(session, actor, record))


def point_of(session: Session, record: Record, actor: Actor, words: str) -> None:
    """What a coach says when she asks for changes is a point, unless others are open: the author has one to address."""
    if threads.open_points(session, record.id) == 0:
        thread = Thread(record_id=record.id, revision_id=record.latest.id, by_coach=True)
        thread.comments = [Comment(person_id=actor.person_id, text=words)]
        session.add(thread)


def resolve_all(session: Session, actor: Actor, record_id: str, thread_ids: Sequence[int]) -> int:
    """Resolve all of these points, or none of them; how many there were. Raises NotFound, Forbidden."""
    for thread_id in thread_ids:
        act(session, actor, record_id, thread_id, "resolve")
    return len(thread_ids)


def settle(
    session: Session, actor: Actor, record_id: str, thread_id: int, what: str, text: str = "", key: str = ""
) -> None:
    """Answer a point (`what` is "reply"), or do one of `ACTS` with it and say why, if there is a `text`.

    Raises Invalid, NotFound, Forbidden.
    """
    if what != "reply":
        act(session, actor, record_id, thread_id, what)
    if what == "reply" or tidy(text, lines=True):
        reply(session, actor, record_id, thread_id, text, key)


def act(session: Session, actor: Actor, record_id: str, thread_id: int, what: str) -> Thread:
    """Mark a point as addressed or resolved, or open it again; doing it twice changes nothing.

    Raises NotFound, Forbidden.
    """
    if what not in ACTS:
        raise NotFound(what)
    sources, target, permission = ACTS[what]
    record, held = access.desk_record(session, actor, record_id, permission, lock=True)
    thread = _thread(session, actor, record, thread_id, held)
    if thread.standing in sources:
        thread.standing = target
        if what == "address" and record.state in UNDER_REVIEW:
            notices.of_addressed(session, record, thread, actor.person_id)
    return thread


def _point(session: Session, record: Record, thread: Thread, held: frozenset[str], comments: bool) -> Point:
    registry = vocabulary.registry(session)
    record_type = registry[record.kind]
    found = next((f for f in record_type.fields if f.id == thread.field), None)
    acts = tuple(
        what
        for what, (sources, _, permission) in ACTS.items()
        if thread.standing in sources and access.may(record, permission, held)
    )
    label = found.label if found else N_("The whole record")
    return Point(thread, label, _changed(record, thread, found, registry), acts, comments)


def _changed(record: Record, thread: Thread, asked: Field | None, registry: Registry) -> bool:
    """Whether the words a point is about are no longer there: those it quotes, or else the answer it is about."""
    if not thread.field or thread.revision_id == record.latest.id:
        return False
    before, after = (r.values.get(thread.field) for r in (thread.revision, record.latest))
    if thread.quote and asked is not None:
        # they were selected on a page, in whatever language it was, that shows nothing of the signs of Markdown
        told = [compare.told(asked, after, compare.Telling(registry.vocabularies, each)) for each in LANGUAGES]
        seen = {" ".join(t.split()) for text in told for t in (text, prose.plain(text))}
        return not any(" ".join(thread.quote.split()) in text for text in seen)
    return bool(before != after)


def _thread(session: Session, actor: Actor, record: Record, thread_id: int, held: frozenset[str]) -> Thread:
    found = threads.thread(session, record.id, thread_id) if thread_id < 2**31 else None
    if found is None or (found.private and not _may_note(session, actor, record, held)):
        raise NotFound(str(thread_id))
    return found


def _may_note(session: Session, actor: Actor, record: Record, held: frozenset[str]) -> bool:
    return access.may(record, "note", held) and not access.own_work(session, actor, record)


def _checked(session: Session, actor: Actor, text: str) -> str:
    words = tidy(text, lines=True)
    if not words:
        raise Invalid([Problem(("text",), N_("Please write what you want to say."))])
    if len(words) > MAX_TEXT:
        raise Invalid([Problem(("text",), N_("Please shorten this to {max} characters."), {"max": MAX_TEXT})])
    if threads.comments_since(session, actor.person_id or 0, now() - SPAN) >= MOST:
        raise TooMany([Problem(("text",), N_("That is a lot of comments in an hour. Please go on a little later."))])
    return words
