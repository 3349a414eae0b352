"""A facet as a column: which values each document has, as numbers that can be counted at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]


class FacetColumn:
    """The values of a facet over all documents of an index.

    `values`: the names. Where no document has more than one, `single` holds its number for every document (that of
    no value at all is `len(values)`); otherwise documents have runs in `ordinals`, one after the other, from `starts`.
    """

    def __init__(self, size: int, parts: Iterable[tuple[int, Mapping[str, Ints]]]) -> None:
        """`parts`: pieces of the index, each the number of its first document, and value -> documents in it."""
        self.size = size
        numbers: dict[str, int] = {}
        documents, ordinals = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for base, values in parts:
            for value, found in values.items():
                documents.append(found.astype(np.int64) + base)
                ordinals.append(np.full(len(found), numbers.setdefault(value, len(numbers)), np.int64))
        self.values: Sequence[str] = list(numbers)
        of, which = np.concatenate(documents), np.concatenate(ordinals)
        counts = np.bincount(of, minlength=size)
        self.single: Ints | None = None
        if not len(counts) or counts.max() <= 1:
            self.single = np.full(size, len(numbers), np.int32)
            self.single[of] = which
        else:
            self.ordinals = which[np.argsort(of, kind="stable")].astype(np.int32)
            self.starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def counts(self, documents: Ints) -> dict[str, int]:
        """How many of these documents have each value; values that none has are left out."""
        found = np.bincount(self._of(documents), minlength=len(self.values) + 1)[: len(self.values)]
        which = np.flatnonzero(found)
        return dict(zip(map(self.values.__getitem__, which.tolist()), found[which].tolist(), strict=True))

    def mask(self, values: Iterable[str], fold: bool = False) -> Mask:
        """The documents that have one of these values; with `fold`, compared without regard to case."""
        wanted = {v.casefold() for v in values} if fold else set(values)
        chosen = np.array([(v.casefold() if fold else v) in wanted for v in self.values] + [False])
        if self.single is not None:
            return np.asarray(chosen[self.single])
        found = np.zeros(self.size, bool)
        found[self._documents[chosen[self.ordinals]]] = True
        return found

    def _of(self, documents: Ints) -> Ints:
        """The ordinals of these documents, all in one."""
        if self.single is not None:
            return np.asarray(self.single[documents])
        if len(documents) == self.size:
            return self.ordinals
        if len(documents) * 4 > self.size:
            mask = np.zeros(self.size, bool)
            mask[documents] = True
            return np.asarray(self.ordinals[np.repeat(mask, self._widths)])
        starts, widths = self.starts[documents], self._widths[documents]
        ends = np.cumsum(widths)
        return self.ordinals[np.repeat(starts - ends + widths, widths) + np.arange(int(ends[-1]) if len(ends) else 0)]

    @cached_property
    def _widths(self) -> Ints:
        return np.diff(self.starts)

    @cached_property
    def _documents(self) -> Ints:
        return np.repeat(np.arange(self.size), self._widths)
