"""Writing records out, one a line of JSON, so that an import of the same lines gives the same records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content.registry import Registry
from knowledge.derive import export as derive_export
from knowledge.services import carrying, vocabulary
from knowledge.services.lines import ROLES, SOURCE
from knowledge.storage import find
from knowledge.storage.models.records import Record
from workflows.editorial import IN_REVIEW
from workflows.two_coaches import SECOND_REVIEW

_ROLE_NAMES = {v: k for k, v in ROLES.items()}


def export_lines(session: Session, ids: Iterable[str], attached: bool = False) -> Iterator[str]:
    """These records as lines, in the given order; the same records always give the same bytes.

    `attached`: each says which files travel with it.
    """
    wanted = list(ids)
    registry, found = vocabulary.registry(session), find.records(session, wanted)
    for record_id in wanted:
        line = _line(session, found[record_id], registry)
        if attached and (files := carrying.told(session, found[record_id])):
            line["attached"] = files
        yield json.dumps(line, ensure_ascii=False)


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
        line["source"] = {k: record.source[k] for k in SOURCE if record.source.get(k)}
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
