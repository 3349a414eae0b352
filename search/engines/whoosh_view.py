"""One consistent state of a Whoosh index, all its segments seen as one row of documents.

What belongs to a segment is read once and kept with it. What belongs to the whole is worked out when it is first needed
after a commit: columns go on from those of the view before, as far as its segments are still the first; norms and
scored words hang on the averages of all. A view never changes, so threads share it without locks.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, takewhile
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from search import scoring, spelling
from search.engines.arrays import Floats, Ints, Mask, Match, Postings
from search.engines.columns import FacetColumn
from search.engines.kept import ByteLimited
from search.engines.whoosh_postings import Array
from search.engines.whoosh_segments import WhooshSegment
from search.schema import Body, TextField
from search.tree import Node

KEPT_READERS = 16 * 1024 * 1024  # bytes of what single readers may find
KEPT_COUNTS = 4 * 1024 * 1024  # bytes of the counts over all that a reader may find
KEPT_WORDS = 48 * 1024 * 1024  # bytes of scored words in one view,
KEPT_A_DOCUMENT = 200  # and so many more for each document: a common word takes up to thirteen
_NONE = np.empty(0, np.int32)

Part = TypeVar("Part")


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


class _Columns(Generic[Part]):
    """Columns over all segments, by name. `before`: those of an earlier view, which are continued.

    `head`: the first so many documents of a column; `joined`: one column of several.
    """

    def __init__(
        self,
        segments: Sequence[WhooshSegment],
        before: _Columns[Part] | None,
        head: Callable[[Part, int], Part],
        joined: Callable[[Sequence[Part]], Part],
    ) -> None:
        self._segments, self._head, self._joined = segments, head, joined
        self._whole: dict[str, Part] = {}
        pairs = zip(segments, before._segments if before else (), strict=False)
        self._same = sum(1 for _ in takewhile(lambda pair: pair[0].id == pair[1].id, pairs))  # the first so many are
        self._size = sum(segment.size for segment in segments[: self._same])
        self._before = dict(before._whole) if before else {}  # let go one by one

    def of(self, name: str, read: Callable[[WhooshSegment, str], Part]) -> Part:
        """The column of a name; `read` has that of one segment."""
        if name not in self._whole:
            held = self._before.pop(name, None) if self._same else None
            parts = [self._head(held, self._size)] if held is not None else []
            parts += [read(segment, name) for segment in self._segments[self._same if parts else 0 :]]
            self._whole[name] = parts[0] if len(parts) == 1 else self._joined(parts)
        return self._whole[name]


def _first(numbers: Array, size: int) -> Array:
    return numbers[:size]


def _together(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


class View:
    """The documents of an index by number: `path` and `stamp` say which commit of which generation."""

    def __init__(self, path: Path, stamp: int, segments: Sequence[WhooshSegment], before: View | None = None) -> None:
        self.path, self.stamp, self.segments = path, stamp, tuple(segments)
        self.words: Words = before.words if before else Words()
        self._bases = np.cumsum([0, *(s.size for s in segments)]).tolist()
        self.size: int = self._bases[-1]
        self.matches: ByteLimited[Node, Match] = ByteLimited(KEPT_WORDS + KEPT_A_DOCUMENT * self.size)
        facets, numbers = (before._columns, before._numbers) if before else (None, None)
        self._columns: _Columns[FacetColumn] = _Columns(self.segments, facets, FacetColumn.head, FacetColumn.joined)
        self._norms: dict[tuple[TextField, ...], Floats] = {}
        self._readable: ByteLimited[frozenset[str], tuple[Mask, Ints]] = ByteLimited(KEPT_READERS)
        self._totals: ByteLimited[tuple[frozenset[str], str], dict[str, int]] = ByteLimited(KEPT_COUNTS)
        self._numbers: _Columns[Array] = _Columns(self.segments, numbers, _first, _together)

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
        return self._columns.of(field, WhooshSegment.facet)

    # ------------------------------------------------------------------ single documents

    def number(self, name: str) -> npt.NDArray[np.int64]:
        """A number for each document: `date`, `title8`, `id8`."""
        return self._numbers.of(name, WhooshSegment.column)

    def text(self, name: str, document: int) -> bytes:
        """A text of a document: `id` or `sort_title`."""
        segment, number = self._locate(document)
        return segment.text(name, number)

    def body(self, document: int) -> Body:
        """What a document says."""
        segment, number = self._locate(document)
        return segment.body(number)

    def held(self) -> Iterator[tuple[str, int]]:
        """The ids of all documents that live, with their dates."""
        return chain.from_iterable(s.held() for s in self.segments)

    def _locate(self, document: int) -> tuple[WhooshSegment, int]:
        which = bisect_right(self._bases, document) - 1
        return self.segments[which], document - self._bases[which]
