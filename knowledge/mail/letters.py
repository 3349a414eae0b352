"""The words of a mail, written at the moment of sending, from what its reader may see at that moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from babel.dates import format_date
from babel.support import NullTranslations, Translations
from sqlalchemy.orm import Session

from knowledge.content.events import Frequency
from knowledge.content.fields import N_
from knowledge.services import access, clock, discussion, notices, replies, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import NotFound
from knowledge.storage import find, threads
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import ADDRESSED, RESOLVED, Comment, Thread
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Step
from workflows.editorial import ANYONE, CHANGES, EDITORIAL, IN_REVIEW, SIGNED_IN

TRANSLATIONS = Path(__file__).parents[1] / "translations"
SAID = 600  # characters of somebody's words that a mail repeats


@dataclass(frozen=True)
class Paragraph:
    """What happened, somebody's own words, what they are `about`, and the one place to go to."""

    heading: str
    text: str
    words: str
    link: str
    label: str
    about: str = ""


@dataclass(frozen=True)
class Letter:
    """A mail to one person about one thing, or several. `reply_to`: where an answer becomes a comment, or ""."""

    language: str
    subject: str
    greeting: str
    paragraphs: tuple[Paragraph, ...]
    record_id: str
    stop: str
    footer: str
    stop_label: str
    settings_label: str
    reply_to: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Told:
    """What an event says: a line for the subject, a sentence, a label for the link, and where the link leads.

    `holds`: whether it is still so when the mail is sent; a record that was withdrawn meanwhile is not announced.
    """

    subject: str
    text: str
    label: str
    path: Callable[[Record], str]
    holds: Callable[[Record], bool]


def _late(record: Record) -> bool:
    """Whether a record waits longer than it should."""
    found = clock.due(record)
    return found is not None and found.overdue > 0


