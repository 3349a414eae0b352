"""What the index is told: changes after a commit, everything for a rebuild, and how it differs from the database.

A record yields at most two documents: what the public reads, and, when it differs, what its desk reads. The outbox
row is deleted only after the engine has committed, so a crash in between repeats the work and loses none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from knowledge.content import openness
from knowledge.derive import index as derive_index
from knowledge.services import editorial, files, outbox, vocabulary
from knowledge.services.access import PUBLIC
from knowledge.storage import find
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Record, Revision
from knowledge.storage.models.site import Outbox
from knowledge.storage.session import Database
from search.engine import Progress, SearchEngine
from search.schema import Document, moment

BATCH = 500
DESK = "~desk"  # marks the desk's document; no record id contains a tilde
INDEX = "index"  # the lock of whoever tells the index of changes


def drain(db: Database, engine: SearchEngine, hurried: bool = False) -> int:
    """Tell the index of every change in the outbox; returns how many records. Raises SearchUnavailable.

    One consumer at a time, of all processes: a slow one must not put an older text over a newer one. `hurried`: for
    somebody who waits; raises Held at once where another consumer is at work, who comes to this change too: each looks
    once more when it has let go.
    """
    done = 0
    while True:
        with db.reading() as session:
            if not find.outbox(session, 1):
                return done
        with db.alone(INDEX, wait=not hurried):
            with db.reading() as session:
                rows = find.outbox(session, BATCH)
                puts, drops = changes(session, dict.fromkeys(r.record_id for r in rows))
            if rows:
                engine.apply(puts, drops, hurried)
            with db.transaction() as session:
                session.execute(delete(Outbox).where(Outbox.id.in_([r.id for r in rows])))
            done += len(puts) + len(drops)


def changes(session: Session, record_ids: Iterable[str]) -> tuple[list[Document], list[str]]:
    """The documents to put and the ids to drop so that the index is true for these records."""
    ids = list(record_ids)
    found = find.records(session, ids)
    puts: list[Document] = []
    for record_id in ids:
        if record_id in found:
            puts += documents(session, found[record_id])
    put = {d.id for d in puts}
    return puts, [d for r in ids for d in (r, r + DESK) if d not in put]


def documents(session: Session, record: Record) -> list[Document]:
    """What the index holds of one record: the public document, the desk's, both or neither."""
    made = []
    if record.live is not None:
        made.append(_document(session, record, record.live, record.id, frozenset({PUBLIC})))
    if record.live is None or record.latest_id != record.live_id:
        made.append(_document(session, record, record.latest, record.id + DESK, audience(record)))
    return made


def dated(record: Record, at_desk: bool) -> str:
    """The date of a document of a record: an index that holds another one holds another text."""
    date = record.changed if at_desk else record.published
    return date.isoformat() if date else ""


def audience(record: Record) -> frozenset[str]:
    """Who may find the latest revision of a record while it is not the live one."""
    people = {
        f"person:{a.person_id}"
        for a in record.authorships
        if a.person_id is not None and a.role in (tables.AUTHOR, tables.CO_AUTHOR)
    }
    coach = {f"person:{record.coach_id}"} if record.coach_id else set()
    programme = {f"coach:{record.programme_id}"} if record.programme_id else set()
    return frozenset(people | coach | programme | {"manager"})


def rebuild(db: Database, engine: SearchEngine, progress: Progress | None = None) -> int:
    """Fill a fresh index beside the old one and swap it in; returns the number of documents.

    Whatever changed while it was filled went into the old index, so it is announced again after the swap.
    """
    started, running = now(), time.monotonic()

    def since() -> datetime:
        """A moment before all that happened meanwhile, by whatever clock: it may have been set back."""
        return min(started, now() - timedelta(seconds=time.monotonic() - running)) - timedelta(seconds=5)

    with db.reading() as session:
        before = [row.id for row in find.outbox(session, 1_000_000)]
    count = engine.rebuild(_all_documents(db), progress, lambda: _announced_again(db, since()))
    with db.transaction() as session:
        for start in range(0, len(before), BATCH):
            session.execute(delete(Outbox).where(Outbox.id.in_(before[start : start + BATCH])))
    drain(db, engine)
    return count


@contextmanager
def _announced_again(db: Database, started: datetime) -> Iterator[None]:
    """What changed since then, announced before the swap, which happens while nobody tells the index of changes.

    Killed before the swap, the old index hears of the changes twice; after it, the new one is still to hear of them.
    """
    with db.alone(INDEX):
        with db.transaction() as session:
            outbox.all_changed(session, find.changed_since(session, started))
            for term in find.changed_terms(session, started):  # a new name of a term changes no record
                outbox.all_changed(session, find.records_with_term(session, term.id))
        yield


def _all_documents(db: Database) -> Iterator[Document]:
    after = ""
    while True:
        with db.reading() as session:
            ids = find.record_ids_after(session, after, BATCH)
            found = find.records(session, ids)
            batch = [d for r in ids for d in documents(session, found[r])]
        if not ids:
            return
        yield from batch
        after = ids[-1]


@dataclass(frozen=True)
class Comparison:
    """How the index differs from the database: documents that are missing, that should not be there, or are old."""

    missing: frozenset[str]
    surplus: frozenset[str]
    stale: frozenset[str]
    waiting: int

    @property
    def same(self) -> bool:
        """Whether index and database agree, and nothing waits."""
        return not (self.differing or self.waiting)

    @property
    def differing(self) -> frozenset[str]:
        """The records whose documents are not as they should be."""
        return frozenset(d.removesuffix(DESK) for d in self.missing | self.surplus | self.stale)


def compare(db: Database, engine: SearchEngine) -> Comparison:
    """Hold the index against the database. Raises SearchUnavailable."""
    wanted = {d.id: moment(d.date) for d in _all_documents(db)}
    with db.reading() as session:
        waiting = find.outbox_size(session)
    held = engine.held()
    stale = frozenset(i for i in wanted.keys() & held.keys() if wanted[i] != held[i])
    return Comparison(frozenset(wanted.keys() - held.keys()), frozenset(held.keys() - wanted.keys()), stale, waiting)


def reconcile(db: Database, engine: SearchEngine) -> Comparison:
    """Announce again whatever differs between index and database; the next drain makes it right.

    What changes while the two are compared may be announced for nothing, which does no harm.
    """
    found = compare(db, engine)
    if found.differing:
        with db.transaction() as session:
            outbox.all_changed(session, sorted(found.differing))
    return found


def _document(
    session: Session, record: Record, revision: Revision, document_id: str, readers: frozenset[str]
) -> Document:
    registry = vocabulary.registry(session)
    record_type, answers = registry[record.kind], revision.answers
    names = record.credits if readers == {PUBLIC} else editorial.names(record)
    return derive_index.document(
        document_id,
        record_type,
        openness.public(record_type, answers) if readers == {PUBLIC} else answers,
        registry,
        audience=readers,
        date=dated(record, at_desk=readers != {PUBLIC}),
        extra=names,
        files=files.words(session, record, revision.values),
    )
