"""A link for one reader without an account, who reads the latest text of a record and comments on it.

It opens that text and nothing else, until it expires, is taken back, the record is withdrawn, or whoever made it may
not show the record any more. A guest may say no more than the maker of her link.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_, Field
from knowledge.services import access, accounts, catalogue, discussion, files, notices
from knowledge.services.actor import ANYONE, Actor
from knowledge.services.catalogue import Article
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find, links, threads
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import Comment, ShareLink, Thread
from knowledge.storage.models.records import Record

DAYS, LONGEST = 14, 90
MOST_LINKS = 20  # open ones of a record
MOST, SPAN = 30, timedelta(hours=1)  # comments by one link
NOTED_EVERY = timedelta(minutes=5)  # how exactly the last use is known


@dataclass(frozen=True)
class Opened:
    """What a link shows: the text, what its reader has said about it so far with the answers, and what she may do."""

    link: ShareLink
    article: Article
    fields: tuple[Field, ...]
    threads: tuple[Thread, ...]
    may_comment: bool
    unnoted: bool  # this use should be noted


def make(
    session: Session, actor: Actor, record_id: str, *, name: str, email: str = "", days: str = ""
) -> tuple[ShareLink, str]:
    """Make a link for somebody; the token in it is told once and not kept. Raises Invalid, NotFound, Forbidden."""
    record, _ = access.desk_record(session, actor, record_id, "invite", lock=True)
    name, problems = tidy(name), []
    if not name or len(name) > 120:
        problems.append(Problem(("name",), N_("Please say for whom it is, in at most 120 characters.")))
    days = tidy(days) or str(DAYS)
    lasts = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0
    if not 0 < lasts <= LONGEST:
        problems.append(Problem(("days",), N_("Please give a number of days from 1 to {max}."), {"max": LONGEST}))
    if sum(link.open for link in links.of_record(session, record.id)) >= MOST_LINKS:
        facts = {"max": MOST_LINKS}
        problems.append(Problem(("name",), N_("There are {max} open links. Please take one back first."), facts))
    if problems:
        raise Invalid(problems)
    address, token = accounts.normal_email(email) if email.strip() else "", secrets.token_urlsafe(32)
    assert actor.person_id is not None
    link = ShareLink(record_id=record.id, token_hash=_hash(token), name=name, email=address, by_id=actor.person_id)
    link.expires = now() + timedelta(days=lasts)
    session.add(link)
    session.flush()
    return link, token


def of(session: Session, actor: Actor, record_id: str) -> list[ShareLink]:
    """The links of a record, the newest first, for who may make them. Raises NotFound, Forbidden."""
    access.desk_record(session, actor, record_id, "invite")
    return list(links.of_record(session, record_id))


def may_invite(session: Session, actor: Actor, record: Record) -> bool:
    """Whether the actor may make links to this record."""
    return access.may(record, "invite", access.roles_in(session, actor, record))


def take_back(session: Session, actor: Actor, record_id: str, link_id: int) -> None:
    """Close a link at once; what was said by it stays. Raises NotFound, Forbidden."""
    access.desk_record(session, actor, record_id, "invite")
    link = links.one(session, record_id, link_id) if link_id < 2**31 else None
    if link is None:
        raise NotFound(str(link_id))
    link.ended = link.ended or now()


def opened(session: Session, token: str) -> Opened:
    """What somebody with this token reads. Raises NotFound for a token that opens nothing, whatever the cause."""
    link, record, maker = _entered(session, token)
    article = catalogue.article(session, ANYONE, record, record.latest)
    door = f"/shared/{token}/files"  # her link is her right to them
    article = replace(article, files={name: replace(each, door=door) for name, each in article.files.items()})
    hidden = article.nameless
    fields = tuple(f for f in article.record_type.fields if f.public and not (hidden and f.names))
    said = tuple(links.threads(session, link.id))
    return Opened(link, article, fields, said, access.may(record, "comment", maker), _unnoted(link))


def file(session: Session, token: str, file_id: str, part: str) -> files.Opened:
    """A file that the text of this link shows. Raises NotFound, whatever the cause."""
    record = _entered(session, token)[1]
    article = catalogue.article(session, ANYONE, record, record.latest)
    return files.opened_in(session, record, article.values, file_id, part)


def used(session: Session, token: str) -> None:
    """Note that a link was opened. Raises NotFound."""
    link = _entered(session, token)[0]
    if _unnoted(link):
        link.last_used = now()


def comment(session: Session, token: str, *, about: str, text: str, quote: str = "", key: str = "") -> Thread:
    """Make a point as the reader of this link. Raises Invalid, NotFound, Forbidden."""
    link, record, maker = _entered(session, token, lock=True)
    if not access.may(record, "comment", maker):
        raise Forbidden(N_("Nobody comments on this record now. Whoever sent you the link knows more."))
    if about and about not in {f.id for f in opened(session, token).fields}:
        raise NotFound(about)
    before = threads.said(session, key) if key else None
    if before is not None:
        found = threads.thread(session, record.id, before.thread_id)
        if found is None or before.link_id != link.id:
            raise NotFound(key)
        return found
    words = _checked(session, link, text)
    thread = Thread(record_id=record.id, revision_id=record.latest.id, field=about)
    thread.quote = tidy(quote)[: discussion.MAX_QUOTE]
    thread.comments = [Comment(person_id=None, link_id=link.id, guest=link.name, text=words, key=key or None)]
    session.add(thread)
    session.flush()
    notices.of_comment(session, record, thread, thread.comments[-1])
    notices.tell(session, "commented", [link.by], record.id, {"comment": thread.comments[-1].id})
    return thread


def _entered(session: Session, token: str, lock: bool = False) -> tuple[ShareLink, Record, frozenset[str]]:
    """The link of a token, its record, and the roles of who made it, as they are now."""
    link = links.by_hash(session, _hash(token))
    record = find.record(session, link.record_id, lock) if link and link.open else None
    if link is None or record is None:
        raise NotFound("link")
    maker = access.roles_in(session, Actor(link.by_id, link.by.name), record)
    if not access.may(record, "invite", maker):
        raise NotFound("link")
    return link, record, maker


def _unnoted(link: ShareLink) -> bool:
    return link.last_used is None or abs(now() - link.last_used) > NOTED_EVERY  # clocks are set back, too


def _checked(session: Session, link: ShareLink, text: str) -> str:
    words = tidy(text, lines=True)
    if not words:
        raise Invalid([Problem(("text",), N_("Please write what you want to say."))])
    if len(words) > discussion.MAX_TEXT:
        facts = {"max": discussion.MAX_TEXT}
        raise Invalid([Problem(("text",), N_("Please shorten this to {max} characters."), facts)])
    if links.comments_since(session, link.id, now() - SPAN) >= MOST:
        raise Invalid([Problem(("text",), N_("That is a lot of comments in an hour. Please go on a little later."))])
    return words


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
