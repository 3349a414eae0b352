"""The state of a search lives in its URL: reading it, and writing the URL of every neighbouring state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from knowledge.content.facets import Facet, Take
from knowledge.content.registry import Registry
from search.query import MAX_PER_PAGE, Query, Results, Sort

PER_PAGE = 20
MAX_VALUES = 50  # chosen values of one facet
FEW = 12  # a vocabulary this small keeps its own order; a longer one goes by count


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
        """The address of this search with changes; going elsewhere starts on page one."""
        other = replace(self, **{"page": 1, **changes})
        args: dict[str, Any] = {"q": other.text or None, **{k: list(v) for k, v in other.filters.items() if v}}
        args |= {"year_from": other.year_from, "year_to": other.year_to}
        args["sort"] = other.sort.value if other.sort is not Sort.RELEVANCE else None
        args["page"] = other.page if other.page > 1 else None
        args["synonyms"] = None if other.synonyms else "off"
        args["words"] = None if other.relax else "all"
        args["per_page"] = other.per_page if other.per_page != PER_PAGE else None
        return url_for(endpoint, **{k: v for k, v in args.items() if v is not None})

    def toggled(self, facet: str, value: str) -> dict[str, tuple[str, ...]]:
        """The filters with one value taken in or out."""
        chosen = self.filters.get(facet, ())
        changed = tuple(v for v in chosen if v != value) if value in chosen else (*chosen, value)
        return {**self.filters, facet: changed}

    @property
    def shown_sort(self) -> Sort:
        """The order that is really used: without words nothing is more relevant, so the newest come first."""
        return Sort.NEWEST if self.sort is Sort.RELEVANCE and not self.text.strip() else self.sort

    @property
    def narrowed(self) -> bool:
        """Whether anything but words is chosen."""
        return any(self.filters.values()) or self.year_from is not None or self.year_to is not None


@dataclass(frozen=True)
class FacetChoice:
    """One value of a facet: its count, and the address of the search with it taken in or out."""

    value: str
    label: str
    count: int
    selected: bool
    url: str


@dataclass(frozen=True)
class FacetView:
    """A facet as it is shown."""

    id: str
    label: str
    open: bool
    choices: tuple[FacetChoice, ...]

    @property
    def selected(self) -> tuple[FacetChoice, ...]:
        """The chosen values."""
        return tuple(c for c in self.choices if c.selected)


def read(args: MultiDict[str, str], registry: Registry) -> Asked:
    """A search from the arguments of a request; what makes no sense is left out, never an error."""
    filters = {
        facet: tuple(dict.fromkeys(_plain(v)[:64] for v in args.getlist(facet)[:MAX_VALUES] if _plain(v)))
        for facet, declared in registry.facets.items()
        if declared.take is not Take.YEARS and args.getlist(facet)
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


def facet_views(asked: Asked, results: Results, registry: Registry, language: str) -> list[FacetView]:
    """Every counted facet with its values in reading order, chosen ones first, each with its toggle address."""
    views = []
    for facet in registry.facets.values():
        counts = dict(results.facets.get(facet.id, {}))
        chosen = asked.filters.get(facet.id, ())
        for value in chosen:
            counts.setdefault(value, 0)
        if not counts or facet.take is Take.YEARS:
            continue
        choices = tuple(
            FacetChoice(
                value,
                label(registry, facet, value, language),
                counts[value],
                value in chosen,
                asked.url(filters=asked.toggled(facet.id, value)),
            )
            for value in _ordered(registry, facet, counts, chosen, language)
        )
        views.append(FacetView(facet.id, facet.label, facet.open or bool(chosen), choices))
    return views


def label(registry: Registry, facet: Facet, value: str, language: str) -> str:
    """What a facet's value is called."""
    return registry.vocabularies[facet.vocabulary].name(value, language) if facet.vocabulary else value


def _ordered(
    registry: Registry, facet: Facet, counts: Mapping[str, int], chosen: tuple[str, ...], language: str
) -> list[str]:
    places = {t.id: n for n, t in enumerate(registry.vocabularies[facet.vocabulary])} if facet.vocabulary else {}

    def place(value: str) -> tuple[bool, int, str]:
        by_count = -counts[value] if len(places) > FEW else places.get(value, 10**6)
        return value not in chosen, by_count, label(registry, facet, value, language)

    return sorted(counts, key=place)


def _plain(text: str) -> str:
    """Without a NUL byte, of which no database wants to hear."""
    return text.replace("\0", " ").strip()


def _number(text: str | None, least: int, most: int) -> int | None:
    if not text or not text.strip().isascii() or not text.strip().isdigit():
        return None
    number = int(text.strip()[:12])
    return number if number >= least and number <= most else (most if number > most and most > 9999 else None)
