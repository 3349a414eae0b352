"""Import and export: one record a line of JSON. A bad line is named and stops only itself.

A line holds the answers by field id, and beside them `id`, `kind`, `state`, `authors`, `source`, `programme`; for a
published record whose newer version is in the works also `live` (the answers the public reads), and `lowered` where a
coach confirmed less evidence than they claim. Importing a file
again changes nothing; an interrupted import goes on where it stopped, because what is there already is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from knowledge.content import checks, openness
from knowledge.content.registry import RecordType, Registry
from knowledge.derive import export as derive_export
from knowledge.derive import index as derive_index
from knowledge.services import access, editorial, outbox, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden
from knowledge.storage import find
from knowledge.storage.models import records as tables
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import Programme
from knowledge.storage.models.records import Authorship, FacetValue, Record, Revision
from workflows.editorial import DRAFT, EDITORIAL, IN_REVIEW, PUBLISHED
from workflows.two_coaches import SECOND_REVIEW

BATCH = 200
MAX_LINE = 4_000_000  # characters
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_STATES = frozenset(s.id for s in EDITORIAL.states)
_SOURCE = ("url", "licence", "attribution")
_LOWERED = ("from", "to", "reason", "by")
_ROLES = {"author": tables.AUTHOR, "co-author": tables.CO_AUTHOR, "credited": tables.CREDITED, "former": tables.FORMER}
_ROLE_NAMES = {v: k for k, v in _ROLES.items()}


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
    """What came of an import so far."""

    imported: int = 0
    known: int = 0
    bad: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """A line that can be imported."""

    number: int
    id: str
    record_type: RecordType
    values: dict[str, Any]
    live: dict[str, Any] | None
    state: str
    authors: tuple[dict[str, str], ...]
    source: dict[str, str] | None
    programme: str
    reason: str
    public_reason: str
    published: datetime | None
    lowered: dict[str, str] | None


class _Refuse(Exception):
    def __init__(self, field_id: str, reason: str) -> None:
        super().__init__(reason)
        self.field_id, self.reason = field_id, reason


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
                raise _Refuse("id", f"the id {line.id} stands in this file already")
            good[line.id] = line
        except _Refuse as refused:
            tally.bad.append(BadLine(number, refused.field_id, refused.reason))
    there = find.records(session, good)
    fresh = [line for line in good.values() if line.id not in there]
    tally.known += len(good) - len(fresh)
    _admit_all(session, actor, fresh, registry)
    tally.imported += len(fresh)


def parsed(number: int, text: str, registry: Registry, publish: bool) -> Line:
    """A line as what it says, everything checked."""
    raw = _json(text)
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in registry:
        raise _Refuse("kind", f"unknown kind {str(kind)[:40]!r}; use one of {', '.join(t.id for t in registry)}")
    record_type = registry[kind]
    record_id = raw.get("id")
    if not isinstance(record_id, str) or not _ID.fullmatch(record_id):
        raise _Refuse("id", "an id has 1 to 64 small letters, digits and hyphens")
    answers, unknown = derive_export.from_line(record_type, raw)
    if unknown:
        raise _Refuse(unknown[0], f"a record of kind {kind} has no such field")
    values = _checked(record_type, answers, registry)
    state = raw.get("state", DRAFT)
    if not isinstance(state, str) or state not in _STATES:
        raise _Refuse("state", f"unknown state {str(state)[:40]!r}; use one of {', '.join(sorted(_STATES))}")
    live = raw.get("live")
    if live is not None:
        if not isinstance(live, Mapping) or (strange := checks.unknown_keys(record_type, live)):
            raise _Refuse(
                "live",
                f"has unknown fields: {', '.join(strange)}" if isinstance(live, Mapping) else "must be an object",
            )
        live = _checked(record_type, live, registry, "live.")
    return Line(
        number, record_id, record_type, values, live if publish else None, state if publish else DRAFT,
        _authors(raw.get("authors", [])), _source(raw.get("source")), _slug(raw.get("programme", "")),
        _words(raw, "reason"), _words(raw, "public_reason"), _moment(raw.get("published")) if publish else None,
        _lowered(raw.get("lowered"), live or values, record_type, registry) if publish else None,
    )  # fmt: skip


def export_lines(session: Session, ids: Iterable[str]) -> Iterator[str]:
    """These records as lines, in the given order; the same records always give the same bytes."""
    wanted = list(ids)
    registry, found = vocabulary.registry(session), find.records(session, wanted)
    for record_id in wanted:
        yield json.dumps(_line(session, found[record_id], registry), ensure_ascii=False)


def _line(session: Session, record: Record, registry: Registry) -> dict[str, Any]:
    record_type = registry[record.kind]
    # a first approval is not carried along: the file could not say whose it was
    state = IN_REVIEW if record.state == SECOND_REVIEW else record.state
    line: dict[str, Any] = {"id": record.id, "kind": record.kind, "state": state}
    line["authors"] = [
        {k: v for k, v in (("name", a.name), ("email", a.email), ("role", _ROLE_NAMES[a.role])) if v}
        for a in record.authorships
    ]
    if record.source:
        line["source"] = {k: record.source[k] for k in _SOURCE if record.source.get(k)}
    if record.programme_id:
        line["programme"] = record.programme_id
    if record.published:
        line["published"] = record.published.isoformat()
    step = find.last_step(session, record.id, "request-changes", "withdraw", "import")
    if step and step.words and step.target == record.state:
        line["reason"] = step.words
    if step and step.public_words and step.target == record.state:
        line["public_reason"] = step.public_words
    if record.live is not None and record.live.lowered:
        line["lowered"] = record.live.lowered
    line |= derive_export.to_line(record_type, record.latest.values)
    if record.live is not None and record.live_id != record.latest_id:
        line["live"] = derive_export.to_line(record_type, record.live.values)
    return line


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


def one_object(text: str) -> Mapping[str, Any]:
    """The one object of a file, checked like a line. Raises ValueError when it is none."""
    try:
        return _json(text)
    except _Refuse as refused:
        raise ValueError(refused.reason) from refused


def _json(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_LINE:
        raise _Refuse("", f"the line is longer than {MAX_LINE} characters")
    if any("\udc80" <= sign <= "\udcff" for sign in text):  # what could not be decoded when the file was read
        raise _Refuse("", "the line is not UTF-8; save the file as UTF-8")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Refuse("", f"this is not JSON ({type(error).__name__}: {str(error)[:80]})") from error
    if not isinstance(raw, dict):
        raise _Refuse("", "a line must be one JSON object")
    return raw


def _checked(record_type: RecordType, raw: Mapping[str, Any], registry: Registry, prefix: str = "") -> dict[str, Any]:
    values, problems = checks.shape(record_type, raw, registry.vocabularies)
    if problems:
        raise _Refuse(prefix + problems[0].anchor, str(problems[0]))
    return values


def _authors(raw: Any) -> tuple[dict[str, str], ...]:
    if not isinstance(raw, list) or len(raw) > 50:
        raise _Refuse("authors", "must be a list of people")
    found = []
    for author in raw:
        given = {"name": author} if isinstance(author, str) else author
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise _Refuse("authors", 'each author is a name, or {"name", "email", "role"}')
        name, email = checks.tidy(given.get("name", "")), checks.tidy(given.get("email", "")).casefold()
        role = given.get("role", "author" if email else "credited")
        if role not in _ROLES or set(given) - {"name", "email", "role"} or not (name or email):
            raise _Refuse("authors", f"an author has a name or an e-mail, and a role of {', '.join(_ROLES)}")
        found.append({"name": name[:120], "email": email[:254], "role": _ROLES[role]})
    present = [a["email"] for a in found if a["email"] and a["role"] != tables.FORMER]
    if len(present) > len(set(present)):
        raise _Refuse("authors", "the same e-mail stands there twice")
    return tuple(found)


def _author(session: Session, actor: Actor) -> dict[str, str]:
    person = find.person(session, actor.person_id or 0)
    assert person is not None
    return {"name": person.name, "email": person.email, "role": tables.AUTHOR}


def _source(raw: Any) -> dict[str, str] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) - set(_SOURCE) or not all(isinstance(v, str) for v in raw.values()):
        raise _Refuse("source", 'must be {"url", "licence", "attribution"}, each a text')
    kept = {k: checks.tidy(raw[k])[:2000] for k in _SOURCE if raw.get(k)}
    if kept.get("url") and not kept["url"].lower().startswith(("http://", "https://")):
        raise _Refuse("source", "the url must start with https:// or http://")
    return kept or None


def _slug(raw: Any) -> str:
    if raw and (not isinstance(raw, str) or not _ID.fullmatch(raw)):
        raise _Refuse("programme", "the id of a programme has small letters, digits and hyphens")
    return raw or ""


def _words(line: Mapping[str, Any], key: str) -> str:
    raw = line.get(key, "")
    if not isinstance(raw, str):
        raise _Refuse(key, "must be text")
    return checks.tidy(raw, lines=True)[:5000]


def _lowered(raw: Any, public: Mapping[str, Any], record_type: RecordType, registry: Registry) -> dict[str, str] | None:
    """What a coach said about the evidence that the public answers claim."""
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) != set(_LOWERED) or not all(isinstance(v, str) for v in raw.values()):
        raise _Refuse("lowered", 'must be {"from", "to", "reason", "by"}, each a text')
    kept = {k: checks.tidy(raw[k], lines=k == "reason")[:500] for k in _LOWERED}
    if kept["from"] != public.get("evidence") or not kept["to"] or not kept["reason"]:
        raise _Refuse("lowered", "must say to what, from the level of evidence that is claimed, and why")
    _checked(record_type, {**public, "evidence": kept["to"]}, registry, "lowered.")
    return kept


def _moment(raw: Any) -> datetime | None:
    if raw is None:
        return None
    try:
        at = datetime.fromisoformat(raw)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise _Refuse("published", "must be a date and time like 2026-03-05T10:42:00+00:00") from None
