"""A facet as a column: which values each document has, as numbers that can be counted at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]

LAYERS = 4  # values of a document that stand in layers; of what few documents have beyond that, a list is kept
FEW = 8  # values that are looked for one by one


class FacetColumn:
    """The values of a facet over a row of documents.

    `values`: their names; a value's number is its place there plus one, and 0 is no value. `layers`: for each document
    the number of its first value, its second and so on, up to `LAYERS`. `rest`: documents, in order, with the number of
    a further value each.
    """

    def __init__(self, size: int, values: Sequence[str], layers: Sequence[Ints], rest: tuple[Ints, Ints]) -> None:
        self.size, self.values = size, values
        self._layers, self._rest = layers, rest

    @classmethod
    def of(cls, size: int, values: Sequence[str], counts: Ints, documents: Ints) -> FacetColumn:
        """From the documents of every value, one after the other; `counts`: how many each has."""
        numbers = np.repeat(np.arange(1, len(values) + 1), counts)
        order = np.argsort(documents, kind="stable")
        documents, numbers = documents[order], numbers[order].astype(_kind(len(values)))
        place = np.arange(len(documents)) - np.searchsorted(documents, documents)  # which of its document's values
        layers = []
        for number in range(min(LAYERS, int(place.max(initial=-1)) + 1)):
            layer = np.zeros(size, numbers.dtype)
            layer[documents[place == number]] = numbers[place == number]
            layers.append(layer)
        return cls(size, values, layers, (documents[place >= LAYERS], numbers[place >= LAYERS]))

    @classmethod
    def joined(cls, parts: Sequence[FacetColumn]) -> FacetColumn:
        """The columns of pieces of an index, one after the other; a large first piece costs no more than a copy."""
        known: dict[str, int] = {}
        told = [[0] + [known.setdefault(value, len(known) + 1) for value in part.values] for part in parts]
        kind, size = _kind(len(known)), sum(part.size for part in parts)
        layers = [np.zeros(size, kind) for _ in range(max((len(part._layers) for part in parts), default=0))]
        documents: list[Ints] = [np.empty(0, np.int32)]
        numbers, base = [np.empty(0, kind)], 0
        for part, numbered in zip(parts, told, strict=True):
            again = np.array(numbered, kind)
            same = part is parts[0]  # its values are the first to be numbered, so they keep their numbers
            for whole, layer in zip(layers, part._layers, strict=False):
                whole[base : base + part.size] = layer if same else again[layer]
            documents.append(part._rest[0] + base)
            numbers.append(again[part._rest[1]])
            base += part.size
        return cls(size, list(known), layers, (np.concatenate(documents), np.concatenate(numbers)))

    def head(self, size: int) -> FacetColumn:
        """That of the first so many documents."""
        kept = self._rest[0] < size
        rest = (self._rest[0][kept], self._rest[1][kept])
        return FacetColumn(size, self.values, [layer[:size] for layer in self._layers], rest)

    def counts(self, documents: Ints) -> dict[str, int]:
        """How many of these documents, in order, have each value; values that none has are left out."""
        numbers = [layer[documents] for layer in self._layers]
        if len(self._rest[0]) and len(documents):
            places = np.minimum(np.searchsorted(documents, self._rest[0]), len(documents) - 1)
            numbers.append(self._rest[1][documents[places] == self._rest[0]])
        if not numbers:
            return {}
        found = np.bincount(numbers[0] if len(numbers) == 1 else np.concatenate(numbers))
        which = np.flatnonzero(found)
        which = which[1:] if len(which) and not which[0] else which  # 0: no value at all
        return {
            self.values[number - 1]: count for number, count in zip(which.tolist(), found[which].tolist(), strict=True)
        }

    def mask(self, values: Iterable[str], fold: bool = False) -> Mask:
        """The documents that have one of these values; with `fold`, compared without regard to case."""
        if fold:
            folded = {v.casefold() for v in values}
            values = [v for v in self.values if v.casefold() in folded]
        numbers = [self._numbers[v] for v in values if v in self._numbers]
        found = np.zeros(self.size, bool)
        for layer in self._layers:
            found |= self._among(layer, numbers)
        found[self._rest[0][self._among(self._rest[1], numbers)]] = True
        return found

    def _among(self, layer: Ints, numbers: Collection[int]) -> Mask:
        if len(numbers) > FEW:
            chosen = np.zeros(len(self.values) + 1, bool)
            chosen[list(numbers)] = True
            return np.asarray(chosen[layer])
        found = np.zeros(len(layer), bool)
        for number in numbers:
            found |= layer == number
        return found

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {value: number for number, value in enumerate(self.values, 1)}


def _kind(values: int) -> type[np.unsignedinteger]:
    """The smallest numbers that so many values fit in."""
    return np.uint16 if values < 2**16 - 1 else np.uint32
