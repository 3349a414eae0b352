"""One consistent state of a Whoosh index, all its segments seen as one row of documents.

What belongs to a segment is read once and kept with it; what belongs to the whole (columns, norms, scored words) is
worked out anew after a commit, when it is first needed. A view never changes, so threads share it without locks.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search import scoring, spelling
from search.engines.arrays import Floats, Ints, Mask, Match, Postings
from search.engines.columns import FacetColumn
from search.engines.kept import ByteLimited
from search.engines.whoosh_segments import WhooshSegment
from search.schema import TextField
from search.tree import Node

KEPT_READERS = 16 * 1024 * 1024  # bytes of what single readers may find
KEPT_COUNTS = 4 * 1024 * 1024  # bytes of the counts over all that a reader may find
KEPT_WORDS = 48 * 1024 * 1024  # bytes of scored words in one view,
KEPT_A_DOCUMENT = 200  # and so many more for each document: a common word takes up to thirteen
_NONE = np.empty(0, np.int32)


class Words:
    """The words of an index as it grows, shared by its views one after the other."""

    def __init__(self) -> None:
        self._lexicon, self._taken = spelling.Lexicon(), set[str]()
        self._lock = threading.Lock()

    def of(self, segments: Sequence[WhooshSegment]) -> spelling.Lexicon:
        """The lexicon, with the words of these segments in it."""
        with self._lock:
            if self._taken - {segment.id for segment in segments}:  # after a merge: words may have gone with it
                self._lexicon, self._taken = spelling.Lexicon(), set()
            for segment in segments:
                if segment.id not in self._taken:
                    self._lexicon.add(segment.words())
                    self._taken.add(segment.id)
            return self._lexicon


class View:
    """The documents of an index by number: `path` and `stamp` say which commit of which generation."""

    def __init__(self, path: Path, stamp: int, segments: Sequence[WhooshSegment], words: Words | None = None) -> None:
        self.path, self.stamp, self.segments = path, stamp, tuple(segments)
        self.words = words or Words()
        self._bases = np.cumsum([0, *(s.size for s in segments)]).tolist()
        self.size: int = self._bases[-1]
        self.matches: ByteLimited[Node, Match] = ByteLimited(KEPT_WORDS + KEPT_A_DOCUMENT * self.size)
        self._columns: dict[str, FacetColumn] = {}
        self._norms: dict[tuple[TextField, ...], Floats] = {}
        self._readable: ByteLimited[frozenset[str], tuple[Mask, Ints]] = ByteLimited(KEPT_READERS)
        self._totals: ByteLimited[tuple[frozenset[str], str], dict[str, int]] = ByteLimited(KEPT_COUNTS)
        self._numbers: dict[str, npt.NDArray[np.int64]] = {}

    # ------------------------------------------------------------------ what the evaluator asks

    def postings(self, field: str, key: str) -> Postings:
        """The postings of a key over all segments."""
        found = [(b, s.postings(f"t_{field}", key)) for b, s in zip(self._bases, self.segments, strict=False)]
        found = [(b, p) for b, p in found if len(p.documents)]
        if not found:
            return Postings(_NONE, _NONE, _NONE)
        if len(found) == 1:
            base, posted = found[0]
            return Postings(posted.documents + np.int32(base), posted.frequencies, posted.positions)
        return Postings(
            np.concatenate([p.documents + np.int32(b) for b, p in found]),
            np.concatenate([p.frequencies for _, p in found]),
            np.concatenate([p.positions for _, p in found]),
        )

    def norms(self, fields: tuple[TextField, ...]) -> Floats:
        """What a frequency in these fields together is held against, for every document."""
        if fields not in self._norms:
            each = [s.weighted_lengths(fields) for s in self.segments]
            lengths = np.concatenate(each) if each else np.empty(0, np.float32)
            average = float(lengths.mean(dtype=float)) if self.size else 0.0
            slope = scoring.norm(1.0, average) - scoring.norm(0.0, average)
            self._norms[fields] = lengths * np.float32(slope) + np.float32(scoring.norm(0.0, average))
        return self._norms[fields]

    def facet_mask(self, facet: str, values: Sequence[str]) -> Mask:
        """The documents that have one of these values, in any case."""
        return self.column(facet).mask(values, fold=True)

    def words_from(self, prefix: str) -> Sequence[str]:
        """Words that begin so, the shortest first."""
        return self.lexicon.beginning(prefix)

    @cached_property
    def lexicon(self) -> spelling.Lexicon:
        """The words of all segments; what an earlier view of this index took in is not read again."""
        return self.words.of(self.segments)

    # ------------------------------------------------------------------ who may read what

    def readable(self, audience: frozenset[str]) -> tuple[Mask, Ints]:
        """The living documents that somebody with these tokens may find, as a mask and as a list."""
        found = self._readable.get(audience)
        if found is None:
            mask = self._column("audience").mask(audience) & self.alive
            found = (mask, np.flatnonzero(mask).astype(np.int32))
            self._readable.put(audience, found, found[0].nbytes + found[1].nbytes)
        return found

    def totals(self, audience: frozenset[str], facet: str) -> dict[str, int]:
        """The counts of a facet over everything this audience may find."""
        found = self._totals.get((audience, facet))
        if found is None:
            found = self.column(facet).counts(self.readable(audience)[1])
            self._totals.put((audience, facet), found, 200 * (len(found) + 1))
        return found

    @cached_property
    def alive(self) -> Mask:
        """The documents that were not deleted."""
        return np.concatenate([np.empty(0, bool), *(s.alive for s in self.segments)])

    def column(self, facet: str) -> FacetColumn:
        """A facet over all documents."""
        return self._column(f"f_{facet}")

    def _column(self, field: str) -> FacetColumn:
        if field not in self._columns:
            self._columns[field] = FacetColumn.joined([s.facet(field) for s in self.segments])
        return self._columns[field]

    # ------------------------------------------------------------------ single documents

    def number(self, name: str) -> npt.NDArray[np.int64]:
        """A number for each document: `date`, `title8`, `id8`."""
        if name not in self._numbers:
            parts = [s.column(name) for s in self.segments]
            self._numbers[name] = np.concatenate(parts) if parts else np.empty(0, np.int64)
        return self._numbers[name]

    def text(self, name: str, document: int) -> bytes:
        """A text of a document: `id` or `sort_title`."""
        segment, number = self._locate(document)
        return segment.text(name, number)

    def body(self, document: int) -> tuple[str, dict[str, str]]:
        """The language and the texts of a document."""
        segment, number = self._locate(document)
        return segment.body(number)

    def held(self) -> Iterator[tuple[str, int]]:
        """The ids of all documents that live, with their dates."""
        return chain.from_iterable(s.held() for s in self.segments)

    def _locate(self, document: int) -> tuple[WhooshSegment, int]:
        which = bisect_right(self._bases, document) - 1
        return self.segments[which], document - self._bases[which]
