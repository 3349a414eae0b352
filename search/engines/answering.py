"""What every engine does around its own evaluation: other terms, fewer words when none has all, another spelling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from search import spelling
from search.parse import NO_SYNONYMS, parse
from search.query import Query, Results
from search.schema import IndexSchema
from search.synonyms import Synonyms
from search.tree import Node, added_to, relaxed


def answered(
    query: Query,
    schema: IndexSchema,
    synonyms: Synonyms,
    evaluate: Callable[[Node], Results],
    vocabulary: Callable[[Query], spelling.Vocabulary],
) -> Results:
    """Answer a query with an engine's own evaluation of a tree. Raises BadQuery for what cannot be asked."""
    asked = synonyms if query.synonyms else NO_SYNONYMS
    node = parse(query.text, schema, asked)
    results = evaluate(node)
    if not results.total and query.for_people and query.text.strip():
        results = spelling.suggested(
            results, query, node, vocabulary(query), lambda text: evaluate(parse(text, schema, asked)).total
        )
    if not results.total and query.relax:
        for wider in relaxed(node):
            if (found := evaluate(wider)).total:
                results = replace(found, relaxed=True, spelling=results.spelling)
                break
    return replace(results, added=added_to(node))
