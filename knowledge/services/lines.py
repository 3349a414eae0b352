"""A line of an import, read in: everything that it says is checked here, before anything is looked up or written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from knowledge.content import checks
from knowledge.content.media import KIND_LABELS, MOST_FILES
from knowledge.content.registry import RecordType, Registry
from knowledge.derive import export as derive_export
from knowledge.storage.models import records as tables
from workflows.editorial import DRAFT, EDITORIAL

MAX_LINE = 4_000_000  # characters
ROLES = {"author": tables.AUTHOR, "co-author": tables.CO_AUTHOR, "credited": tables.CREDITED, "former": tables.FORMER}
SOURCE = ("url", "licence", "attribution")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_STATES = frozenset(s.id for s in EDITORIAL.states)
_LOWERED = ("from", "to", "reason", "by")
_FILE_ID, _DIGEST = re.compile("[a-z0-9]{20}", re.ASCII), re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Carried:
    """A file that travels beside the lines, under its id. `kind`: what it is said to be (picture, document, audio);
    `digest`: SHA-256 of what was once sent, so that sending it again gives the same file."""

    id: str
    name: str
    kind: str
    digest: str


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
    attached: tuple[Carried, ...]


class Refuse(Exception):
    """A line cannot be imported: the field, and what to do."""

    def __init__(self, field_id: str, reason: str) -> None:
        super().__init__(reason)
        self.field_id, self.reason = field_id, reason


def parsed(number: int, text: str, registry: Registry, publish: bool) -> Line:
    """A line as what it says, everything checked. Raises Refuse."""
    raw = _json(text)
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in registry:
        raise Refuse("kind", f"unknown kind {str(kind)[:40]!r}; use one of {', '.join(t.id for t in registry)}")
    record_type = registry[kind]
    record_id = raw.get("id")
    if not isinstance(record_id, str) or not _ID.fullmatch(record_id):
        raise Refuse("id", "an id has 1 to 64 small letters, digits and hyphens")
    answers, unknown = derive_export.from_line(record_type, raw)
    if unknown:
        raise Refuse(unknown[0], f"a record of kind {kind} has no such field")
    values = _checked(record_type, answers, registry)
    state = raw.get("state", DRAFT)
    if not isinstance(state, str) or state not in _STATES:
        raise Refuse("state", f"unknown state {str(state)[:40]!r}; use one of {', '.join(sorted(_STATES))}")
    live = raw.get("live")
    if live is not None:
        if not isinstance(live, Mapping) or (strange := checks.unknown_keys(record_type, live)):
            raise Refuse(
                "live",
                f"has unknown fields: {', '.join(strange)}" if isinstance(live, Mapping) else "must be an object",
            )
        live = _checked(record_type, live, registry, "live.")
    return Line(
        number, record_id, record_type, values, live if publish else None, state if publish else DRAFT,
        _authors(raw.get("authors", [])), _source(raw.get("source")), _slug(raw.get("programme", "")),
        _words(raw, "reason"), _words(raw, "public_reason"), _moment(raw.get("published")) if publish else None,
        _lowered(raw.get("lowered"), live or values, record_type, registry) if publish else None,
        _attached(raw.get("attached", [])),
    )  # fmt: skip


def one_object(text: str) -> Mapping[str, Any]:
    """The one object of a file, checked like a line. Raises ValueError when it is none."""
    try:
        return _json(text)
    except Refuse as refused:
        raise ValueError(refused.reason) from refused


def _json(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_LINE:
        raise Refuse("", f"the line is longer than {MAX_LINE} characters")
    if any("\udc80" <= sign <= "\udcff" for sign in text):  # what could not be decoded when the file was read
        raise Refuse("", "the line is not UTF-8; save the file as UTF-8")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refuse("", f"this is not JSON ({type(error).__name__}: {str(error)[:80]})") from error
    if not isinstance(raw, dict):
        raise Refuse("", "a line must be one JSON object")
    return raw


def _checked(record_type: RecordType, raw: Mapping[str, Any], registry: Registry, prefix: str = "") -> dict[str, Any]:
    values, problems = checks.shape(record_type, raw, registry.vocabularies)
    if problems:
        raise Refuse(prefix + problems[0].anchor, str(problems[0]))
    return values


def _authors(raw: Any) -> tuple[dict[str, str], ...]:
    if not isinstance(raw, list) or len(raw) > 50:
        raise Refuse("authors", "must be a list of people")
    found = []
    for author in raw:
        given = {"name": author} if isinstance(author, str) else author
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise Refuse("authors", 'each author is a name, or {"name", "email", "role"}')
        name, email = checks.tidy(given.get("name", "")), checks.tidy(given.get("email", "")).casefold()
        role = given.get("role", "author" if email else "credited")
        if role not in ROLES or set(given) - {"name", "email", "role"} or not (name or email):
            raise Refuse("authors", f"an author has a name or an e-mail, and a role of {', '.join(ROLES)}")
        found.append({"name": name[:120], "email": email[:254], "role": ROLES[role]})
    present = [a["email"] for a in found if a["email"] and a["role"] != tables.FORMER]
    if len(present) > len(set(present)):
        raise Refuse("authors", "the same e-mail stands there twice")
    return tuple(found)


def _source(raw: Any) -> dict[str, str] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) - set(SOURCE) or not all(isinstance(v, str) for v in raw.values()):
        raise Refuse("source", 'must be {"url", "licence", "attribution"}, each a text')
    kept = {k: checks.tidy(raw[k])[:2000] for k in SOURCE if raw.get(k)}
    if kept.get("url") and not kept["url"].lower().startswith(("http://", "https://")):
        raise Refuse("source", "the url must start with https:// or http://")
    return kept or None


def _slug(raw: Any) -> str:
    if raw and (not isinstance(raw, str) or not _ID.fullmatch(raw)):
        raise Refuse("programme", "the id of a programme has small letters, digits and hyphens")
    return raw or ""


def _words(line: Mapping[str, Any], key: str) -> str:
    raw = line.get(key, "")
    if not isinstance(raw, str):
        raise Refuse(key, "must be text")
    return checks.tidy(raw, lines=True)[:5000]


def _lowered(raw: Any, public: Mapping[str, Any], record_type: RecordType, registry: Registry) -> dict[str, str] | None:
    """What a coach said about the evidence that the public answers claim."""
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) != set(_LOWERED) or not all(isinstance(v, str) for v in raw.values()):
        raise Refuse("lowered", 'must be {"from", "to", "reason", "by"}, each a text')
    kept = {k: checks.tidy(raw[k], lines=k == "reason")[:500] for k in _LOWERED}
    if kept["from"] != public.get("evidence") or not kept["to"] or not kept["reason"]:
        raise Refuse("lowered", "must say to what, from the level of evidence that is claimed, and why")
    _checked(record_type, {**public, "evidence": kept["to"]}, registry, "lowered.")
    return kept


def _moment(raw: Any) -> datetime | None:
    if raw is None:
        return None
    try:
        at = datetime.fromisoformat(raw)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise Refuse("published", "must be a date and time like 2026-03-05T10:42:00+00:00") from None


def _attached(raw: Any) -> tuple[Carried, ...]:
    """The files that travel with a record."""
    if not isinstance(raw, list) or len(raw) > MOST_FILES or not all(isinstance(each, dict) for each in raw):
        raise Refuse("attached", f"must be a list of at most {MOST_FILES} files")
    return tuple(_carried(each) for each in raw)


def _carried(raw: Mapping[str, Any]) -> Carried:
    texts = [raw.get(key) for key in ("id", "name", "kind", "digest")]
    file_id, name, kind, digest = (text if isinstance(text, str) else "" for text in texts)
    if set(raw) - {"id", "name", "kind", "digest"} or kind not in KIND_LABELS:
        raise Refuse("attached", f'each file is {{"id", "name", "kind", "digest"}}, its kind {", ".join(KIND_LABELS)}')
    if not _FILE_ID.fullmatch(file_id) or not _DIGEST.fullmatch(digest):
        raise Refuse("attached", "the id of a file has 20 small letters and digits, its digest 64 of a SHA-256")
    return Carried(file_id, checks.tidy(name)[:120] or "file", kind, digest)
