"""Import: one record a line of JSON. A bad line is named and stops only itself.

A line holds the answers by field id, and beside them `id`, `kind`, `state`, `authors`, `source`, `programme`; for a
published record whose newer version is in the works also `live` (the answers the public reads), and `lowered` where a
coach confirmed less evidence than they claim; `attached` are the files that travel beside the lines (`carrying`).
Importing a file again changes nothing; an interrupted import goes on where it stopped, because what is there already
is left alone. `lines` reads a line in, `exporting` writes it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from knowledge.content import openness
from knowledge.content.registry import Registry
from knowledge.derive import index as derive_index
from knowledge.services import access, editorial, outbox, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden
from knowledge.services.lines import Carried, Line, Refuse, parsed
from knowledge.storage import find
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import Programme
from knowledge.storage.models.records import Authorship, FacetValue, Record, Revision
from workflows.editorial import DRAFT, IN_REVIEW, PUBLISHED

BATCH = 200


@dataclass(frozen=True)
class BadLine:
    """A line that was not imported: its number, the field, and what to do."""

    number: int
    field: str
    reason: str

    def __str__(self) -> str:
        where = f", {self.field}" if self.field else ""
        return f"line {self.number}{where}: {self.reason}"


@dataclass
class Tally:
    """What came of an import so far. `attached`: files that are still to be taken in, each with its line and record;
    `files`: how many were."""

    imported: int = 0
    known: int = 0
    files: int = 0
    attached: list[tuple[int, str, Carried]] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def batches(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines in batches, one transaction each; blank lines are skipped."""
    batch: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            batch.append((number, line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def import_batch(
    session: Session, actor: Actor, batch: Iterable[tuple[int, str]], tally: Tally, publish: bool, own: bool = False
) -> None:
    """Import one batch. Without `publish` every record becomes a draft; with it the actor must be a manager.
    `own`: a line that names no author is by the actor.

    Raises Forbidden, or whatever the database raises; what is wrong with a line goes into `tally`.
    """
    me = access.require_person(session, actor)
    if publish and not me.manager:
        raise Forbidden("Only a manager may import with --publish.")
    registry = vocabulary.registry(session)
    good: dict[str, Line] = {}
    for number, text in batch:
        try:
            line = parsed(number, text, registry, publish)
            if own and not line.authors:
                line = replace(line, authors=(_author(session, actor),))
            if line.id in good:
                raise Refuse("id", f"the id {line.id} stands in this file already")
            good[line.id] = line
        except Refuse as refused:
            tally.bad.append(BadLine(number, refused.field_id, refused.reason))
    there = find.records(session, good)
    fresh = [line for line in good.values() if line.id not in there]
    tally.known += len(good) - len(fresh)
    _admit_all(session, actor, fresh, registry)
    tally.imported += len(fresh)
    tally.attached += [(line.number, line.id, file) for line in good.values() for file in line.attached]


def _admit_all(session: Session, actor: Actor, lines: list[Line], registry: Registry) -> None:
    programmes = _programmes(session, {line.programme for line in lines if line.programme})
    people = _people(session, {a["email"] for line in lines for a in line.authors if a.get("email")})
    made = [_record(line, programmes, people) for line in lines]
    session.add_all(made)
    session.flush()
    live = {line.id: Revision(**_revision(line, line.live, 1)) for line in lines if line.live is not None}
    latest = {line.id: Revision(**_revision(line, line.values, 2 if line.live is not None else 1)) for line in lines}
    session.add_all([*live.values(), *latest.values()])
    session.flush()
    facets = []
    for line, record in zip(lines, made, strict=True):
        record.latest, record.live = latest[line.id], live.get(line.id)
        if record.live is not None or line.state == PUBLISHED or line.published:
            record.first_published = record.published = line.published or now()
        editorial.admit(session, actor, record, line.state, line.reason, line.public_reason)
        if record.live is not None:
            record.live.lowered = line.lowered
        for layer, revision in ((tables.LATEST, record.latest), (tables.LIVE, record.live)):
            if revision is not None:
                answers = revision.answers
                if layer == tables.LIVE:
                    answers = openness.public(line.record_type, answers)
                values = derive_index.facet_values(line.record_type, answers, registry)
                facets += outbox.facet_rows(record.id, layer, values)
    session.flush()
    if facets:
        session.execute(insert(FacetValue), facets)
    outbox.all_changed(session, [line.id for line in lines])


def _record(line: Line, programmes: set[str], people: Mapping[str, Person]) -> Record:
    record = Record(
        id=line.id,
        kind=line.record_type.id,
        state=DRAFT,
        programme_id=line.programme if line.programme in programmes else None,
        source=line.source,
        authorships=[],
        waiting_since=now() if line.state == IN_REVIEW else None,
    )
    # an account is named once for a record; somebody who left and is back stands there twice
    present = {a["email"] for a in line.authors if a["role"] != tables.FORMER}
    named: set[int] = set()
    for position, author in enumerate(line.authors):
        person = people.get(author.get("email", ""))
        if person and (person.id in named or (author["role"] == tables.FORMER and person.email in present)):
            person = None
        if person:
            named.add(person.id)
        record.authorships.append(
            Authorship(
                person_id=person.id if person else None,
                name=author.get("name") or (person.name if person else ""),
                email=author.get("email", ""),
                role=author["role"],
                position=position,
            )
        )
    return record


def _revision(line: Line, values: dict[str, Any], number: int) -> dict[str, Any]:
    # prose is rendered when it is first shown (policy 0): rendering would be most of the time of a large import
    return {
        "record_id": line.id,
        "number": number,
        "title": values["title"],
        "language": values["language"],
        "values": values,
        "html": {},
        "policy": 0,
        "sealed": number == 1 and line.live is not None,
    }


def _programmes(session: Session, wanted: set[str]) -> set[str]:
    """Programmes that a file names are made if they are missing, without members: nobody gains a right by it."""
    for programme_id in sorted(wanted):
        if session.get(Programme, programme_id) is None:
            session.add(Programme(id=programme_id, title=programme_id.replace("-", " ").capitalize()))
    session.flush()
    return wanted


def _people(session: Session, emails: set[str]) -> dict[str, Person]:
    found = {e: find.person_by_email(session, e) for e in emails}
    return {e: p for e, p in found.items() if p is not None}


def _author(session: Session, actor: Actor) -> dict[str, str]:
    person = find.person(session, actor.person_id or 0)
    assert person is not None
    return {"name": person.name, "email": person.email, "role": tables.AUTHOR}
