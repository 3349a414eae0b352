"""What must be so after a kill: acknowledged writes are there, others whole or not at all; no mail twice, no half file.

What was said is all that is known here; nothing asks the dead process, and nothing is mended before it is looked at.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.kills import acts
from bench.kills.forking import Said
from knowledge.files.store import ASIDE, Store
from knowledge.mail.letters import message_id
from knowledge.services import files
from knowledge.services.site import Site
from knowledge.storage import attached, find
from knowledge.storage.models import records as tables
from knowledge.storage.models.files import StoredFile, Upload
from knowledge.storage.models.mail import DROPPED, SENT, Mail
from knowledge.storage.models.records import FacetValue, Publication, Record, Revision
from knowledge.storage.models.working import WorkingCopy
from workflows.editorial import PUBLISHED

LOST, TORN, DOUBLED, HALF = "lost", "torn", "doubled", "half file"
SORTS = (LOST, TORN, DOUBLED, HALF)


@dataclass(frozen=True)
class Fault:
    """Something that must not be: an act of which kind, what became of it, and what was seen."""

    kind: str
    sort: str
    sentence: str


@dataclass(frozen=True)
class Act:
    """What the child began to write, and whether it said that it is safe."""

    kind: str
    facts: Mapping[str, Any]
    done: bool


def acts_of(said: Iterable[Said]) -> list[Act]:
    """What was begun, in order. Only the last can be without an answer, for one act follows the other."""
    found: list[Act] = []
    for line in said:
        if line.what == "begun":
            found.append(Act(line.kind, line.facts, False))
        elif line.what == "done" and found:
            found[-1] = Act(line.kind, line.facts, True)
    return found


# ---------------------------------------------------------------------------- one act


def _save(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    token = act.facts["token"]
    record_id = act.facts["record"]
    record = find.record(session, record_id) if record_id else find.record_started_with(session, token)
    there = [r for r in find.revisions(session, record.id) if r.title == acts.title(token)] if record else []
    if record is None or not there:
        yield from _if_done(act, f"{acts.title(token)} is not there")
        return
    [*more, revision] = there
    whole = revision.values.get("context") == acts.prose(token) and record.latest is not None and record.authorships
    facets = select(FacetValue).where(FacetValue.record_id == record.id, FacetValue.layer == tables.LATEST)
    if not whole or session.scalars(facets.limit(1)).first() is None:
        yield Fault(act.kind, TORN, f"{acts.title(token)} is not whole")
    if more:
        yield Fault(act.kind, DOUBLED, f"{acts.title(token)} is there {len(there)} times")


def _autosave(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    copy = session.scalar(select(WorkingCopy).where(WorkingCopy.record_id == acts.TYPED))
    number = int(copy.key) if copy else 0
    if number < act.facts["number"]:
        yield from _if_done(act, f"what was typed is at {number}, not {act.facts['number']}")
    if copy and copy.fields != [["title", f"T{number}"], ["context", "word " * number]]:
        yield Fault(act.kind, TORN, f"what was typed as number {number} is not whole")


def _upload(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    row = session.get(Upload, act.facts["upload"])
    if row is None or row.received < act.facts["received"]:
        yield from _if_done(act, f"upload {act.facts['upload']} lacks what was taken")
    if row is None or row.file_id is not None:
        return
    place, text_ = 0, acts.content(row.name)
    for length in row.chunks:
        name = f"{files.PARTS}/{row.id}/{place}-{length}"
        if _bytes(site.uploads.store, name) != text_[place : place + length]:
            yield Fault(act.kind, HALF, f"{name} is not what was sent")
        place += length


def _file(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    name = act.facts["name"]
    rows = [f for f in attached.of_record(session, act.facts["record"]) if f.name == name]
    if not rows:
        yield from _if_done(act, f"the file {name} is not there")
    for row in rows:
        if _bytes(site.uploads.store, f"{row.id}/{files.WHOLE}") != acts.content(name):
            yield Fault(act.kind, HALF, f"the file {name} has a row, and not its bytes")
    if len(rows) > 1:
        yield Fault(act.kind, DOUBLED, f"the file {name} is there {len(rows)} times")


def _decision(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    record, words = find.record(session, act.facts["record"]), acts.words(act.facts["token"])
    steps = find.steps(session, act.facts["record"])  # the last one first
    there = [s for s in steps if s.words == words]
    if record is None or not there:
        yield from _if_done(act, f"the decision {words!r} is not in the history")
        return
    step = there[0]
    if len(there) > 1:
        yield Fault(act.kind, DOUBLED, f"the decision {words!r} is there {len(there)} times")
    mails = session.scalars(select(Mail).where(Mail.record_id == record.id)).all()
    told = [m for m in mails if m.facts.get("step") == step.id]
    if not told:
        yield Fault(act.kind, TORN, f"the decision {words!r} tells nobody")
    if steps[0] is not step:
        return
    whole = record.state == step.target
    if step.target == PUBLISHED:
        public = select(Publication).where(Publication.revision_id == record.live_id)
        whole = whole and record.live_id == step.revision_id and len(session.scalars(public).all()) == 1
    if not whole:
        yield Fault(act.kind, TORN, f"the decision {words!r} was taken by half")


def _mail(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    for mail in session.scalars(select(Mail).where(Mail.id.in_(act.facts["mails"]))):
        if mail.outcome not in (SENT, DROPPED):
            yield from _if_done(act, f"mail {mail.id} is {mail.outcome}")


def _import(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    there = find.records(session, act.facts["tokens"])
    if not there:
        yield from _if_done(act, f"the lines {act.facts['tokens'][0]} … are not there")
        return
    first = {i: r for i in there if (r := find.revision(session, i, 1))}
    if len(first) != acts.BATCH or any(r.values["context"] != acts.prose(i) for i, r in first.items()):
        yield Fault(act.kind, TORN, f"of the lines {act.facts['tokens'][0]} … {len(there)} are there")


def _nothing(site: Site, session: Session, act: Act) -> Iterator[Fault]:
    return iter(())


def _if_done(act: Act, sentence: str) -> Iterator[Fault]:
    if act.done:
        yield Fault(act.kind, LOST, sentence)


KINDS: Mapping[str, Callable[[Site, Session, Act], Iterator[Fault]]] = {
    "open": _nothing,
    "save": _save,
    "autosave": _autosave,
    "upload": _upload,
    "file": _file,
    "decision": _decision,
    "mail": _mail,
    "import": _import,
    "rebuild": _nothing,
}


def look_at(site: Site, done: Iterable[Act]) -> list[Fault]:
    """What is wrong with these acts."""
    with site.db.reading() as session:
        return [fault for act in done for fault in KINDS[act.kind](site, session, act)]


# ---------------------------------------------------------------------------- all of it


@dataclass
class Letters:
    """What the mail server has, read on from where it was read before: (to, subject, words) -> the ids it came with."""

    file: Path
    came: dict[tuple[str, ...], list[str]] = field(default_factory=lambda: defaultdict(list))
    _read: int = 0

    def look(self) -> None:
        """Read what came meanwhile."""
        with self.file.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                name, *words = json.loads(line)
                self.came[tuple(words)].append(name)
            self._read = lines.tell()

    @property
    def ids(self) -> dict[str, int]:
        """Each id, and how often a mail came with it."""
        count: dict[str, int] = defaultdict(int)
        for names in self.came.values():
            for name in names:
                count[name] += 1
        return count

    @property
    def again(self) -> int:
        """How many came once more with the id they had: a mail program shows them once."""
        return sum(count - 1 for count in self.ids.values())


def mails(site: Site, letters: Letters, kills: int) -> Iterator[Fault]:
    """Every mail that counts as sent is at the server, and none is there under two ids, or more often than killed."""
    letters.look()
    ids = letters.ids
    with site.db.reading() as session:
        for mail in session.scalars(select(Mail).where(Mail.outcome == SENT)):
            if message_id(mail, site.settings.host_name) not in ids:
                yield Fault("mail", LOST, f"mail {mail.id} counts as sent, and the server does not have it")
    for (to, subject, _), names in letters.came.items():
        if len(set(names)) > 1:
            yield Fault("mail", DOUBLED, f"{to} got “{subject}” under {len(set(names))} ids")
    if letters.again > kills:
        yield Fault("mail", DOUBLED, f"{letters.again} mails came again, after {kills} kills")


def store(site: Site, seen: set[str]) -> Iterator[Fault]:
    """Every row has all of its bytes; whatever has a name of its own is whole, row or not. `seen`: looked at before."""
    place = site.uploads.store
    with site.db.reading() as session:
        rows = {row.id: row for row in session.scalars(select(StoredFile))}
    for row in rows.values():
        if place.size(f"{row.id}/{files.WHOLE}") != row.size:
            yield Fault("file", HALF, f"the file {row.name} has a row, and not its bytes")
    for name in [n for n, _ in place.names() if n not in seen and not n.startswith(f"{ASIDE}/")]:
        seen.add(name)
        kept = _bytes(place, name)
        if name.startswith(f"{files.PARTS}/"):
            if len(kept) != int(name.rpartition("-")[2]):
                yield Fault("upload", HALF, f"{name} has {len(kept)} bytes")
        elif kept != acts.content(kept[:40].decode("utf-8", "replace").partition("File ")[2].partition(" of ")[0]):
            yield Fault("file", HALF, f"{name} has no row and is not whole")


def whole(site: Site) -> Iterator[Fault]:
    """The database says that it is sound; every record has a latest revision, and they are numbered without a gap."""
    with site.db.reading() as session:
        if session.scalar(text("PRAGMA integrity_check")) != "ok":
            yield Fault("database", TORN, "SQLite finds damage")
        numbers = defaultdict(list)
        for record_id, number in session.execute(select(Revision.record_id, Revision.number)):
            numbers[record_id].append(number)
        for record_id, latest in session.execute(select(Record.id, Record.latest_id)):
            if latest is None or sorted(numbers[record_id]) != [*range(1, len(numbers[record_id]) + 1)]:
                yield Fault("record", TORN, f"{record_id} has the versions {numbers[record_id]}")


def _bytes(place: Store, name: str) -> bytes:
    try:
        return b"".join(place.read(name))
    except Exception:  # whatever it is: the bytes are not there
        return b""
