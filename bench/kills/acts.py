"""What the child does until it is killed: saves, autosaves, uploads, decisions, mails, imports, one after the other.

Each act says "begun" with what it is about to write, and "done" when a person would have been told that it is safe.
Every one has a token of its own, by which `checks.py` finds it again.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bench.kills.forking import Tell
from bench.site import silent
from knowledge import setup
from knowledge.app import join
from knowledge.content.registry import RESERVED
from knowledge.content.site import registry as declared
from knowledge.mail.postman import Postman
from knowledge.services import authoring, editorial, exchange, indexing, working
from knowledge.services.actor import Actor
from knowledge.services.site import Site
from knowledge.services.uploads import LEAST_CHUNK
from knowledge.settings import Settings
from knowledge.storage import attached, find, mailbox
from knowledge.storage.models.base import now
from knowledge.storage.models.files import Upload
from knowledge.storage.models.records import Record

TYPED = "typed-record"  # the one whose form stays open and is never saved
PROGRAMME = "kills"
LATEST = 30  # records to choose from: a desk is no archive
BATCH = 4  # lines of an import, kept together or not at all
ROOM = 30  # files of a record, above which it gets no more
CHUNKS = 3  # an upload comes in so many pieces
_compiled: dict[Any, Any] = {}
MANY = 300  # records above which the index is not built anew: that would be all there is to kill


def opened(settings: Settings, mend: bool = True) -> Site:
    """The site as a restart finds it; without `mend`, as the dead process left it."""
    site = join(settings, declared())
    for engine in (site.db.engine, site.db._write_engine):  # statements are compiled once, before anything is forked
        engine.update_execution_options(compiled_cache=_compiled)
    if mend:
        setup.prepare(site, silent)  # type: ignore[arg-type]
    return site


def closed(site: Site) -> None:
    """Leave nothing open."""
    site.engine.close()
    site.db.close()


def answers() -> dict[str, Any]:
    """What a record needs to be sent to the coach: those of the first demo record."""
    from importlib import resources

    with (resources.files("knowledge.demo") / "records.jsonl").open(encoding="utf-8") as lines:
        return {k: v for k, v in json.loads(next(iter(lines))).items() if k not in RESERVED}


def title(token: str) -> str:
    """The title of what was saved under a token."""
    return f"Kept under {token}"


def prose(token: str) -> str:
    """Its prose: long enough to be torn."""
    return " ".join([token] * 60)


def words(token: str) -> str:
    """What a decision says."""
    return f"Because of {token}."


def content(token: str) -> bytes:
    """The bytes of the file of a token: plain text, its token first."""
    return f"File {token} of ".encode() + b"offers by phone, " * 3600


@dataclass
class Victim:
    """Whoever works in the child. `turn`: how often it was started, so that no token comes twice."""

    settings: Settings
    actors: Mapping[str, Actor]
    turn: int
    tell: Tell
    dice: random.Random
    answers: Mapping[str, Any]
    count: int = 0
    site: Site = field(init=False)
    postman: Postman = field(init=False)

    def work(self, first: str) -> None:
        """Open the site and go on for ever; one act of the kind `first` comes soon."""
        self.tell("begun", "open")
        self.open()
        self.tell("done", "open")
        kinds, weights = list(ACTS), [weight for _, weight in ACTS.values()]
        before = BEFORE.get(first) or self.dice.choices(kinds, weights)
        plan = [*before, *([first] if first in ACTS else [])]
        while True:
            kind = plan.pop(0) if plan else self.dice.choices(kinds, weights)[0]
            ACTS[kind][0](self)

    def open(self) -> None:
        """As a restart does."""
        self.site = opened(self.settings)
        self.postman = setup.postman(self.site)

    def token(self) -> str:
        """A word that nothing else has."""
        self.count += 1
        return f"t{self.turn}x{self.count}"

    def some(self, *states: str) -> Record | None:
        """One of the last records in these states, but the one that is being typed in."""
        with self.site.db.reading() as session:
            query = select(Record).where(Record.state.in_(states), Record.id != TYPED)
            query = query.options(joinedload(Record.latest))
            found = session.scalars(query.order_by(Record.changed.desc()).limit(LATEST)).all()
            return self.dice.choice(found) if found else None


def save(v: Victim) -> None:
    """A new record, or a new version of a draft."""
    token, record = v.token(), v.some("draft", "changes_requested")
    values = {**v.answers, "title": title(token), "context": prose(token)}
    if v.dice.random() < 0.4:
        record = None
    facts = {"token": token, "record": record.id if record else ""}
    v.tell("begun", "save", **facts)
    if record is None:
        v.site.act(authoring.start, v.actors["author"], "experience", values, token, PROGRAMME)
    else:
        v.site.act(authoring.save, v.actors["author"], record.id, values, record.latest.number)
    v.tell("done", "save", **facts)


def autosave(v: Victim) -> None:
    """What is typed in a form that nobody saves."""
    author, place = v.actors["author"], working.Place(TYPED)
    copy = v.site.ask(working.of, author, place).copy
    number = int(copy.key) + 1 if copy else 1
    fields = [("title", f"T{number}"), ("context", "word " * number)]
    v.tell("begun", "autosave", number=number)
    v.site.act(working.keep, author, place, fields, 1, str(number), copy.tag if copy else "")
    v.tell("done", "autosave", number=number)


def upload(v: Victim) -> None:
    """A file: the next pieces of one that was left behind, or a new one, whole or in pieces."""
    author, uploads = v.actors["author"], v.site.uploads
    left, record = left_behind(v), v.some("draft")
    if left is not None:
        return in_pieces(v, left.record_id, left.name, left.id, left.received)
    if record is None or len(v.site.ask(attached.of_record, record.id)) > ROOM:
        return save(v)
    name = f"{v.token()}.txt"
    if v.dice.random() < 0.6:
        begun = uploads.begin(author, record.id, name, len(content(name)), name)
        return in_pieces(v, record.id, name, begun.id, begun.received)
    v.tell("begun", "file", name=name, record=record.id)
    uploads.keep(author, record.id, name, io.BytesIO(content(name)))
    v.tell("done", "file", name=name, record=record.id)
    return None


def left_behind(v: Victim) -> Upload | None:
    """An upload that was cut off by a kill, of a record that is still a draft."""
    with v.site.db.reading() as session:
        query = select(Upload).join(Record, Record.id == Upload.record_id)
        return session.scalar(query.where(Upload.file_id.is_(None), Record.state == "draft").limit(1))


def in_pieces(v: Victim, record_id: str, name: str, upload_id: str, received: int) -> None:
    """What is still to come of a file, and the file of it."""
    author, uploads, text = v.actors["author"], v.site.uploads, content(name)
    step = max(LEAST_CHUNK, len(text) // CHUNKS)
    while received < len(text):
        v.tell("begun", "upload", upload=upload_id, received=received)
        received = uploads.add(author, record_id, upload_id, received, text[received : received + step]).received
        v.tell("done", "upload", upload=upload_id, received=received)
    v.tell("begun", "file", name=name, record=record_id)
    uploads.finish(author, record_id, upload_id)
    v.tell("done", "file", name=name, record=record_id)


def decide(v: Victim) -> None:
    """One step of some record: sent, published or asked to be changed."""
    record = v.some("draft", "changes_requested", "in_review")
    if record is None:
        return save(v)
    if record.state != "in_review" and record.latest.sealed:
        return save(v)  # nothing new to read: the coach would get the same mail again
    waits = record.state == "in_review"
    step = v.dice.choice(("publish", "publish", "request-changes")) if waits else "submit"
    who, token = v.actors["coach" if waits else "author"], v.token()
    v.tell("begun", "decision", token=token, record=record.id)
    v.site.act(editorial.advance, who, record.id, step, words=words(token), seen=record.latest.number)
    v.tell("done", "decision", token=token, record=record.id)
    return None


def mail(v: Victim) -> None:
    """Send what is due."""
    with v.site.db.reading() as session:
        due = [each.id for each in mailbox.due(session, now(), 100)]
    if not due:
        return decide(v)
    v.tell("begun", "mail", mails=due)
    v.postman.deliver()
    v.tell("done", "mail", mails=due)
    return None


def import_(v: Victim) -> None:
    """A few lines at once."""
    tokens = [v.token() for _ in range(BATCH)]
    given = {**v.answers, "kind": "experience", "state": "in_review", "programme": PROGRAMME}
    given["authors"] = [{"email": "author@example.org"}]
    lines = [(n, json.dumps({**given, "id": t, "title": title(t), "context": prose(t)})) for n, t in enumerate(tokens)]
    tally = exchange.Tally()
    v.tell("begun", "import", tokens=tokens)
    v.site.act(exchange.import_batch, v.actors["manager"], lines, tally, True)
    v.tell("done", "import", tokens=tokens)


def rebuild(v: Victim) -> None:
    """The index, beside the one that answers."""
    if v.site.ask(find.record_count) > MANY:
        return decide(v)
    v.tell("begun", "rebuild")
    indexing.rebuild(v.site.db, v.site.engine)
    v.tell("done", "rebuild")
    return None


# kind -> what is done, and how often
ACTS: Mapping[str, tuple[Callable[[Victim], None], int]] = {
    "save": (save, 20),
    "autosave": (autosave, 15),
    "upload": (upload, 15),
    "decision": (decide, 30),
    "mail": (mail, 20),
    "import": (import_, 3),
    "rebuild": (rebuild, 1),
}


# what comes before the act that is aimed at: mail needs something to tell; mails and files are to be answered now and
# then however few the kills are
BEFORE: Mapping[str, list[str]] = {
    "mail": ["decision"], "import": ["decision", "mail"], "save": ["decision", "mail"], "decision": ["save", "upload"],
}  # fmt: skip


def import_and_publish(settings: Settings, lines: Path, seed: int, tell: Tell) -> None:
    """Import what is not there, publish what waits, rebuild now and then; tell of each when it is safe."""
    dice = random.Random(seed)
    exchange.BATCH = BATCH
    site = opened(settings)
    manager, coach = setup.actor_of(site, ""), setup.actor_of(site, "coach@example.org")
    with lines.open() as file:
        for batch in exchange.batches(file):
            tally = exchange.Tally()
            site.act(exchange.import_batch, manager, batch, tally, True)
            if tally.bad:
                raise ValueError(str(tally.bad[0]))
            for _, text in batch:
                tell("done", "import", record=json.loads(text)["id"])
            with site.db.reading() as session:
                waiting = [(r.id, r.latest.number) for r in find.in_state(session, "in_review")]
            for record_id, number in waiting:
                site.act(editorial.advance, coach, record_id, "publish", seen=number)
                tell("done", "publish", record=record_id)
                if dice.random() < 0.15:
                    indexing.rebuild(site.db, site.engine)
    closed(site)
