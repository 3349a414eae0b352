"""The embedded engine. Whoosh keeps the index on disk; queries are evaluated on arrays over its segments."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from whoosh.codec.base import Segment
from whoosh.index import TOC

from search import highlight, spelling
from search.engine import Progress, Swapping
from search.engines import whoosh_merge, whoosh_rebuild
from search.engines.answering import answered, bare
from search.engines.arrays import Evaluator, Mask, Match
from search.engines.deadline import Deadline
from search.engines.ranking import Key, first
from search.engines.whoosh_build import build
from search.engines.whoosh_segments import WhooshSegment
from search.engines.whoosh_storage import INDEX, DurableStorage, Generations, adding, check, clear, commit, contents
from search.engines.whoosh_verify import Given
from search.engines.whoosh_view import View
from search.errors import SearchBusy, SearchError, SearchSuperseded, SearchUnavailable
from search.parse import NO_SYNONYMS
from search.query import MAX_DEPTH, MAX_PER_PAGE, Hit, Query, Results, Sort
from search.schema import Document, IndexSchema
from search.synonyms import Synonyms
from search.tree import Everything, Node

TRIES = 10  # looks at an index that others keep changing
PASSING = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # what keeps files from being read, and is no fault of theirs
T = TypeVar("T")


class WhooshEngine:
    """An index in a folder, shared by the threads of a process and by several processes."""

    def __init__(self, folder: str, schema: IndexSchema, synonyms: Synonyms = NO_SYNONYMS) -> None:
        self.schema, self.synonyms = schema, synonyms
        self._generations = Generations(Path(folder))
        self._lock = threading.RLock()
        self._view: View | None = None
        self._seen: object = None
        self._merger = whoosh_merge.Merger(self.tidy)

    def search(self, query: Query) -> Results:
        """Answer a query. Raises BadQuery or SearchUnavailable."""
        with translated():
            view = self._current()
            return answered(
                query,
                self.schema,
                self.synonyms,
                partial(self._answer, view),
                partial(self._vocabulary, view),
            )

    def totals(self, queries: Sequence[Query]) -> list[int]:
        """How many documents each of these finds as it is typed."""
        return [self.search(bare(query)).total for query in queries]

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = (), hurried: bool = False) -> None:
        """Put and drop documents in one durable commit; the cost does not grow with the index."""
        latest = {d.id: d for d in puts}
        gone = {*drops, *latest}
        with translated():
            with self._generations.writing(self.schema) as storage, self._merger.waiting():
                view = self._current()
                toc = contents(storage, view.stamp)
                for held, segment in zip(view.segments, toc.segments, strict=True):
                    for document_id in gone:
                        if (number := held.find(document_id)) is not None:
                            segment.delete_document(number)
                segments = [s for s in toc.segments if s.doc_count_all() > s.deleted_count()]
                if latest:
                    made = build(storage, self.schema, list(latest.values()))
                    with adding(storage, made):
                        commit(storage, toc, segments := [*segments, made])
                else:
                    commit(storage, toc, segments)
                view = self._opened(view.path, view.stamp + 1, segments, view)
                self._see(view)
            if whoosh_merge.due(view.segments):
                self._merger.soon()

    def rebuild(
        self, documents: Iterable[Document], progress: Progress | None = None, swapping: Swapping = nullcontext
    ) -> int:
        """Build a new generation beside the one that serves, and swap."""
        with translated(), self._generations.building() as fresh:
            given = Given(documents)
            whoosh_rebuild.fill(fresh, self.schema, given, progress)
            given.verify(self._read(fresh, newest(fresh), None))
            with swapping():
                self._generations.serve(fresh, self.schema.fingerprint)
            return given.tally.count

    def held(self) -> Mapping[str, int]:
        """The ids of all documents with their dates."""
        with translated():
            return dict(self._current().held())

    def ready(self) -> bool:
        """Whether the index opens and fits the schema."""
        try:
            with translated():
                self._current()
        except SearchError:
            return False
        return True

    def lost(self) -> bool:
        """Whether files are gone, or not to the bit what was written. Reads all of them: some seconds a gigabyte."""
        whole: set[Path] = set()

        def look(path: Path, stamp: int, _: object) -> None:
            storage = DurableStorage(str(path))
            for segment in contents(storage, stamp).segments:
                file = path / segment.make_filename(segment.COMPOUND_EXT)
                if file not in whole:
                    check(file)
                    whole.add(file)
            self._read(path, stamp, None)

        try:
            with translated():
                self._looked(look)
        except (SearchSuperseded, SearchBusy):
            return False
        except SearchUnavailable as error:  # a full disk does not come to this: it can be read
            return not (isinstance(error.__cause__, OSError) and error.__cause__.errno in PASSING)
        return False

    def prune(self) -> None:
        """Take away what killed processes have left. Raises SearchUnavailable when somebody is at work."""
        with translated():
            self._generations.prune()
            with self._generations.merging():
                whoosh_merge.sweep(self._generations.serving(self.schema))
            with self._generations.writing(self.schema) as storage:
                toc = contents(storage)
                clear(storage, toc.generation, toc.segments)

    def close(self) -> None:
        """End the merging and let the files go."""
        self._merger.stop()
        with self._lock:
            self._view = self._seen = None

    # ------------------------------------------------------------------ opening

    def _current(self) -> View:
        """The newest state; opened again only when something was committed, and then only what is new."""
        held, seen = self._view, self._seen
        if held is not None and seen is not None and self._generations.state(held.path) == seen:
            return held
        with self._lock:
            return self._looked(self._follow)

    def _follow(self, path: Path, stamp: int, seen: object) -> View:
        held = self._view
        if held is None or (held.path, held.stamp) != (path, stamp):
            held = self._read(path, stamp, held)
        self._view, self._seen = held, seen
        return held

    def _looked(self, look: Callable[[Path, int, object], T]) -> T:
        """What comes of looking at the newest commit. Others may commit meanwhile, and take files away with it."""
        for attempt in range(TRIES):
            path = self._generations.serving(self.schema)
            seen = self._generations.state(path)  # before reading: what is committed meanwhile is seen next time
            stamp = newest(path)
            try:
                return look(path, stamp, seen)
            except FileNotFoundError:  # gone with a commit between two looks; without one it is damage
                if attempt + 1 == TRIES or (self._generations.serving(self.schema), newest(path)) == (path, stamp):
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _see(self, view: View) -> None:
        """What this process committed itself need not be read again. The caller holds the lock for writing."""
        with self._lock:
            self._view, self._seen = view, None

    def _read(self, path: Path, stamp: int, before: View | None) -> View:
        segments = contents(DurableStorage(str(path)), stamp).segments
        return self._opened(path, stamp, segments, before)

    def _opened(self, path: Path, stamp: int, segments: Iterable[Segment], before: View | None) -> View:
        before = before if before and before.path == path else None
        known = {s.id: s for s in before.segments} if before else {}
        storage, opened = DurableStorage(str(path)), []
        for segment in segments:
            held = known.get(segment.segment_id())
            opened.append(held.again(segment) if held else WhooshSegment(storage, segment))
        return View(path, stamp, opened, before)

    def tidy(self) -> None:
        """Merge what should be merged, and wait for it. Only the exchange at the end keeps writers waiting."""
        with translated(), self._generations.merging():
            whoosh_merge.sweep(self._current().path)
            while not self._merger.stopping:
                view = self._current()
                chosen = [view.segments[n] for n in whoosh_merge.due(view.segments)]
                if not chosen:
                    return
                whoosh_merge.exchange(self._generations, self.schema, view, chosen, self._merger.pace)

    # ------------------------------------------------------------------ answering

    def _answer(self, view: View, node: Node, query: Query, deadline: Deadline) -> Results:
        found = self._found(view, node, query.audience, deadline)
        choices = self._choices(view, query)
        counts = {
            f: self._counts(view, node, found, choices, query, f) for f in query.facets if f in self.schema.facets
        }
        chosen = _narrowed(found, choices.values())
        total = len(chosen.documents)
        per_page = max(1, min(query.per_page, MAX_PER_PAGE))
        page = max(1, min(query.page, -(-min(total, MAX_DEPTH) // per_page)))
        ranked = _ranked(view, chosen, query.sort, page * per_page)[(page - 1) * per_page :]
        marker = highlight.Highlighter(node, self.schema) if query.for_people else None
        hits = tuple(_hit(view, row, marker) for row in ranked)
        return Results(total, hits, page, per_page, counts)

    def _found(self, view: View, node: Node, audience: frozenset[str], deadline: Deadline) -> Match:
        """What fits the words, of what this audience may find."""
        mask, everything = view.readable(audience)
        if isinstance(node, Everything):
            return Match(everything, np.zeros(len(everything), np.float32), view.size)
        found = Evaluator(view, self.schema, mask, deadline, view.matches).match(node)
        if len(everything) == view.size:
            return found
        return _narrowed(found, [mask])

    def _choices(self, view: View, query: Query) -> dict[str, Mask]:
        """One mask for each facet in which something is chosen."""
        masks = {
            facet: view.column(facet).mask(values)
            for facet, values in query.filters.items()
            if values and facet in self.schema.facets
        }
        if query.year_from is not None or query.year_to is not None:
            low, high = query.year_from or 0, query.year_to or 9999
            column = view.column(self.schema.years)
            inside = column.mask([y for y in column.values if y.isdigit() and low <= int(y) <= high])
            chosen = masks.get(self.schema.years)
            masks[self.schema.years] = inside if chosen is None else inside & chosen
        return masks

    def _counts(
        self, view: View, node: Node, found: Match, choices: dict[str, Mask], query: Query, facet: str
    ) -> dict[str, int]:
        """A facet's counts; the choice made in it is left out, so that its siblings stay visible."""
        others = [mask for name, mask in choices.items() if name != facet]
        if not others and isinstance(node, Everything):
            return dict(view.totals(query.audience, facet))
        return view.column(facet).counts(_narrowed(found, others).documents)

    def _vocabulary(self, view: View, query: Query, deadline: Deadline) -> spelling.Vocabulary:
        """All words of the index, and which of them this reader may see."""
        mask = view.readable(query.audience)[0]

        def readable(word: str) -> int:
            deadline.check()
            return max(int(mask[view.postings(f.name, word).documents].sum()) for f in self.schema.text)

        return spelling.Vocabulary(view.lexicon, lambda words: [readable(word) for word in words])


