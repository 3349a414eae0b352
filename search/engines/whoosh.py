"""The embedded engine. Whoosh writes, keeps and opens the index; queries are evaluated on arrays over its segments."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import fields, index
from whoosh.writing import LockError

from search import highlight, language, spelling
from search.engine import Progress
from search.engines.arrays import Evaluator, Floats, Mask, Statistics, keys_in
from search.engines.whoosh_segments import KeyAnalyzer, WhooshSegment
from search.engines.whoosh_storage import DurableStorage, Generations
from search.errors import SearchError, SearchUnavailable
from search.parse import Everything, FacetTerm, Node, parse
from search.query import MAX_DEPTH, MAX_PER_PAGE, Hit, Query, Results, Sort
from search.schema import Document, IndexSchema

LOCK_TIMEOUT = 10.0  # seconds to wait for another writer
BUILD_BATCH = 2000  # documents to a segment while rebuilding


@dataclass
class Snapshot:
    """One consistent state of the index: its generation, and its segments with what lives in them."""

    path: Path
    stamp: int
    segments: list[tuple[str, WhooshSegment, Mask]]
    readers: list[Any]


class WhooshEngine:
    """An index in a folder, shared by the threads of a process and by several processes."""

    def __init__(self, folder: str, schema: IndexSchema) -> None:
        self.schema = schema
        self._generations = Generations(Path(folder))
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None

    def search(self, query: Query) -> Results:
        """Answer a query. Raises BadQuery or SearchUnavailable."""
        node = parse(query.text, self.schema)
        with _translated():
            snapshot = self._current()
            results = self._answer(snapshot, node, query)
            if not results.total and query.text.strip():
                return spelling.suggested(
                    results,
                    query,
                    node,
                    self._vocabulary(snapshot, query),
                    lambda q: self._total(snapshot, q),
                )
            return results

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = ()) -> None:
        """Put and drop documents in one durable commit."""
        latest = {d.id: d for d in puts}
        with _translated():
            path = self._serving()
            opened = index.FileIndex(DurableStorage(str(path)))
            writer = opened.writer(timeout=LOCK_TIMEOUT, delay=0.02)
            try:
                for document_id in {*drops, *latest}:  # never update_document twice: Whoosh would keep both
                    writer.delete_by_term("id", document_id)
                for document in latest.values():
                    writer.add_document(**self._row(document))
            except BaseException:
                writer.cancel()
                raise
            writer.commit()

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """Build a new generation beside the one that serves, and swap."""
        with _translated(), self._generations.building() as fresh:
            storage = DurableStorage(str(fresh))
            opened = index.FileIndex.create(storage, self._whoosh_schema(), index._DEF_INDEX_NAME)
            count = 0
            for batch in _batches(documents, BUILD_BATCH):
                writer = opened.writer(timeout=LOCK_TIMEOUT)
                for document in {d.id: d for d in batch}.values():
                    writer.add_document(**self._row(document))
                    count += 1
                writer.commit(merge=False)
                if progress:
                    progress(count)
            if (kept := sum(1 for _ in _ids(self._read(fresh, None)))) != count:
                raise SearchUnavailable(f"the new index holds {kept} documents instead of {count}")
            self._generations.serve(fresh, self.schema.fingerprint)
            return count

    def ids(self) -> frozenset[str]:
        """The ids of all documents."""
        with _translated():
            return frozenset(_ids(self._current()))

    def ready(self) -> bool:
        """Whether the index opens and fits the schema."""
        try:
            with _translated():
                self._current()
        except SearchError:
            return False
        return True

    def close(self) -> None:
        """Close the readers."""
        with self._lock:
            if self._snapshot:
                for reader in self._snapshot.readers:
                    reader.close()
            self._snapshot = None

    # ------------------------------------------------------------------ opening

    def _serving(self) -> Path:
        path = self._generations.current()
        if self._generations.fingerprint(path) != self.schema.fingerprint:
            raise SearchUnavailable("the index was built for another schema")
        return path

    def _current(self) -> Snapshot:
        """The newest state; opened again only when something was committed."""
        with self._lock:
            path = self._serving()
            stamp = index.TOC._latest_generation(DurableStorage(str(path)), index._DEF_INDEX_NAME)
            held = self._snapshot
            if held is None or (held.path, held.stamp) != (path, stamp):
                self._snapshot = self._read(path, held if held and held.path == path else None)
            assert self._snapshot is not None
            return self._snapshot

    def _read(self, path: Path, before: Snapshot | None) -> Snapshot:
        known = {name: segment for name, segment, _ in before.segments} if before else {}
        opened = index.FileIndex(DurableStorage(str(path)))
        reader = opened.reader()
        segments = []
        for leaf, _ in reader.leaf_readers():
            if not leaf.doc_count_all():
                continue
            name = leaf.segment().segment_id()
            segment = known[name].reopened(leaf) if name in known else WhooshSegment(leaf)
            segments.append((name, segment, segment.alive()))
        return Snapshot(path, opened.latest_generation(), segments, [reader])

    # ------------------------------------------------------------------ writing

    def _whoosh_schema(self) -> fields.Schema:
        kinds: dict[str, Any] = {
            "id": fields.ID(unique=True),
            "audience": fields.KEYWORD(scorable=False, commas=True),
            "date": fields.ID(),
            "sort_title": fields.ID(),
            "body": fields.STORED(),
        }
        kinds |= {f"t_{f.name}": fields.TEXT(analyzer=KeyAnalyzer(), phrase=True) for f in self.schema.text}
        kinds |= {f"f_{facet}": fields.KEYWORD(scorable=False, commas=True) for facet in self.schema.facets}
        return fields.Schema(**kinds)

    def _row(self, document: Document) -> dict[str, Any]:
        body = json.dumps([document.language, dict(document.text)], ensure_ascii=False).encode("utf-8", "replace")
        row: dict[str, Any] = {
            "id": document.id,
            "audience": ",".join(sorted(document.audience)),
            "date": document.date,
            "sort_title": language.fold(document.sort_title)[:120],
            "body": zlib.compress(body, 1),
        }
        row |= {f"t_{name}": f"{document.language}|{text}" for name, text in document.text.items() if text.strip()}
        row |= {f"f_{facet}": ",".join(values) for facet, values in document.facets.items() if values}
        return row

    # ------------------------------------------------------------------ answering

    def _answer(self, snapshot: Snapshot, node: Node, query: Query) -> Results:
        evaluations = self._evaluated(snapshot, node, query)
        counts = {facet: self._counts(evaluations, facet) for facet in query.facets}
        found = [(e, np.flatnonzero(e.all_but(""))) for e in evaluations]
        total = sum(len(documents) for _, documents in found)
        per_page = max(1, min(query.per_page, MAX_PER_PAGE))
        page = max(1, min(query.page, -(-min(total, MAX_DEPTH) // per_page)))
        ranked = _ranked(found, query.sort, page * per_page)[(page - 1) * per_page : page * per_page]
        hits = tuple(self._hit(e, document, node) for e, document in ranked)
        return Results(total, hits, page, per_page, counts)

    def _evaluated(self, snapshot: Snapshot, node: Node, query: Query) -> list[_Evaluation]:
        statistics = self._statistics(snapshot, node)
        made = []
        for _, segment, alive in snapshot.segments:
            readable = np.zeros(segment.size, bool)
            for token in query.audience:
                readable[segment.facet("audience").get(token, [])] = True
            match = Evaluator(_Renamed(segment), self.schema, statistics).match(node)
            base = match.mask & readable & alive
            made.append(_Evaluation(segment, base, match.scores, self._choices(segment, query)))
        return made

    def _choices(self, segment: WhooshSegment, query: Query) -> dict[str, Mask]:
        """One mask for each facet in which something is chosen."""
        masks = {}
        for facet, values in query.filters.items():
            if values and facet in self.schema.facets:
                masks[facet] = _any_of(segment, f"f_{facet}", values)
        if query.year_from is not None or query.year_to is not None:
            low, high = query.year_from or 0, query.year_to or 9999
            years = [y for y in segment.facet(f"f_{self.schema.years}") if y.isdigit() and low <= int(y) <= high]
            inside = _any_of(segment, f"f_{self.schema.years}", years)
            chosen = masks.get(self.schema.years)
            masks[self.schema.years] = inside if chosen is None else inside & chosen
        return masks

    def _counts(self, evaluations: list[_Evaluation], facet: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for evaluation in evaluations:
            mask = evaluation.all_but(facet)
            if not mask.any():
                continue
            for value, documents in evaluation.segment.facet(f"f_{facet}").items():
                number = int(np.count_nonzero(mask[documents]))
                if number:
                    counts[value] = counts.get(value, 0) + number
        return counts

    def _statistics(self, snapshot: Snapshot, node: Node) -> Statistics:
        """Over everything, whoever reads: a score never shows, and these numbers only order what is shown."""
        segments = [segment for _, segment, _ in snapshot.segments]
        names = [f.name for f in self.schema.text] if not isinstance(node, Everything | FacetTerm) else []
        documents = sum(s.size for s in segments) or 1
        average = {n: sum(float(s.lengths(f"t_{n}").sum()) for s in segments) / documents for n in names}
        frequency = {(n, k): sum(s.frequency(f"t_{n}", k) for s in segments) for n in names for k in keys_in(node)}
        return Statistics(documents, average, frequency)

    def _hit(self, evaluation: _Evaluation, document: int, node: Node) -> Hit:
        stored = evaluation.segment.stored(document)
        doc_language, text = json.loads(zlib.decompress(stored["body"]))
        return Hit(
            evaluation.segment.strings("id")[document],
            float(evaluation.scores[document]),
            highlight.title(text.get("title", ""), node, doc_language),
            highlight.passage(text, self.schema, node, doc_language),
        )

    def _vocabulary(self, snapshot: Snapshot, query: Query) -> spelling.Vocabulary:
        """All words of the index, and which of them this reader may see."""
        names = [f"t_{f.name}" for f in self.schema.text]
        segments = [(s, _any_of(s, "audience", query.audience) & alive) for _, s, alive in snapshot.segments]

        def readable(word: str) -> bool:
            return any(mask[s.postings(name, word).documents].any() for s, mask in segments for name in names)

        words = frozenset(w for s, _ in segments for w in s.words(names))
        return spelling.Vocabulary(words, readable)

    def _total(self, snapshot: Snapshot, query: Query) -> int:
        return self._answer(snapshot, parse(query.text, self.schema), query).total


@dataclass
class _Evaluation:
    """A query over one segment: what fits its words and its reader, and the choice in each facet."""

    segment: WhooshSegment
    base: Mask
    scores: Floats
    choices: dict[str, Mask]

    def all_but(self, facet: str) -> Mask:
        """What fits all choices but the one in this facet."""
        mask = self.base
        for name, choice in self.choices.items():
            if name != facet:
                mask = mask & choice
        return mask


class _Renamed:
    """Whoosh keeps text and facets in one space of names; this puts our names to its fields."""

    def __init__(self, segment: WhooshSegment) -> None:
        self._segment, self.size = segment, segment.size

    def postings(self, field: str, key: str) -> Any:
        return self._segment.postings(f"t_{field}", key)

    def positions(self, field: str, key: str) -> Any:
        return self._segment.positions(f"t_{field}", key)

    def lengths(self, field: str) -> Any:
        return self._segment.lengths(f"t_{field}")

    def facet(self, facet: str) -> Any:
        return self._segment.facet(f"f_{facet}")

    def words_from(self, field: str, prefix: str, limit: int) -> Any:
        return self._segment.words_from(f"t_{field}", prefix, limit)


def _any_of(segment: WhooshSegment, field: str, values: Iterable[str]) -> Mask:
    mask = np.zeros(segment.size, bool)
    postings = segment.facet(field)
    for value in values:
        if value in postings:
            mask[postings[value]] = True
    return mask


def _ranked(found: list[tuple[_Evaluation, Any]], sort: Sort, most: int) -> list[tuple[_Evaluation, int]]:
    rows = []
    for evaluation, documents in found:
        if sort is Sort.RELEVANCE and len(documents) > most:  # only those that can be among the first
            scores = evaluation.scores[documents]
            least = np.partition(scores, len(scores) - most)[len(scores) - most]
            documents = documents[scores >= least]
        ids = evaluation.segment.strings("id")
        rows += [(ids[d], evaluation, int(d)) for d in documents]
    rows.sort(key=lambda row: row[0])
    if sort is Sort.NEWEST:
        rows.sort(key=lambda row: row[1].segment.strings("date")[row[2]], reverse=True)
    elif sort is Sort.TITLE:
        rows.sort(key=lambda row: row[1].segment.strings("sort_title")[row[2]])
    else:
        rows.sort(key=lambda row: -row[1].scores[row[2]])
    return [(evaluation, document) for _, evaluation, document in rows[:most]]


def _ids(snapshot: Snapshot) -> Iterator[str]:
    for _, segment, alive in snapshot.segments:
        yield from (i for i, lives in zip(segment.strings("id"), alive, strict=True) if lives)


def _batches(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


@contextmanager
def _translated() -> Iterator[None]:
    """Nothing of Whoosh's, and nothing a damaged file may raise, leaves this module."""
    try:
        yield
    except SearchError:
        raise
    except LockError as error:
        raise SearchUnavailable("another process is writing to the index") from error
    except Exception as error:  # a MemoryError too: a flipped bit may ask for a terabyte
        raise SearchUnavailable(f"the index cannot be used: {type(error).__name__}") from error
