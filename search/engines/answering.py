"""What every engine does around its own evaluation: other terms, records with some of the words, another spelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from search import spelling
from search.engines.deadline import Deadline
from search.parse import NO_SYNONYMS, parse
from search.query import Query, Results, Sort
from search.schema import IndexSchema
from search.synonyms import Synonyms
from search.tree import Node, added_to, widened

ENOUGH = 10  # records that have all the words: with fewer, those that have some of them follow

Evaluate = Callable[[Node, Query, Deadline], Results]
Vocabulary = Callable[[Query, Deadline], spelling.Vocabulary]


def answered(
    query: Query,
    schema: IndexSchema,
    synonyms: Synonyms,
    evaluate: Evaluate,
    vocabulary: Vocabulary,
) -> Results:
    """Answer a query with an engine's own evaluation of a tree.

    Raises BadQuery for what cannot be asked, and when all that this takes together takes too long.
    """
    deadline = Deadline()

    def evaluated(node: Node, asked: Query) -> Results:
        deadline.check()
        return evaluate(node, asked, deadline)

    def answer(text: str, asked: Query) -> Results:
        return _wide(parse(text, schema, synonyms if query.synonyms else NO_SYNONYMS), asked, evaluated)

    results = answer(query.text, query)
    if results.complete or not query.for_people or not query.text.strip():
        return results
    # how the words are read does not depend on the filters: the count of a facet is what its click gives
    everywhere = _everywhere(query)
    whole = answer(query.text, everywhere) if _narrowed(query) else results
    if whole.complete:
        return results
    better = spelling.corrected(query.text, parse(query.text, schema), vocabulary(query, deadline))
    if not better:
        return results
    other = answer(better, everywhere if _narrowed(query) else query)
    if (other.complete, other.total) <= (whole.complete, whole.total):
        return results
    if not query.relax or (whole.total and not other.complete):  # what was typed may well be meant: the page asks
        return replace(results, spelling=better)
    other = answer(better, query) if _narrowed(query) else other
    return replace(other, corrected=True, spelling=better)


def bare(query: Query) -> Query:
    """The same for whoever wants to know only how many have all the words as they are typed."""
    return replace(query, relax=False, for_people=False, facets=(), page=1, per_page=1)


def _wide(node: Node, query: Query, evaluate: Callable[[Node, Query], Results]) -> Results:
    """What has all the words; and when that is little, what has some of them.

    In another order than by relevance those with some of the words would be anywhere: there, only when nothing has all.
    """
    found = evaluate(node, query)
    found = replace(found, complete=found.total, added=added_to(node))
    enough = ENOUGH if query.sort is Sort.RELEVANCE else 1
    wider = widened(node) if query.relax and found.total < enough else None
    if wider is None or (_narrowed(query) and evaluate(node, _everywhere(query)).total >= enough):
        return found
    return replace(evaluate(wider, query), complete=found.total, added=found.added)


def _narrowed(query: Query) -> bool:
    return any(query.filters.values()) or query.year_from is not None or query.year_to is not None


def _everywhere(query: Query) -> Query:
    """The same words without filters: a filter only ever takes records away, so that the counts of facets hold."""
    return replace(query, filters={}, year_from=None, year_to=None, facets=(), per_page=1, for_people=False)
