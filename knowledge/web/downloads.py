"""Search results for programs and spreadsheets: JSON, CSV and Atom."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import feedgenerator
from flask import make_response
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from knowledge.content import openness
from knowledge.content.facets import Take
from knowledge.content.registry import Registry
from knowledge.derive import prose
from knowledge.services.catalogue import Findings, Found, Record, Revision
from knowledge.web.cards import practice_url
from knowledge.web.params import Asked

_COLUMNS = (
    "id",
    "url",
    "kind",
    "title",
    "summary",
    "countries",
    "stage",
    "topics",
    "evidence",
    "language",
    "published",
    "valid_until",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "–")


def item(record: Record, revision: Revision, registry: Registry, language: str) -> dict[str, Any]:
    """A record in a list, for programs: ids, not labels."""
    values = openness.public(registry[record.kind], revision.answers)
    return {
        "id": record.id,
        "url": practice_url(record.id, revision.title),
        "kind": record.kind,
        "title": revision.title,
        "summary": values.get("summary", ""),
        "countries": values.get("countries", []),
        "stage": values.get("stage", ""),
        "topics": values.get("topics", []),
        "phases": values.get("phases", []),
        "level": values.get("level", []),
        "evidence": values.get("evidence", ""),
        "language": revision.language,
        "published": record.published.isoformat() if record.published else None,
        "valid_until": record.expires.isoformat() if record.expires else None,
    }


def as_json(asked: Asked, findings: Findings, registry: Registry, language: str) -> dict[str, Any]:
    """A page of results with its facets."""
    results = findings.results
    return {
        "total": results.total,
        "page": results.page,
        "per_page": results.per_page,
        "items": [item(f.record, f.revision, registry, language) for f in findings.found],
        "facets": {
            facet.id: _facet(asked, facet.id, dict(results.facets.get(facet.id, {})), registry, language)
            for facet in registry.facets.values()
        },
        "spelling": results.spelling,
        "added": {typed: list(terms) for typed, terms in results.added.items()},
        "corrected": results.corrected,
        "complete": results.complete,
        "relaxed": results.relaxed,
    }


def as_csv(found: Sequence[Found], registry: Registry, language: str, address: str) -> Response:
    """Results as CSV with labels; cells that a spreadsheet would take for a formula are quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    terms = registry.vocabularies
    for f in found:
        row = item(f.record, f.revision, registry, language)
        row["kind"] = f.record_type.name(language)
        row["countries"] = "; ".join(terms["countries"].name(c, language) for c in row["countries"])
        row["topics"] = "; ".join(terms["topics"].name(t, language) for t in row["topics"])
        row["stage"] = terms["stages"].name(row["stage"], language) if row["stage"] else ""
        row["evidence"] = terms["evidence"].name(row["evidence"], language) if row["evidence"] else ""
        row["url"] = address + row["url"]  # the configured one: a request's Host header is anybody's
        writer.writerow([_cell(row[c]) for c in _COLUMNS])
    response = make_response("\ufeff" + out.getvalue())
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="practices.csv"'
    return response


def as_atom(asked: Asked, found: Sequence[Found], address: str) -> Response:
    """Results as an Atom feed; the entries link to the public pages."""
    words = asked.text or _("all practices")
    feed = feedgenerator.Atom1Feed(
        title=_("Praxis: %(words)s", words=_sound(words)),
        link=address + asked.url(),
        feed_url=address + asked.url("public.practices_atom"),
        description=_("Practices of public procurement reform"),
        language="en",
    )
    for f in found:
        link = address + practice_url(f.record.id, f.revision.title)
        feed.add_item(
            title=_sound(f.revision.title),
            link=link,
            unique_id=f"{address}/practices/{f.record.id}",
            # a feed's summary is HTML, and readers of feeds show it as such: words, escaped once for that
            description=escape(_sound(prose.plain(f.revision.values.get("summary", "")))),
            pubdate=f.record.first_published,
            updateddate=f.record.published,
            categories=[_sound(t) for t in f.revision.values.get("topics", [])],
        )
    response = make_response(feed.writeString("utf-8"))
    response.headers["Content-Type"] = "application/atom+xml; charset=utf-8"
    return response


def _facet(
    asked: Asked, facet_id: str, counts: dict[str, int], registry: Registry, language: str
) -> list[dict[str, Any]]:
    facet = registry.facets[facet_id]
    chosen = asked.filters.get(facet_id, ())
    for value in chosen:
        counts.setdefault(value, 0)
    order = sorted(counts) if facet.take is Take.YEARS else sorted(counts, key=lambda v: (-counts[v], v))
    return [
        {
            "value": value,
            "label": facet.name(value, registry.vocabularies, language),
            "count": counts[value],
            "selected": value in chosen,
        }
        for value in order
    ]


def _cell(value: Any) -> str:
    text = str(value if value is not None else "")
    return "'" + text if text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r")) else text


def _sound(text: str) -> str:
    """Text without the characters XML cannot carry."""
    return "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF)))
