"""A facet as a column: which values each document has, as numbers that can be counted at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]


class FacetColumn:
    """The values of a facet over a row of documents.

    `values`: their names. Where no document has more than one, `single` holds the number of its value for every
    document, -1 for none at all; otherwise documents have runs in `ordinals`, one after the other, `widths` long.
    """

    def __init__(self, values: Sequence[str], single: Ints | None, ordinals: Ints, widths: Ints) -> None:
        self.values, self.single = values, single
        self.ordinals, self.widths = ordinals, widths
        self.size = len(widths)

    @classmethod
    def of(cls, size: int, values: Mapping[str, Ints]) -> FacetColumn:
        """From the documents of every value."""
        documents = np.concatenate([np.empty(0, np.int32), *values.values()])
        which = np.repeat(np.arange(len(values), dtype=np.int32), [len(found) for found in values.values()])
        ordinals = which[np.argsort(documents, kind="stable")]
        widths = np.bincount(documents, minlength=size).astype(np.int32)
        single = None
        if not size or widths.max() <= 1:
            single = np.full(size, -1, np.int32)
            single[widths > 0] = ordinals
        return cls(list(values), single, ordinals, widths)

    @classmethod
    def joined(cls, parts: Sequence[FacetColumn]) -> FacetColumn:
        """The columns of pieces of an index, one after the other; a large first piece costs no more than a copy."""
        numbers: dict[str, int] = {}
        singles: list[Ints] = [np.empty(0, np.int32)]
        ordinals, widths = list(singles), list(singles)
        alone = all(part.single is not None for part in parts)
        for part in parts:
            known = np.array([numbers.setdefault(value, len(numbers)) for value in part.values] + [-1], np.int32)
            same = part is parts[0]  # its values are the first to be numbered, so they keep their numbers
            if alone:
                singles.append(part.single if same else known[part.single])  # type: ignore[arg-type]
            ordinals.append(part.ordinals if same else known[part.ordinals])
            widths.append(part.widths)
        single = np.concatenate(singles) if alone else None
        return cls(list(numbers), single, np.concatenate(ordinals), np.concatenate(widths))

    def counts(self, documents: Ints) -> dict[str, int]:
        """How many of these documents have each value; values that none has are left out."""
        found = np.bincount(self._of(documents) + 1, minlength=len(self.values) + 1)[1:]  # the first: no value at all
        which = np.flatnonzero(found)
        return dict(zip(map(self.values.__getitem__, which.tolist()), found[which].tolist(), strict=True))

    def mask(self, values: Iterable[str], fold: bool = False) -> Mask:
        """The documents that have one of these values; with `fold`, compared without regard to case."""
        wanted = {v.casefold() for v in values} if fold else set(values)
        chosen = np.array([(v.casefold() if fold else v) in wanted for v in self.values] + [False])
        if self.single is not None:
            return np.asarray(chosen[self.single])  # -1 is the last one
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
            return np.asarray(self.ordinals[np.repeat(mask, self.widths)])
        widths = self.widths[documents]
        ends = np.cumsum(widths)
        within = np.arange(int(ends[-1]) if len(ends) else 0)
        return np.asarray(self.ordinals[np.repeat(self._starts[documents] - ends + widths, widths) + within])

    @cached_property
    def _starts(self) -> Ints:
        return np.cumsum(self.widths, dtype=np.int64) - self.widths

    @cached_property
    def _documents(self) -> Ints:
        return np.repeat(np.arange(self.size), self.widths)
