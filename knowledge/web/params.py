"""The state of a search lives in its URL: reading it, and writing the URL of every neighbouring state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from flask import g, url_for
from werkzeug.datastructures import MultiDict

from knowledge.content.facets import Facet, Take
from knowledge.content.registry import Registry
from search.query import MAX_PER_PAGE, Query, Sort

PER_PAGE = 20
MAX_VALUES = 50  # chosen values of one facet


@dataclass(frozen=True)
class Asked:
    """A search as the URL states it."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    year_from: int | None = None
    year_to: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = PER_PAGE
    synonyms: bool = True
    relax: bool = True

    def query(self, facets: tuple[str, ...] = (), language: str = "en") -> Query:
        """What to ask the engine."""
        return Query(
            text=self.text,
            filters=self.filters,
            year_from=self.year_from,
            year_to=self.year_to,
            sort=self.shown_sort,
            page=self.page,
            per_page=self.per_page,
            facets=facets,
            language=language,
            synonyms=self.synonyms,
            relax=self.relax,
        )

    def url(self, endpoint: str = "public.practices", **changes: Any) -> str:
        """The address of this search with changes; going elsewhere starts on page one.

        Changes that are no part of a search go into the address as they are.
        """
        own = {name: changes.pop(name) for name in _PARTS & changes.keys()}
        path = url_for(endpoint, **changes) if changes else _path(endpoint)
        # a page of results has a hundred links to its neighbours: no search is made for each
        query = "&".join([f"{name}={_quoted(value)}" for name, value in _pairs({**vars(self), "page": 1, **own})])
        return f"{path}{'&' if '?' in path else '?'}{query}" if query else path

    def pairs(self) -> list[tuple[str, str]]:
        """This search as names and values of an address; what is as usual is left out."""
        return _pairs(vars(self))

    def toggled(self, facet: str, value: str, instead: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
        """The filters with one value taken in or out. `instead`: what goes when it comes in."""
        chosen = self.filters.get(facet, ())
        if value in chosen:
            return {**self.filters, facet: tuple(v for v in chosen if v != value)}
        gone = set(instead)
        return {**self.filters, facet: (*(v for v in chosen if v not in gone), value)}

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """This search as names and values for the hidden fields of a form that changes the parts named."""
        return [(name, value) for name, value in self.pairs() if name not in ("page", *without)]

    @property
    def shown_sort(self) -> Sort:
        """The order that is really used: without words nothing is more relevant, so the newest come first."""
        return Sort.NEWEST if self.sort is Sort.RELEVANCE and not self.text.strip() else self.sort

    @property
    def narrowed(self) -> bool:
        """Whether anything but words is chosen."""
        return any(self.filters.values()) or self.year_from is not None or self.year_to is not None


_PARTS = frozenset(f.name for f in fields(Asked))


def _pairs(asked: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parts of a search as names and values of an address; what is as usual is left out."""
    pairs = [("q", asked["text"])] if asked["text"] else []
    pairs += [(facet, value) for facet, values in asked["filters"].items() for value in values if value]
    usual = (
        ("year_from", asked["year_from"], None),
        ("year_to", asked["year_to"], None),
        ("sort", asked["sort"].value, Sort.RELEVANCE.value),
        ("page", asked["page"], 1),
        ("synonyms", "on" if asked["synonyms"] else "off", "on"),
        ("words", "most" if asked["relax"] else "all", "most"),
        ("per_page", asked["per_page"], PER_PAGE),
    )
    return pairs + [(name, str(value)) for name, value, as_usual in usual if value != as_usual]


@lru_cache(4096)
def _quoted(value: str) -> str:
    return quote_plus(value, safe="!$'()*,/:;?@")  # what an address may have as it is


def _path(endpoint: str) -> str:
    """The address of a page, asked for once per request: a page of results has a hundred links to itself."""
    paths: dict[str, str] = g.setdefault("paths", {})
    if endpoint not in paths:
        paths[endpoint] = url_for(endpoint)
    return paths[endpoint]


def read(args: MultiDict[str, str], registry: Registry) -> Asked:
    """A search from the arguments of a request; what makes no sense is left out, never an error."""
    filters = {
        facet.id: tuple(dict.fromkeys(_plain(v)[:64] for v in _given(args, facet)[:MAX_VALUES] if _plain(v)))
        for facet in registry.facets.values()
        if facet.take is not Take.YEARS
    }
    sort = args.get("sort", "")
    return Asked(
        text=_plain(args.get("q", "")),
        filters={k: v for k, v in filters.items() if v},
        year_from=_number(args.get("year_from"), 1000, 9999),
        year_to=_number(args.get("year_to"), 1000, 9999),
        sort=Sort(sort) if sort in set(Sort) else Sort.RELEVANCE,
        page=_number(args.get("page"), 1, 10**9) or 1,
        synonyms=args.get("synonyms") != "off",
        relax=args.get("words") != "all",
        per_page=min(_number(args.get("per_page"), 1, 10**9) or PER_PAGE, MAX_PER_PAGE),
    )


def _given(args: MultiDict[str, str], facet: Facet) -> list[str]:
    return [value for name in (facet.id, *facet.aliases) for value in args.getlist(name)]


def _plain(text: str) -> str:
    """Without a NUL byte, of which no database wants to hear."""
    return text.replace("\0", " ").strip()


def _number(text: str | None, least: int, most: int) -> int | None:
    if not text or not text.strip().isascii() or not text.strip().isdigit():
        return None
    number = int(text.strip()[:12])
    return number if number >= least and number <= most else (most if number > most and most > 9999 else None)
