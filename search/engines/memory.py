"""The oracle: documents in a dictionary, every query answered by looking at each of them. Slow and obviously right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext

from search import highlight, language, scoring, spelling
from search.engine import Progress, Swapping
from search.engines.answering import answered, bare
from search.engines.deadline import Deadline
from search.errors import SearchUnavailable
from search.parse import NO_SYNONYMS
from search.query import MAX_DEPTH, MAX_PER_PAGE, Hit, Query, Results, Snippet, Sort
from search.schema import Document, IndexSchema, TextField, moment
from search.synonyms import Synonyms
from search.tree import Added, And, Everything, FacetTerm, Most, Node, Not, Or, Phrase, Prefix, Word

Positions = Mapping[str, Mapping[str, list[int]]]  # field -> key -> positions


class MemoryEngine:
    """An index for tests and for trying things out; it forgets everything when the process ends."""

    def __init__(self, schema: IndexSchema, synonyms: Synonyms = NO_SYNONYMS) -> None:
        self.schema, self.synonyms = schema, synonyms
        self._documents: dict[str, tuple[Document, Positions]] | None = {}
        self._lock = threading.Lock()

    def search(self, query: Query) -> Results:
        """Answer a query by looking at every document the audience may see."""
        return answered(query, self.schema, self.synonyms, self._answer, self._vocabulary)

    def totals(self, queries: Sequence[Query]) -> list[int]:
        """How many documents each of these finds as it is typed."""
        return [self.search(bare(query)).total for query in queries]

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = (), hurried: bool = False) -> None:
        """Put and drop documents."""
        with self._lock:
            held = dict(self._held())
            for document_id in drops:
                held.pop(document_id, None)
            held.update((d.id, (d, _positions(d))) for d in puts)
            self._documents = held

    def rebuild(
        self, documents: Iterable[Document], progress: Progress | None = None, swapping: Swapping = nullcontext
    ) -> int:
        """Replace everything."""
        fresh = {}
        for number, document in enumerate(documents, 1):
            fresh[document.id] = (document, _positions(document))
            if progress:
                progress(number)
        with swapping():
            self._documents = fresh
        return len(fresh)

    def held(self) -> Mapping[str, int]:
        """All ids with their dates."""
        return {document_id: moment(document.date) for document_id, (document, _) in self._held().items()}

    def ready(self) -> bool:
        """Until it is lost (tests do that)."""
        return self._documents is not None

    def lose(self) -> None:
        """Behave as an index that was deleted."""
        self._documents = None

    def lost(self) -> bool:
        """Whether it was lost."""
        return self._documents is None

    def prune(self) -> None:
        """A killed process leaves nothing of it."""

    def close(self) -> None:
        """Nothing to let go of."""

    def _held(self) -> dict[str, tuple[Document, Positions]]:
        if self._documents is None:
            raise SearchUnavailable("the index is gone")
        return self._documents

    def _answer(self, node: Node, query: Query, deadline: Deadline) -> Results:
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
        marker = highlight.Highlighter(node, self.schema)
        hits = tuple(
            Hit(
                d.id,
                score,
                moment(d.date),
                marker.title(d.body) if query.for_people else Snippet(),
                marker.passage(d.body) if query.for_people else Snippet(),
            )
            for d, score in scored[(page - 1) * per_page : page * per_page]
        )
        return Results(len(chosen), hits, page, per_page, counts)

    def _score(self, node: Node, document: Document, positions: Positions, typed: tuple[str, ...] = ()) -> float:
        if isinstance(node, Added):
            return self._score(node.part, document, positions, node.typed)
        if isinstance(node, And | Or | Most):
            fitting = [part for part in node.parts if _fits(part, document, positions)]
            complete = scoring.COMPLETE if isinstance(node, Most) and len(fitting) == len(node.parts) else 0.0
            return complete + sum(self._score(part, document, positions, typed) for part in fitting)
        if not isinstance(node, Word | Prefix | Phrase):
            return 0.0
        asked = self.schema.asked(node.field)
        often = sum(f.weight * _often(node, positions.get(f.name, {})) for f in asked)
        idf = self._idf(node)
        if typed:
            idf = scoring.added(idf, [self._idf(Word(word, language.stems(word))) for word in typed])
        lengths = [_length(p, asked) for _, p in self._held().values()]
        return idf * scoring.weight(often, scoring.norm(_length(positions, asked), sum(lengths) / len(lengths)))

    def _idf(self, node: Word | Prefix | Phrase) -> float:
        if isinstance(node, Phrase):
            return sum(self._idf(Word(word, (), node.field)) for word in node.words)
        having = sum(_fits(node, document, positions) for document, positions in self._held().values())
        return scoring.idf(len(self._held()), having)

    def _vocabulary(self, query: Query, deadline: Deadline) -> spelling.Vocabulary:
        words = Counter(
            key
            for document, positions in self._held().values()
            if document.audience & query.audience
            for key in {key for keys in positions.values() for key in keys}
            if not key.startswith(language.STEM_MARK)
        )
        lexicon = spelling.Lexicon()
        lexicon.add(words)
        return spelling.Vocabulary(lexicon, lambda asked: [words[word] for word in asked])


def _positions(document: Document) -> Positions:
    fields: dict[str, dict[str, list[int]]] = {}
    for name, text in document.text.items():
        keys = fields.setdefault(name, {})
        for position, key in language.indexed(text, document.language, document.body.foreign.get(name, ())):
            keys.setdefault(key, []).append(position)
    return fields


def _fits(node: Node, document: Document, positions: Positions) -> bool:
    if isinstance(node, Everything):
        return True
    if isinstance(node, And):
        return all(_fits(part, document, positions) for part in node.parts)
    if isinstance(node, Or):
        return any(_fits(part, document, positions) for part in node.parts)
    if isinstance(node, Most):
        return sum(_fits(part, document, positions) for part in node.parts) >= node.least
    if isinstance(node, Added):
        return _fits(node.part, document, positions)
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
    return any(_begins(words, keys, start) for start in keys.get(words[0], ()))


def _begins(words: tuple[str, ...], keys: Mapping[str, list[int]], start: int) -> bool:
    return all(start + n in keys.get(word, ()) for n, word in enumerate(words))


def _often(node: Word | Prefix | Phrase, keys: Mapping[str, list[int]]) -> float:
    """How often a word, a word with a beginning, or a phrase stands in a field."""
    if isinstance(node, Phrase):
        return sum(_begins(node.words, keys, start) for start in keys.get(node.words[0], ()))
    if isinstance(node, Prefix):
        return sum(len(places) for key, places in keys.items() if key.startswith(node.text))
    return sum(share * len(keys.get(key, ())) for key, share in scoring.shares(node.text, node.stems).items())


def _length(positions: Positions, fields: tuple[TextField, ...]) -> float:
    """Words in these fields, each by its weight: their positions."""
    held = [(f, positions.get(f.name, {})) for f in fields if f.shown]
    return sum(f.weight * (1 + max((max(p) for p in keys.values()), default=-1)) for f, keys in held)


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
        return sorted(found, key=lambda ds: -moment(ds[0].date))
    if sort is Sort.TITLE:
        return sorted(found, key=lambda ds: language.fold(ds[0].sort_title)[:120])
    return sorted(found, key=lambda ds: (-ds[1], -moment(ds[0].date)))
