"""What a search finds, counted for pictures: by country, and by stage and group of topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from knowledge.content.vocabularies import Term
from knowledge.services import catalogue, vocabulary
from search.engine import SearchEngine
from search.query import Query, Results

COUNTRY, STAGE, TOPIC = "country", "stage", "topic"


@dataclass(frozen=True)
class Countries:
    """The results of a search, and how many records each country has in it."""

    results: Results
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Gaps:
    """Reform stages against groups of topics: how many records stand where.

    A record stands in one stage and in every group that it has topics of, so `groups`, the totals of the columns, need
    not add up; `stages`, those of the rows, do.
    """

    results: Results
    rows: tuple[Term, ...]
    columns: tuple[Term, ...]
    counts: Mapping[tuple[str, str], int]
    stages: Mapping[str, int]
    groups: Mapping[str, int]


def countries(session: Session, engine: SearchEngine, query: Query) -> Countries:
    """Where the records are from that a search finds. A choice of countries is left out of the counts, as in any facet.

    Raises SearchDown, search.BadQuery.
    """
    results = _counted(session, engine, query, COUNTRY)
    known = vocabulary.registry(session).vocabularies["countries"]
    return Countries(results, {c: n for c, n in results.facets[COUNTRY].items() if c in known})


def gaps(session: Session, engine: SearchEngine, query: Query) -> Gaps:
    """What is there and what is not, by stage and group of topics. Raises SearchDown, search.BadQuery.

    One small search for each stage: every engine can do that, and each count is that of the page it leads to.
    """
    vocabularies = vocabulary.registry(session).vocabularies
    columns = vocabularies["topics"].groups
    results = _counted(session, engine, query, TOPIC)
    chosen = query.filters.get(STAGE, ())
    rows = tuple(t for t in vocabularies["stages"] if not t.retired and (not chosen or t.id in chosen))
    counts: dict[tuple[str, str], int] = {}
    stages: dict[str, int] = {}
    for row in rows:
        found = _counted(session, engine, replace(query, filters={**query.filters, STAGE: (row.id,)}), TOPIC)
        stages[row.id] = found.total
        counts |= {(row.id, group.id): found.facets[TOPIC].get(group.id, 0) for group in columns}
    totals = {group.id: results.facets[TOPIC].get(group.id, 0) for group in columns}
    return Gaps(results, rows, columns, counts, stages, totals)


def _counted(session: Session, engine: SearchEngine, query: Query, facet: str) -> Results:
    asked = replace(query, page=1, per_page=1, facets=(facet,))
    return catalogue.find_practices(session, engine, asked).results
