"""The oracle: documents in a dictionary, every query answered by looking at each of them. Slow and obviously right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from search import highlight, language, spelling
from search.engine import Progress
from search.errors import SearchUnavailable
from search.parse import And, Everything, FacetTerm, Node, Not, Or, Phrase, Prefix, Word, parse
from search.query import MAX_DEPTH, MAX_PER_PAGE, Hit, Query, Results, Sort
from search.schema import Document, IndexSchema

Positions = Mapping[str, Mapping[str, list[int]]]  # field -> key -> positions


class MemoryEngine:
    """An index for tests and for trying things out; it forgets everything when the process ends."""

    def __init__(self, schema: IndexSchema) -> None:
        self.schema = schema
        self._documents: dict[str, tuple[Document, Positions]] | None = {}
        self._lock = threading.Lock()

    def search(self, query: Query) -> Results:
        """Answer a query by looking at every document the audience may see."""
        node = parse(query.text, self.schema)
        results = self._answer(node, query)
        if not results.total and query.text.strip():
            return spelling.suggested(results, query, node, self._vocabulary(query), self._count)
        return results

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = ()) -> None:
        """Put and drop documents."""
        with self._lock:
            held = dict(self._held())
            for document_id in drops:
                held.pop(document_id, None)
            held.update((d.id, (d, _positions(d))) for d in puts)
            self._documents = held

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """Replace everything."""
        fresh = {}
        for number, document in enumerate(documents, 1):
            fresh[document.id] = (document, _positions(document))
            if progress:
                progress(number)
        self._documents = fresh
        return len(fresh)

    def ids(self) -> frozenset[str]:
        """All ids."""
        return frozenset(self._held())

    def ready(self) -> bool:
        """Until it is lost (tests do that)."""
        return self._documents is not None

    def lose(self) -> None:
        """Behave as an index that was deleted."""
        self._documents = None

    def close(self) -> None:
        """Nothing to let go of."""

    def _held(self) -> dict[str, tuple[Document, Positions]]:
        if self._documents is None:
            raise SearchUnavailable("the index is gone")
        return self._documents

    def _answer(self, node: Node, query: Query) -> Results:
        readable = [(d, p) for d, p in self._held().values() if d.audience & query.audience]
        fitting = [(d, p) for d, p in readable if _fits(node, d, p)]
        chosen = [(d, p) for d, p in fitting if _passes(d, query, self.schema)]
        counts = {}
        for facet in query.facets:
            others = [d for d, _ in fitting if _passes(d, query, self.schema, but=facet)]
            counts[facet] = dict(Counter(v for d in others for v in dict.fromkeys(d.facets.get(facet, ()))))
        per_page = max(1, min(query.per_page, MAX_PER_PAGE))
        pages = max(1, -(-min(len(chosen), MAX_DEPTH) // per_page))
        page = max(1, min(query.page, pages))
        scored = _ordered([(d, self._score(node, d, p)) for d, p in chosen], query.sort)
        hits = tuple(
            Hit(
                d.id,
                score,
                highlight.title(d.text.get("title", ""), node, d.language),
                highlight.passage(d.text, self.schema, node, d.language),
            )
            for d, score in scored[(page - 1) * per_page : page * per_page]
        )
        return Results(len(chosen), hits, page, per_page, counts)

    def _score(self, node: Node, document: Document, positions: Positions) -> float:
        weights = {f.name: f.weight for f in self.schema.text}
        if isinstance(node, Word):
            keys = {node.text: 1.0} | dict.fromkeys(node.stems, 0.6)
            return sum(weights[f] * w * len(positions.get(f, {}).get(k, ())) for f in weights for k, w in keys.items())
        if isinstance(node, And | Or):
            return sum(self._score(part, document, positions) for part in node.parts)
        return 0.0

    def _vocabulary(self, query: Query) -> spelling.Vocabulary:
        words = {
            key
            for document, positions in self._held().values()
            if document.audience & query.audience
            for keys in positions.values()
            for key in keys
            if not key.startswith(language.STEM_MARK)
        }
        return spelling.Vocabulary(frozenset(words), lambda word: word in words)

    def _count(self, query: Query) -> int:
        return self._answer(parse(query.text, self.schema), query).total


def _positions(document: Document) -> Positions:
    fields: dict[str, dict[str, list[int]]] = {}
    for name, text in document.text.items():
        keys = fields.setdefault(name, {})
        for position, key in language.indexed(text, document.language):
            keys.setdefault(key, []).append(position)
    return fields


def _fits(node: Node, document: Document, positions: Positions) -> bool:
    if isinstance(node, Everything):
        return True
    if isinstance(node, And):
        return all(_fits(part, document, positions) for part in node.parts)
    if isinstance(node, Or):
        return any(_fits(part, document, positions) for part in node.parts)
    if isinstance(node, Not):
        return not _fits(node.part, document, positions)
    if isinstance(node, FacetTerm):
        return any(v.casefold() == node.value.casefold() for v in document.facets.get(node.facet, ()))
    fields = [keys for name, keys in positions.items() if node.field in ("", name)]
    if isinstance(node, Word):
        return any(key in keys for keys in fields for key in (node.text, *node.stems))
    if isinstance(node, Prefix):
        return any(key.startswith(node.text) for keys in fields for key in keys)
    assert isinstance(node, Phrase)
    return any(_in_a_row(node.words, keys) for keys in fields)


def _in_a_row(words: tuple[str, ...], keys: Mapping[str, list[int]]) -> bool:
    return any(all(start + n in keys.get(word, ()) for n, word in enumerate(words)) for start in keys.get(words[0], ()))


def _passes(document: Document, query: Query, schema: IndexSchema, but: str = "") -> bool:
    for facet, values in query.filters.items():
        if facet != but and values and not set(values) & set(document.facets.get(facet, ())):
            return False
    if but == schema.years or (query.year_from is None and query.year_to is None):
        return True
    low, high = query.year_from or 0, query.year_to or 9999
    return any(low <= int(y) <= high for y in document.facets.get(schema.years, ()) if y.isdigit())


def _ordered(found: list[tuple[Document, float]], sort: Sort) -> list[tuple[Document, float]]:
    found = sorted(found, key=lambda ds: ds[0].id)
    if sort is Sort.NEWEST:
        return sorted(found, key=lambda ds: ds[0].date, reverse=True)
    if sort is Sort.TITLE:
        return sorted(found, key=lambda ds: language.fold(ds[0].sort_title))
    return sorted(found, key=lambda ds: -ds[1])
