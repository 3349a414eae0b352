"""A query tree as OpenSearch's query language: the same documents, and the same scores as far as Lucene goes.

Not the same: Lucene keeps the length of a text in one byte; a phrase or a word limited to a field is scored in the
fields as Lucene sees them; the beginning of a word counts the same wherever it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from search import language, scoring
from search.engines import opensearch_mapping
from search.query import Query
from search.schema import IndexSchema
from search.tree import Added, And, Everything, FacetTerm, Most, Node, Not, Or, Phrase, Prefix, Word

Body = dict[str, Any]
Leaf = Word | Phrase | Prefix
Having = Callable[[Leaf], int]
NOTHING: Body = {"match_none": {}}


class Translator:
    """Trees into queries. `having`: in how many of all `documents` a leaf stands; asked only for added terms."""

    def __init__(self, schema: IndexSchema, documents: int = 0, having: Having = lambda _: 0) -> None:
        self._all, self._words = opensearch_mapping.boosts(schema)
        self._one = opensearch_mapping.boosts(IndexSchema((), ()))[0]
        self._documents, self._having = documents, having

    def query(self, node: Node, boost: float = 1.0, typed: tuple[str, ...] = ()) -> Body:
        """What fits a node."""
        if isinstance(node, Added):
            return self.query(node.part, boost, node.typed)
        if isinstance(node, And):
            return self._and(node, boost, typed)
        if isinstance(node, Or):
            return _some([self.query(part, boost, typed) for part in node.parts], 1)
        if isinstance(node, Most):
            return self._most(node, boost, typed)
        if isinstance(node, Not):
            return {"bool": {"must_not": [self.query(node.part)]}}
        if isinstance(node, FacetTerm):
            return {"bool": {"filter": [_facet(node)]}}
        if isinstance(node, Everything):
            return {"match_all": {"boost": 0}}
        return self._leaf(node, boost * self._discount(node, typed))

    def _and(self, node: And, boost: float, typed: tuple[str, ...]) -> Body:
        made: Body = {}
        for part in node.parts:
            if isinstance(part, Not):
                made.setdefault("must_not", []).append(self.query(part.part))
            elif isinstance(part, FacetTerm):
                made.setdefault("filter", []).append(_facet(part))
            else:
                made.setdefault("must", []).append(self.query(part, boost, typed))
        return {"bool": made}

    def _most(self, node: Most, boost: float, typed: tuple[str, ...]) -> Body:
        """Some of the parts; whatever fits all of them comes before whatever does not."""
        some = _some([self.query(part, boost, typed) for part in node.parts], node.least)
        whole = {"bool": {"filter": [self.query(part) for part in node.parts]}}
        return {"bool": {"must": [some], "should": [{"constant_score": {"filter": whole, "boost": scoring.COMPLETE}}]}}

    def _leaf(self, node: Leaf, boost: float) -> Body:
        alone = f"t_{node.field}" if node.field in opensearch_mapping.ALONE else ""
        if isinstance(node, Prefix):
            return {"prefix": {alone or "words": {"value": node.text, "boost": boost}}}
        if isinstance(node, Phrase):
            factor = self._one if alone else self._words
            return {"match_phrase": {alone or "words": {"query": " ".join(node.words), "boost": boost * factor}}}
        if node.stems:
            keys = "|".join(dict.fromkeys((node.text, *node.stems)))
            return _match(alone or "all", keys, boost * (self._one if alone else self._all))
        return _match(alone or "words", node.text, boost * (self._one if alone else self._words))

    def _discount(self, node: Leaf, typed: tuple[str, ...]) -> float:
        """What an added term is multiplied with to be never more telling than what was typed."""
        if not typed:
            return 1.0
        own = self._idf(node)
        others = [self._idf(Word(word, language.stems(word))) for word in typed]
        return scoring.added(own, others) / own if own else scoring.SYNONYM

    def _idf(self, node: Leaf) -> float:
        if isinstance(node, Phrase):
            return sum(self._idf(Word(word, (), node.field)) for word in node.words)
        return scoring.idf(max(self._documents, self._having(node)), self._having(node))


def weighed(node: Node, added: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """The leaves whose frequency the translation of a tree asks for."""
    if isinstance(node, Added):
        yield from (Word(word, language.stems(word)) for word in node.typed)
        yield from weighed(node.part, node.typed)
    elif isinstance(node, And | Or | Most):
        for part in node.parts:
            yield from weighed(part, added)
    elif added and isinstance(node, Phrase):
        yield from (Word(word, (), node.field) for word in node.words)
    elif added and isinstance(node, Word | Prefix):
        yield node


def readable(audience: frozenset[str]) -> Body:
    """What somebody with these tokens may find."""
    return {"terms": {"audience": sorted(audience)}} if audience else NOTHING


def choices(query: Query, schema: IndexSchema) -> dict[str, list[Body]]:
    """The conditions of each facet in which something is chosen."""
    made: dict[str, list[Body]] = {
        facet: [{"terms": {f"f_{facet}": list(values)}}]
        for facet, values in query.filters.items()
        if values and facet in schema.facets
    }
    if query.year_from is not None or query.year_to is not None:
        bounds: Body = {"gte": query.year_from or 0, "lte": query.year_to or 9999}
        made.setdefault(schema.years, []).append({"range": {"years": bounds}})
    return made


def counting(facets: tuple[str, ...], chosen: dict[str, list[Body]], most: int) -> Body:
    """The counts of facets; the choice made in a facet itself is left out."""
    made: Body = {}
    for facet in facets:
        others = [condition for name, given in chosen.items() if name != facet for condition in given]
        terms: Body = {"terms": {"field": f"f_{facet}", "size": most, "shard_size": most}}
        made[facet] = {"filter": {"bool": {"filter": others}}, "aggs": {"values": terms}}
    return made


def _some(parts: list[Body], least: int) -> Body:
    return {"bool": {"should": parts, "minimum_should_match": least}}


def _facet(node: FacetTerm) -> Body:
    return {"term": {f"c_{node.facet}": {"value": node.value.casefold()}}}


def _match(field: str, keys: str, boost: float) -> Body:
    return {"match": {field: {"query": keys, "boost": boost}}}


def lines(rows: list[Body]) -> str:
    """Several bodies in one request."""
    return "".join(json.dumps(row) + "\n" for row in rows)