class _Row(NamedTuple):
    """A document that may be among the first, with what it is sorted by in the end."""

    document: int
    score: float
    date: int
    id: bytes

    def by(self, sort: Sort, view: View) -> tuple[Any, ...]:
        """Ids decide last, so that pages never overlap."""
        if sort is Sort.TITLE:
            return view.text("sort_title", self.document), self.id
        return (-self.date, self.id) if sort is Sort.NEWEST else (-self.score, -self.date, self.id)


def _hit(view: View, row: _Row, marker: highlight.Highlighter | None) -> Hit:
    if marker is None:
        return Hit(row.id.decode(), row.score, row.date)
    body = view.body(row.document)
    return Hit(row.id.decode(), row.score, row.date, marker.title(body), marker.passage(body))


def newest(generation: Path) -> int:
    """The number of the last commit to a generation."""
    return int(TOC._latest_generation(DurableStorage(str(generation)), INDEX))


def _narrowed(found: Match, masks: Iterable[Mask]) -> Match:
    for mask in masks:
        kept = mask[found.documents]
        found = Match(found.documents[kept], found.scores[kept], found.size)
    return found


def _ranked(view: View, found: Match, sort: Sort, most: int) -> list[_Row]:
    """The first documents in the order asked for."""
    documents = found.documents

    def by(name: str, sign: int = 1) -> Key:
        return lambda places: view.number(name)[documents[places]] * sign

    keys: dict[Sort, list[Key]] = {
        Sort.TITLE: [by("title8")],  # titles that begin alike are all looked at
        Sort.NEWEST: [by("date", -1), by("id8")],
        Sort.RELEVANCE: [lambda places: -found.scores[places], by("date", -1), by("id8")],
    }
    places = first(keys[sort], most)
    chosen = documents[places]
    dates = view.number("date")[chosen]
    each = zip(chosen.tolist(), found.scores[places].tolist(), dates.tolist(), strict=True)
    rows = [_Row(document, score, date, view.text("id", document)) for document, score, date in each]
    return sorted(rows, key=lambda row: row.by(sort, view))[:most]


@contextmanager
def translated() -> Iterator[None]:
    """Nothing of Whoosh's, and nothing a damaged file may raise, leaves this module."""
    try:
        yield
    except SearchError:
        raise
    except Exception as error:  # a MemoryError too: a flipped bit may ask for a terabyte
        # what the system says of a disk (full, failing) names no text of a record; what others say might
        said = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        raise SearchUnavailable(f"the index cannot be used: {said}") from error
