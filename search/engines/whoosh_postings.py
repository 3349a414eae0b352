"""How postings lie in a Whoosh segment: as arrays, so that a term is read in one gulp instead of posting by posting.

Whoosh's own codec writes the terms, the columns and the segment; only the block behind a term is ours:

    header      number of postings (4 bytes), then the width in bytes of each array that follows (3 x 1)
    documents   differences between document numbers, in the narrowest unsigned integers that hold them
    frequencies how often the term stands in each document; left out (width 0) when always once
    positions   where it stands, document after document; left out (width 0) for fields without positions

A search reads one block; building and merging handle those of thousands of terms at a time, as a `Run`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_HEADER = struct.Struct("<IBBB")
_TYPES: dict[int, Any] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}


@dataclass(frozen=True)
class Posted:
    """The postings of one term: document numbers in order, frequencies, and positions (empty without)."""

    documents: Array
    frequencies: Array
    positions: Array

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.documents.nbytes + self.frequencies.nbytes + self.positions.nbytes) + 200


NOTHING = Posted(np.empty(0, np.int32), np.empty(0, np.uint8), np.empty(0, np.uint8))


@dataclass(frozen=True)
class TermStatistics:
    """What Whoosh keeps of a term: how often in all, in how many documents, of which lengths, most often in one."""

    weight: float
    documents: int
    shortest: int
    longest: int
    most: float
    first: int
    last: int


Term = tuple[bytes, bytes, TermStatistics]  # its text, its block, its statistics


class Entry(NamedTuple):
    """Where the block of a term lies in the file of postings."""

    text: bytes
    start: int
    length: int


@dataclass(frozen=True)
class Run:
    """The postings of many terms, one after the other.

    `counts`: how many each has, at least one; the other arrays are those of `Posted`, one after the other.
    """

    counts: Array
    documents: Array
    frequencies: Array
    positions: Array

    def reordered(self, terms: Array, order: Array) -> Run:
        """With the postings in another order; `terms`: the term of each in that order, in which equal ones are one."""
        begin = np.flatnonzero(np.r_[True, terms[1:] != terms[:-1]]) if len(terms) else np.empty(0, np.int64)
        counts, often = np.diff(begin, append=len(terms)), self.frequencies[order]
        positions = self.positions
        if len(positions):
            first = np.cumsum(self.frequencies, dtype=np.int64) - self.frequencies
            positions = positions[spread(first[order], often)]
        return Run(counts, self.documents[order], often, positions)

    def kept(self, which: Array) -> Run:
        """Those that a mask says; of a term none may be left."""
        owners = np.repeat(np.arange(len(self.counts)), self.counts)
        positions = self.positions[np.repeat(which, self.frequencies)] if len(self.positions) else self.positions
        counts = np.bincount(owners[which], minlength=len(self.counts))
        return Run(counts, self.documents[which], self.frequencies[which], positions)


def decode(block: Any) -> Posted:
    """The postings in a block. Raises ValueError when it is damaged."""
    count, steps, often, places = _HEADER.unpack_from(block)
    at = _HEADER.size
    documents = np.cumsum(np.frombuffer(block, _TYPES[steps], count, at), dtype=np.int32)
    at += count * steps
    if often:
        frequencies = np.frombuffer(block, _TYPES[often], count, at).copy()
        at += count * often
    else:
        frequencies = np.ones(count, np.uint8)
    if not places:
        return Posted(documents, frequencies, NOTHING.positions)
    return Posted(documents, frequencies, np.frombuffer(block, _TYPES[places], int(frequencies.sum()), at).copy())


def decode_all(blocks: bytes, starts: Array) -> Run:
    """The postings in many blocks, which begin at `starts`. Raises IndexError or ValueError when one is damaged."""
    if not len(starts):
        return Run(np.empty(0, np.int64), NOTHING.documents, NOTHING.frequencies, NOTHING.positions)
    raw = np.frombuffer(blocks, np.uint8)
    counts = _numbers(raw, starts, np.full(len(starts), 4)).astype(np.int64)
    steps, often, places = (raw[starts + n].astype(np.int64) for n in (4, 5, 6))
    at = starts + _HEADER.size
    documents = np.cumsum(_numbers(raw, spread(at, counts, steps), np.repeat(steps, counts)), dtype=np.int64)
    first = np.cumsum(counts) - counts
    documents -= np.repeat(np.where(first > 0, documents[first - 1], 0), counts)
    at, several = at + counts * steps, np.where(often > 0, counts, 0)
    frequencies = np.ones(len(documents), np.int64)
    told = _numbers(raw, spread(at, several, often), np.repeat(often, several))
    frequencies[np.repeat(often > 0, counts)] = told
    at = at + several * often
    several = np.where(places > 0, np.add.reduceat(frequencies, first), 0)
    positions = _numbers(raw, spread(at, several, places), np.repeat(places, several))
    return Run(counts, documents, frequencies, positions)


def terms(texts: Sequence[bytes], run: Run, lengths: Array | None = None) -> Iterator[Term]:
    """What is written of each term of a run. `lengths`: words in the field of every document, where it has words."""
    if not len(run.counts):
        return
    start = np.cumsum(run.counts) - run.counts
    end = start + run.counts
    steps, often = differences(run.documents, start), run.frequencies
    place = np.append(np.cumsum(often, dtype=np.int64) - often, int(often.sum()))
    words = lengths[run.documents] if lengths is not None else np.ones(len(run.documents), np.int32)
    placed = bool(len(run.positions))
    most = (
        np.maximum.reduceat(steps, start), np.maximum.reduceat(often, start),
        np.maximum.reduceat(run.positions, place[start]) if placed else np.zeros_like(start),
    )  # fmt: skip
    packed = [_Packed(numbers) for numbers in (steps, often, run.positions)]
    rows = zip(
        texts, start.tolist(), end.tolist(), place[start].tolist(), place[end].tolist(), *(m.tolist() for m in most),
        np.minimum.reduceat(words, start).tolist(), np.maximum.reduceat(words, start).tolist(),
        run.documents[start].tolist(), run.documents[end - 1].tolist(), strict=True,
    )  # fmt: skip
    for text, a, b, p, q, step, frequent, far, short, long, first, last in rows:
        widths = _width(step), _width(frequent) if frequent > 1 else 0, _width(far) if placed else 0
        block = b"".join(
            (_HEADER.pack(b - a, *widths), packed[0].cut(a, b, widths[0]), packed[1].cut(a, b, widths[1]),
             packed[2].cut(p, q, widths[2]))
        )  # fmt: skip
        yield text, block, TermStatistics(float(q - p), b - a, short, long, frequent, first, last)


def differences(documents: Array, starts: Array) -> Array:
    """Steps between document numbers, beginning anew at each of `starts`."""
    steps = np.diff(documents, prepend=0)
    steps[starts] = documents[starts]
    return np.asarray(steps)


def spread(starts: Array, counts: Array, steps: Array | int = 1) -> Array:
    """The places from each start on: so many, so far apart."""
    first = np.cumsum(counts) - counts
    within = np.arange(int(counts.sum())) - np.repeat(first, counts)
    return np.asarray(np.repeat(starts, counts) + within * np.repeat(steps, counts if np.ndim(steps) else len(within)))


def stable_order(numbers: Array) -> Array:
    """Like a stable argsort, but faster: each number is sorted together with its place."""
    bits = np.uint64(max(1, len(numbers).bit_length()))
    together = (numbers << bits) | np.arange(len(numbers), dtype=np.uint64)
    together.sort()
    return (together & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)


class _Packed:
    """Numbers as bytes of each width, of which a block takes its piece."""

    def __init__(self, numbers: Array) -> None:
        self._numbers = numbers
        self._bytes = {0: b""}

    def cut(self, first: int, last: int, width: int) -> bytes:
        if width not in self._bytes:
            self._bytes[width] = self._numbers.astype(_TYPES[width]).tobytes()
        return self._bytes[width][first * width : last * width]


def _width(largest: int) -> int:
    return 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4


def _numbers(raw: Array, places: Array, widths: Array) -> Array:
    """The unsigned numbers that begin at these places, each so many bytes wide."""
    found = raw[places].astype(np.int64)
    for byte in (1, 2, 3):
        wide = np.flatnonzero(widths > byte)
        if not len(wide):
            break
        found[wide] |= raw[places[wide] + byte].astype(np.int64) << (8 * byte)
    return found
