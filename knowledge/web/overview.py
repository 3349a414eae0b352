"""A search as pictures: a map of where, and a table of what is there and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import TypeVar

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from knowledge.maps.world import world
from knowledge.services import overview
from knowledge.services.errors import SearchDown
from knowledge.web import facets, params
from knowledge.web.language import reader_language
from knowledge.web.params import Asked
from knowledge.web.site import site
from search.errors import BadQuery
from search.query import Results

bp = Blueprint("overview", __name__)
SHADES = 5
Counted = TypeVar("Counted", overview.Countries, overview.Gaps)
Answer = Response | str | tuple[str, int]


@dataclass(frozen=True)
class Place:
    """A country on the map and in the table beside it."""

    country: str
    name: str
    count: int
    shade: int
    chosen: bool
    url: str


@dataclass(frozen=True)
class Cell:
    """Records of one stage and one group of topics."""

    count: int
    shade: int
    url: str


@bp.get("/practices/map")
def countries() -> Answer:
    """Where the practices are from that a search finds."""
    return _page(overview.countries, _map)


@bp.get("/practices/gaps")
def gaps() -> Answer:
    """How many practices there are by stage and group of topics; an empty place invites to fill it."""
    return _page(overview.gaps, _gaps)


def shade(count: int, bounds: list[int]) -> int:
    """Which shade a count has, from 1; 0 for nothing."""
    return sum(count >= bound for bound in bounds)


def bounds(counts: Iterable[int]) -> list[int]:
    """The least count of each shade. They grow by a factor, because counts do: many places have few, few have many."""
    most = max(counts, default=0)
    return sorted({ceil(round(most ** (n / SHADES), 9)) for n in range(SHADES)}) if most else []


def _page(count: Callable[..., Counted], shown: Callable[[Asked, Counted], str]) -> Answer:
    registry = site().registry()
    asked = params.read(request.args, registry)
    try:
        counted = site().ask(count, site().engine, asked.query(language=reader_language()))
    except BadQuery as error:
        return render_template("public/practices.html", asked=asked, findings=None, facets=[], bad=error), 400
    except SearchDown:
        site().keeper.heal()
        return make_response(render_template("public/no_picture.html", asked=asked), 503, {"Retry-After": "30"})
    if counted.results.corrected:
        asked = replace(asked, text=counted.results.spelling)
    return shown(asked, counted)


def _map(asked: Asked, counted: overview.Countries) -> str:
    facet = site().registry().facets[overview.COUNTRY]
    names, chosen = site().registry().vocabularies["countries"], asked.filters.get(facet.id, ())
    steps = bounds(n for c, n in counted.counts.items() if _is_place(c))

    def place(country: str, count: int) -> Place:
        group = facet.group(country, site().registry().vocabularies)
        url = asked.url(filters=asked.toggled(facet.id, country, [group]))
        return Place(
            country, names.name(country, reader_language()), count, shade(count, steps), country in chosen, url
        )

    listed = {**dict.fromkeys((c for c in chosen if c in names), 0), **{c: n for c, n in counted.counts.items() if n}}
    places = sorted((place(c, n) for c, n in listed.items()), key=lambda p: (-p.count, p.name))
    return render_template("public/map.html", world=world(), places=places, **_around(asked, counted.results, steps))


def _gaps(asked: Asked, counted: overview.Gaps) -> str:
    steps = bounds(counted.counts.values())

    def cell(stage: str, group: str) -> Cell:
        count = counted.counts[stage, group]
        filters = {**asked.filters, overview.STAGE: (stage,), overview.TOPIC: (group,)}
        return Cell(count, shade(count, steps), asked.url(filters=filters))

    cells = {(row.id, column.id): cell(row.id, column.id) for row in counted.rows for column in counted.columns}
    return render_template("public/gaps.html", gaps=counted, cells=cells, **_around(asked, counted.results, steps))


def _is_place(country: str) -> bool:
    return country in world().shapes or country in world().points


def _around(asked: Asked, results: Results, steps: list[int]) -> dict[str, object]:
    """What both pages show beside their picture."""
    registry = site().registry()
    nothing = Results(0, (), 1, 1, {})
    legend = [(low, high - 1 if high else None) for low, high in zip(steps, [*steps[1:], 0], strict=False)]
    return {
        "asked": asked,
        "results": results,
        "facets": facets.facet_views(asked, nothing, registry, reader_language()),
        "language": reader_language(),
        "legend": legend,
    }
