"""A record as one entry of a list: its title, a line of facts, and the passage that a search found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from knowledge.content.registry import Registry
from knowledge.derive.dates import ONGOING, in_words
from knowledge.services import catalogue
from knowledge.services.catalogue import Found, Record, Revision
from search.query import Hit, Snippet

COUNTRIES, TOPICS = 3, 2  # named on a card; of more countries it says how many


@dataclass(frozen=True)
class Card:
    """What a list shows of a record; `title` and `passage` with the matches marked."""

    url: str
    title: Markup
    language: str
    facts: tuple[str, ...]
    passage: Markup
    expired: bool = False


def found_card(found: Found, registry: Registry, language: str) -> Card:
    """The card of a hit. `language`: the reader's."""
    return card(found.record, found.revision, registry, language, found.hit)


def card(record: Record, revision: Revision, registry: Registry, language: str, hit: Hit | None = None) -> Card:
    """The card of a record as one of its revisions has it."""
    title = hit.title if hit and hit.title.parts else Snippet(((revision.title, False),))
    facts = tuple(filter(None, _facts(revision.answers, registry, language)))
    return Card(
        practice_url(record.id, revision.title),
        marked(title),
        revision.language,
        (registry[record.kind].name(language), *facts),
        marked(hit.snippet) if hit else Markup(""),
        catalogue.is_expired(record) and revision.id == record.live_id,
    )


def marked(snippet: Snippet) -> Markup:
    """A piece of text as HTML, what matched in it marked."""
    return Markup("").join(Markup("<mark>%s</mark>") % text if match else text for text, match in snippet.parts)


def years(values: Mapping[str, Any], language: str) -> str:
    """When it happened: 2005 to 2012."""
    start, end = values.get("start", ""), values.get("end", "")
    if not start or end[:4] == start[:4]:
        return str(start[:4])
    return in_words(f"{start[:4]}/{end if end == ONGOING else end[:4]}" if end else start[:4], language)


def practice_url(record_id: str, title: str) -> str:
    """The address of a record's page; only the id counts, the title is for people."""
    return url_for("public.practice", record_id=record_id, slug=slug(title))


def version_url(record_id: str, number: int) -> str:
    """The permanent address of a version that was public: the one to cite."""
    return url_for("publication.version", record_id=record_id, number=number)


def slug(title: str) -> str:
    """A title as part of an address: letters and digits of any script, hyphens between, at most 80 characters."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return re.sub(r"[\W_]+", "-", text).strip("-")[:80].strip("-") or "record"


def _facts(values: Mapping[str, Any], registry: Registry, language: str) -> Iterator[str]:
    terms = registry.vocabularies
    countries = values.get("countries") or []
    told = ", ".join(terms["countries"].name(c, language) for c in countries[:COUNTRIES])
    more = len(countries) - COUNTRIES
    yield f"{told} {_('and %(n)s more', n=more)}" if more > 0 else told
    yield terms["stages"].name(values["stage"], language) if values.get("stage") else ""
    for topic in (values.get("topics") or [])[:TOPICS]:
        yield terms["topics"].name(topic, language)
    yield years(values, language)
    yield terms["evidence"].name(values["evidence"], language) if values.get("evidence") else ""