EVENTS: Mapping[str, Told] = {
    "submitted": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s sent you “%(title)s” for review."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "assigned": Told(
        N_("For you to review: %(title)s"),
        N_("%(who)s gives you “%(title)s” to review. The answer is due on %(due)s."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "handed-back": Told(
        N_("Free for review: %(title)s"),
        N_("“%(title)s” waits for a coach of the programme: any of you can take it up. The answer is due on %(due)s."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "due-soon": Told(
        N_("Due on %(due)s: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer is due on %(due)s."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        lambda record: not _late(record),
    ),
    "overdue": Told(
        N_("Overdue: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer was due on %(due)s."),
        N_("Read and review"),
        lambda record: f"/review/{record.id}",
        _late,
    ),
    "escalated": Told(
        N_("Review overdue: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer was due on %(due)s. With: %(coach)s."),
        N_("See who looks after it"),
        lambda record: f"/manage/records/{record.id}",
        _late,
    ),
    "unattended": Told(
        N_("No coach is there: %(title)s"),
        N_("“%(title)s” waits for review, and no coach is there who may read it. It stays as it is until one is."),
        N_("Give it to a coach"),
        lambda record: f"/manage/records/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "claimed": Told(
        N_("A coach reads it: %(title)s"),
        N_("%(who)s has taken up “%(title)s”. The answer is due on %(due)s."),
        N_("Go to the record"),
        lambda record: f"/work/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "returned": Told(
        N_("Changes asked for: %(title)s"),
        N_("%(who)s read “%(title)s” and asks you for changes."),
        N_("See what to change"),
        lambda record: f"/work/{record.id}/edit",
        lambda record: record.state == CHANGES,
    ),
    "commented": Told(
        N_("Comment: %(title)s"),
        N_("%(who)s wrote about “%(title)s”:"),
        N_("Read and answer"),
        lambda record: f"/work/{record.id}",
        lambda record: True,
    ),
    "addressed": Told(
        N_("Addressed: %(title)s"),
        N_("%(who)s has addressed your point in “%(title)s”:"),
        N_("See what was done"),
        lambda record: f"/review/{record.id}",
        lambda record: record.state == IN_REVIEW,
    ),
    "published": Told(
        N_("Published: %(title)s"),
        N_("%(who)s published “%(title)s”. Everybody can find it now."),
        N_("See it as others do"),
        lambda record: f"/practices/{record.id}",
        lambda record: record.live_id is not None,
    ),
    "withdrawn": Told(
        N_("Withdrawn: %(title)s"),
        N_("%(who)s withdrew “%(title)s”. A page remains that says so and why."),
        N_("Go to the record"),
        lambda record: f"/work/{record.id}",
        lambda record: record.live_id is None,
    ),
}


class Unseen(Exception):
    """What this mail would tell is no longer so, or its reader may not see it; it is not sent."""


@dataclass(frozen=True)
class Writer:
    """Writes letters for a site.

    `address`: its public address; `key`: signs links and addresses for answers; `reply`: where answers go, or "".
    """

    address: str
    key: str
    reply: str = ""

    def letter(self, session: Session, mails: Sequence[Mail]) -> Letter:
        """One letter about these, all to one person; what she may not see is left out. Raises Unseen for nothing."""
        person, wishes = mails[0].person, notices.wishes_of(session, mails[0].person_id)
        language, say = _language(wishes.language)
        paragraphs, kinds, first = [], set[str](), mails[0]
        for mail in sorted(mails, key=lambda m: (m.record_id or "", m.id)):  # what belongs together stands together
            if wishes.often.get(mail.event) == Frequency.NEVER:
                continue  # she has said so since it was written
            try:
                paragraphs.append(self._paragraph(session, mail, say, language))
                kinds.add(mail.event)
            except NotFound:
                continue
        if not paragraphs or not person.active:
            raise Unseen
        together, kind = first.together, "+".join(sorted(kinds))
        reply_to = "" if together else self._reply_to(session, first)
        heading = say.ngettext("Praxis: %(num)d thing", "Praxis: %(num)d things", len(paragraphs))
        return Letter(
            language,
            heading % {"num": len(paragraphs)} if len(paragraphs) > 1 else paragraphs[0].heading,
            say.gettext("Dear %(name)s,") % {"name": person.name},
            tuple(paragraphs),
            "" if together else first.record_id or "",
            f"{self.address}/mail/stop/{notices.stop_token(self.key, person.id, kind)}",
            say.gettext("You get this because of your part in these records."),
            say.ngettext("No more mails of this kind", "No more mails of these kinds", len(kinds)),
            say.gettext("Choose what you get, and when"),
            reply_to,
            say.gettext("You can answer this mail: your words become a comment.") if reply_to else "",
        )

    def _reply_to(self, session: Session, mail: Mail) -> str:
        """The address that takes this reader's answer; "" where there is nothing to answer, or she may not."""
        comment = session.get(Comment, mail.facts.get("comment", 0))
        record = find.record(session, mail.record_id or "")
        if not self.reply or comment is None or record is None:
            return ""
        held = access.roles_in(session, Actor(mail.person_id, mail.person.name), record)
        to = replies.ReplyTo(mail.person_id, comment.thread_id)
        return replies.address(self.key, self.reply, to, now()) if EDITORIAL.may("comment", record.state, held) else ""

    def _paragraph(self, session: Session, mail: Mail, say: NullTranslations, language: str) -> Paragraph:
        record, told = find.record(session, mail.record_id or ""), EVENTS[mail.event]
        if record is None or not told.holds(record) or not _may_read(session, mail.person, record):
            raise NotFound(mail.record_id)
        if not notices.still_concerns(session, mail, record):
            raise NotFound(mail.record_id)
        said = _said(session, mail, record, say)
        who = find.person(session, said.by or 0)
        facts = {"title": record.latest.title, "who": who.name if who else say.gettext("Somebody")}
        facts |= _days(record, language)
        facts["coach"] = record.coach.name if record.coach else say.gettext("no coach yet")
        words = said.words if len(said.words) <= SAID else said.words[:SAID].rsplit(" ", 1)[0] + " …"
        return Paragraph(
            say.gettext(told.subject) % facts,
            say.gettext(told.text) % facts,
            words,
            self.address + quote(told.path(record)) + said.anchor,
            say.gettext(told.label),
            said.about,
        )


def message_id(mail: Mail, host: str) -> str:
    """The same at every try, so that a mail that arrives twice is shown once, and no one can guess another's."""
    return f"<{mail.id}.{hashlib.sha256(mail.key.encode()).hexdigest()[:16]}@{host}>"


@dataclass(frozen=True)
class Said:
    """Who said what about what, and the point on the record's page where it stands ("" for none)."""

    by: int | None
    words: str
    about: str
    anchor: str = ""


def _said(session: Session, mail: Mail, record: Record, say: NullTranslations) -> Said:
    """What was said in the step, comment or point that a mail is about.

    Raises NotFound for what its reader may not see, and for what is not so any more.
    """
    facts = mail.facts
    step = session.get(Step, facts["step"]) if "step" in facts else None
    if step is not None:
        return _of_step(session, mail, record, step, say)
    comment = session.get(Comment, facts.get("comment", 0))
    thread = threads.thread(session, record.id, comment.thread_id if comment else facts.get("thread", 0))
    reader = Actor(mail.person_id, mail.person.name)
    if thread is None or not discussion.may_read(session, reader, record, thread):
        raise NotFound(mail.record_id)
    about = _label(session, record, thread, say) + (f": “{thread.quote}”" if thread.quote else "")
    if comment is not None:
        return Said(comment.person_id, comment.text, about, f"#point-{thread.id}")
    if thread.standing != ADDRESSED:
        raise NotFound(mail.record_id)
    return Said(facts.get("by"), thread.comments[0].text, about, f"#point-{thread.id}")


def _of_step(session: Session, mail: Mail, record: Record, step: Step, say: NullTranslations) -> Said:
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


def _label(session: Session, record: Record, thread: Thread, say: NullTranslations) -> str:
    """The field that a point is about, as the form calls it."""
    record_type = vocabulary.registry(session)[record.kind]
    label = record_type.field(thread.field).label if record_type.has(thread.field) else N_("The whole record")
    return str(say.gettext(label))


def _days(record: Record, language: str) -> dict[str, str]:
    """Since when a record waits, and when the answer is due, as people say it: Thursday 3 December."""
    found = clock.due(record)
    days = {"since": found.since.date(), "due": found.on} if found else {}
    return {name: format_date(day, "EEEE d MMMM", locale=language) for name, day in days.items()}


def _may_read(session: Session, person: Person, record: Record) -> bool:
    """Whether this person may see the latest revision now."""
    held = access.roles_in(session, Actor(person.id, person.name), record) - {ANYONE, SIGNED_IN}
    return EDITORIAL.may("view", record.state, held)


def _language(wanted: str) -> tuple[str, NullTranslations]:
    """The language that a letter can be written in, and its words: English where nothing is translated."""
    say = words_in(wanted)
    return (wanted if isinstance(say, Translations) else "en"), say


@lru_cache(maxsize=32)
def words_in(language: str) -> NullTranslations:
    """The words of letters in a language; English where they are not translated."""
    found: NullTranslations = Translations.load(str(TRANSLATIONS), [language])
    return found
