"""What mails about a record say: who did what, the words that matter, and where in the record they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from babel.support import NullTranslations
from sqlalchemy.orm import Session

from knowledge.content.fields import N_
from knowledge.derive import dates
from knowledge.mail.matters import Matter, Reading, Sending
from knowledge.services import access, clock, discussion, notices, opinions, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find, threads
from knowledge.storage.models.discussion import ADDRESSED, OPEN, RESOLVED, Comment, Thread
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.records import Record, Step
from workflows.editorial import ANYONE, SIGNED_IN


def of(
    path: Callable[[Record], str], holds: Callable[[Record], bool] = lambda record: True, reviewed: bool = False
) -> Reading:
    """Of something that happened to a record. `holds`: whether it is still so when the mail is sent.

    `reviewed`: who reviews the record at that moment is led to where she does.
    """

    def reading(sending: Sending) -> Matter:
        session, mail, say = sending.session, sending.mail, sending.say
        record = find.record(session, mail.record_id or "")
        if record is None or not holds(record):
            raise NotFound(mail.record_id)
        held = access.roles_in(session, Actor(sending.account.id, sending.account.name), record)
        if not access.may(record, "view", held - {ANYONE, SIGNED_IN}):  # the latest revision, not the public one
            raise NotFound(mail.record_id)
        if not notices.still_concerns(session, mail, record):
            raise NotFound(mail.record_id)
        said = _said(sending, record)
        who = find.person(session, said.by or 0)
        facts = {"title": record.latest.title, "who": who.name if who else said.guest or say.gettext("Somebody")}
        facts |= _days(record, sending.language)
        facts["coach"] = record.coach.name if record.coach else say.gettext("no coach yet")
        place = f"/review/{record.id}" if reviewed and access.may(record, "review", held) else path(record)
        return Matter(place, facts, said.words, said.about, said.anchor)

    return reading


def late(record: Record) -> bool:
    """Whether a record waits longer than it should."""
    found = clock.due(record)
    return found is not None and found.overdue > 0


@dataclass(frozen=True)
class Said:
    """Who said what about what, and the point on the record's page where it stands ("" for none).

    `guest`: the name of who said it without an account.
    """

    by: int | None
    words: str
    about: str
    anchor: str = ""
    guest: str = ""


def _said(sending: Sending, record: Record) -> Said:
    """What was said in the step, comment or point that a mail is about.

    Raises NotFound for what its reader may not see, and for what is not so any more.
    """
    session, mail, say, facts = sending.session, sending.mail, sending.say, sending.mail.facts
    step = session.get(Step, facts["step"]) if "step" in facts else None
    if step is not None:
        return _of_step(session, mail, record, step, say)
    if "opinion" in facts:
        who, words = opinions.told(session, Actor(sending.account.id, sending.account.name), record, facts["opinion"])
        return Said(who, words, "")
    if "line" in facts:
        if sending.account.id not in {p.id for p in notices.writers(session, record)}:
            raise NotFound(mail.record_id)  # taken off again meanwhile
        return Said(facts["by"], "", "")
    if "live" in facts:
        return Said(None, "", "")  # nobody: a day has come
    comment = session.get(Comment, facts.get("comment", 0))
    thread = threads.thread(session, record.id, comment.thread_id if comment else facts.get("thread", 0))
    reader = Actor(sending.account.id, sending.account.name)
    if thread is None or not discussion.may_read(session, reader, record, thread):
        raise NotFound(mail.record_id)
    about = _label(session, record, thread, say) + (f": “{thread.quote}”" if thread.quote else "")
    if comment is not None:
        return Said(comment.person_id, comment.text, about, f"#point-{thread.id}", comment.guest)
    if thread.standing != ADDRESSED:
        raise NotFound(mail.record_id)
    return Said(facts.get("by"), thread.comments[0].text, about, f"#point-{thread.id}")


def _of_step(session: Session, mail: Mail, record: Record, step: Step, say: NullTranslations) -> Said:
    if mail.event == "returned":
        return Said(step.person_id, step.words, _still_open(session, record, say))
    if mail.event != "submitted":
        return Said(step.person_id, step.words, "")
    last = find.last_step(session, record.id, "submit")
    if last is not None and last.id != step.id:
        raise NotFound(mail.record_id)  # it was returned and came again meanwhile: of that there is a mail as well
    return Said(step.person_id, step.words, _addressed(session, record, say))


def _addressed(session: Session, record: Record, say: NullTranslations) -> str:
    """Which of the coach's points the author says she has dealt with; "" when there were none."""
    points = [t for t in threads.of_record(session, record.id, private=False) if t.by_coach and t.standing != RESOLVED]
    done = [_label(session, record, t, say) for t in points if t.standing == ADDRESSED]
    if not done:
        return ""
    told = say.gettext("Addressed, %(done)s of %(all)s points: %(fields)s.")
    return told % {"done": len(done), "all": len(points), "fields": ", ".join(dict.fromkeys(done))}


def _still_open(session: Session, record: Record, say: NullTranslations) -> str:
    """What the points are about that the author has to deal with; "" when there is none but what is said here."""
    points = [t for t in threads.of_record(session, record.id, private=False) if t.standing == OPEN and t.field]
    about = ", ".join(dict.fromkeys(_label(session, record, t, say) for t in points))
    return say.gettext("Open points: %(fields)s.") % {"fields": about} if about else ""


def _label(session: Session, record: Record, thread: Thread, say: NullTranslations) -> str:
    """The field that a point is about, as the form calls it."""
    record_type = vocabulary.registry(session)[record.kind]
    label = record_type.field(thread.field).label if record_type.has(thread.field) else N_("The whole record")
    return str(say.gettext(label))


def _days(record: Record, language: str) -> dict[str, str]:
    """Since when a record waits, and when the answer is due, as people say it: Thursday 3 December."""
    found = clock.due(record)
    days = {"since": found.since.date(), "due": found.on} if found else {}
    return {name: dates.weekday(day, language) for name, day in days.items()}
