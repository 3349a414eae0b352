"""Inverting documents in arrays: from texts to the postings of every term, thousands of documents at a time.

Whoosh handles one posting after the other, about ten milliseconds for a record. Here a batch is cut into units, each of
which is a look-up in a dictionary because its keys are remembered; the rest is sorting numbers.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from whoosh.util.numeric import length_to_byte

from search import language
from search.engines.whoosh_codec import LENGTHS
from search.engines.whoosh_postings import Array, Run, Term, spread, stable_order, terms
from search.schema import Document, IndexSchema

MAX_UNITS = 400_000  # remembered by one process, about 200 MB; then it starts afresh


class _Lexicon:
    """Units and keys by number, remembered from batch to batch: each is cut, folded and stemmed once."""

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}
        self.starts, self.widths = array("i", [0]), array("i")  # unit -> where its keys begin; its positions
        self.key, self.place = array("i"), array("i")  # of each key of a unit: its number, its position in the unit
        self._units: dict[str, _Units] = {}

    def units(self, code: str) -> _Units:
        """Unit -> number, for texts of a language."""
        code = code if code in language.STEMMERS else ""
        return self._units.setdefault(code, _Units(self, code))

    def add(self, unit: str, code: str) -> int:
        """The number of a new unit."""
        places = language.analysed(unit, code)
        for place, keys in enumerate(places):
            for key in keys:
                self.key.append(self.keys.setdefault(key, len(self.keys)))
                self.place.append(place)
        self.starts.append(len(self.key))
        self.widths.append(len(places))
        return len(self.widths) - 1


class _Units(dict[str, int]):
    def __init__(self, lexicon: _Lexicon, code: str) -> None:
        super().__init__()
        self._lexicon, self._code = lexicon, code

    def __missing__(self, unit: str) -> int:
        number = self[unit] = self._lexicon.add(unit, self._code)
        return number


_lexicon = _Lexicon()
_one_at_a_time = threading.Lock()  # a rebuild and a commit may invert at once


class Inverted:
    """The inverted text fields of a batch of documents."""

    def __init__(self, schema: IndexSchema, documents: Sequence[Document]) -> None:
        with _one_at_a_time:
            self._all(schema, documents)

    def _all(self, schema: IndexSchema, documents: Sequence[Document]) -> None:
        global _lexicon
        if len(_lexicon.widths) > MAX_UNITS:
            _lexicon = _Lexicon()
        self._names = [f.name for f in schema.text]
        units, runs = self._cut(documents)
        self._invert(units, runs, len(documents))

    def lengths(self, document: int) -> dict[str, int]:
        """Words in each field of a document."""
        return {name: n for name, row in zip(self._names, self._lengths, strict=True) if (n := int(row[document]))}

    def terms(self, name: str) -> Iterator[Term]:
        """The terms of a text field, in order."""
        field, size = self._names.index(name), len(self._texts)
        first, last = np.searchsorted(self._numbers, (field * size, (field + 1) * size))
        bounds = np.append(self._starts, len(self._documents))
        low, high = bounds[[first, last]].tolist()
        run = Run(
            np.diff(bounds[first : last + 1]), self._documents[low:high], self._frequencies[low:high],
            self._positions[self._places[low] : self._places[high]],
        )  # fmt: skip
        lengths = LENGTHS[[length_to_byte(int(n)) for n in self._lengths[field]]].astype(np.int32)
        yield from terms([self._texts[n % size] for n in self._numbers[first:last].tolist()], run, lengths)

    def _cut(self, documents: Sequence[Document]) -> tuple[Array, Array]:
        """The numbers of all units, and of each run of them (document, field, how many)."""
        units, runs = array("i"), array("i")
        for number, document in enumerate(documents):
            body = document.body
            for field, name in enumerate(self._names):
                before = len(units)
                for start, end, code in body.pieces(name):
                    known = _lexicon.units(code)
                    units.extend(map(known.__getitem__, language.units(body.text[name][start:end])))
                if len(units) > before:
                    runs.extend((number, field, len(units) - before))
        return np.array(units, np.int32), np.array(runs, np.int32).reshape(-1, 3)

    def _invert(self, units: Array, runs: Array, documents: int) -> None:
        starts, widths = np.array(_lexicon.starts), np.array(_lexicon.widths)
        key, place = np.array(_lexicon.key), np.array(_lexicon.place)
        run = np.repeat(np.arange(len(runs), dtype=np.int32), runs[:, 2])
        positions = np.cumsum(widths[units], dtype=np.int64) - widths[units]
        begin = np.cumsum(runs[:, 2]) - runs[:, 2]
        positions -= positions[begin[run]] if len(runs) else 0
        self._lengths = np.zeros((len(self._names), documents), np.int64)
        np.add.at(self._lengths, (runs[:, 1][run], runs[:, 0][run]), widths[units])
        # from units to their keys: `of` is the unit's place in the batch, once for each of its keys
        counts = starts[units + 1] - starts[units]
        of = np.repeat(np.arange(len(units)), counts)
        which = spread(starts[units], counts)
        keys = key[which]
        self._rank(keys)
        found = runs[:, 1][run[of]].astype(np.uint64) * np.uint64(len(self._texts)) + self._ranks[keys]
        order = stable_order(found)
        self._terms = found[order]
        documents_of = runs[:, 0][run[of]][order]
        self._positions = (positions[of] + place[which])[order]
        self._group(documents_of)

    def _rank(self, keys: Array) -> None:
        """The keys of this batch in the order in which Whoosh wants terms."""
        used = np.unique(keys)
        names = list(_lexicon.keys)
        texts = sorted((names[n].encode("utf-8", "replace"), n) for n in used.tolist())
        self._texts = [text for text, _ in texts]
        self._ranks = np.zeros(len(names), np.uint64)
        self._ranks[[n for _, n in texts]] = np.arange(len(texts), dtype=np.uint64)

    def _group(self, documents: Array) -> None:
        """Where postings and terms begin in the sorted arrays."""
        found = self._terms
        if not len(found):
            self._numbers = self._starts = self._documents = self._frequencies = np.empty(0, np.int64)
            self._places = np.zeros(1, np.int64)
            return
        fresh = np.ones(len(found), bool)
        fresh[1:] = (found[1:] != found[:-1]) | (documents[1:] != documents[:-1])
        begin = np.flatnonzero(fresh)
        self._documents = documents[begin]
        self._frequencies = np.diff(begin, append=len(found))
        of_term = found[begin]
        self._starts = np.flatnonzero(np.r_[True, of_term[1:] != of_term[:-1]])  # term -> its first posting
        self._numbers = of_term[self._starts].astype(np.int64)
        self._places = np.append(begin, len(found))  # posting -> its first position
