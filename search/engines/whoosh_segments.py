"""A Whoosh segment as arrays. Segments never change, so what is read from one is kept until it is merged away."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from whoosh.codec.base import Segment
from whoosh.filedb.filestore import Storage
from whoosh.reading import TermNotFound

from search.engines.arrays import Floats
from search.engines.columns import FacetColumn
from search.engines.kept import ByteLimited
from search.engines.whoosh_codec import EXTENT, LENGTHS, NUMBERS, TEXTS, WORDS_EXT, ArrayCodec, ArrayColumn, block_of
from search.engines.whoosh_postings import NOTHING, Array, Entry, Posted, Run, decode, decode_all
from search.engines.whoosh_storage import SegmentFile
from search.schema import Body, TextField

PIECE = 1 << 16  # bytes of a dictionary that are read at once
KEPT_POSTINGS = 48 * 1024 * 1024  # bytes in one process, for all segments
_BYTES = ArrayColumn("B")
_SIZES = struct.Struct("!ii")  # before each term in Whoosh's dictionary: of its key and its value

_postings: ByteLimited[tuple[int, str, bytes], Posted] = ByteLimited(KEPT_POSTINGS)
_opened = count()


class WhooshSegment:
    """One segment of an index, read on demand. `alive` says which of its documents were not deleted."""

    def __init__(self, storage: Storage, segment: Segment) -> None:
        self.segment = segment
        self.id: str = segment.segment_id()
        self._serial = next(_opened)
        self.size: int = segment.doc_count_all()
        self._files = SegmentFile(storage.open_file(segment.make_filename(segment.COMPOUND_EXT)))
        codec = ArrayCodec()
        self._terms = codec.terms_reader(self._files, segment)
        self._documents = codec.per_document_reader(self._files, segment)
        self.fields = frozenset(self._terms.indexed_field_names())
        self.alive = _alive(segment)
        self._facets: dict[str, FacetColumn] = {}
        self._weighted: dict[tuple[TextField, ...], Floats] = {}

    def again(self, segment: Segment) -> WhooshSegment:
        """The same segment after more of its documents were deleted, keeping what was read."""
        if segment.deleted_count() == self.size - np.count_nonzero(self.alive):
            return self
        same = WhooshSegment.__new__(WhooshSegment)
        same.__dict__.update(self.__dict__)
        same.segment, same.alive = segment, _alive(segment)
        return same

    def postings(self, field: str, key: str) -> Posted:
        """The postings of a key, remembered."""
        text = key.encode("utf-8", "replace")
        found = _postings.get((self._serial, field, text))
        if found is None:
            found = self.read(field, text)
            _postings.put((self._serial, field, text), found, found.bytes)
        return found

    def read(self, field: str, text: bytes) -> Posted:
        """The postings of a term, from the file."""
        try:
            about = self._terms.term_info(field, text)
        except TermNotFound:
            return NOTHING
        return decode(block_of(self._terms._postfile, about))

    def lengths(self, field: str) -> Array:
        """Words in a field of every document (as Whoosh rounds them)."""
        return LENGTHS[self._length_bytes(field)]

    def weighted_lengths(self, fields: tuple[TextField, ...]) -> Floats:
        """Words of every document in these fields, those of a field as often as it weighs; kept."""
        if fields not in self._weighted:
            lengths = np.zeros(self.size)
            for field in fields:
                if field.shown:
                    lengths += self.lengths(f"t_{field.name}") * field.weight
            self._weighted[fields] = lengths.astype(np.float32)
        return self._weighted[fields]

    def total_length(self, field: str) -> int:
        """Words in a field of all documents together."""
        return int(self._documents.field_length(field))

    def facet(self, field: str) -> FacetColumn:
        """The values of a field that is not words."""
        if field not in self._facets:
            entries = list(self.entries(field))
            run = self.run(entries)
            self._facets[field] = FacetColumn.of(
                self.size, [e.text.decode() for e in entries], run.counts, run.documents
            )
        return self._facets[field]

    def lexicon(self, field: str, beginning: bytes = b"") -> Iterator[bytes]:
        """The terms of a field, in order, from the first that is not before `beginning`."""
        if field in self.fields:
            for name, text in self._terms.terms_from(field, beginning):
                if name != field:
                    return
                yield text

    def entries(self, field: str) -> Iterator[Entry]:
        """Where the postings of every term of a field lie, in the order of the terms; read piece by piece."""
        if field not in self.fields:
            return
        table, own = self._terms._tindex, self._terms._keycoder(field, b"")
        at, end, size = table.closest_key_pos(own), table.endofdata, PIECE
        while at is not None and at < end:
            piece, place = table.dbfile.get(at, min(size, end - at)), 0
            while place + _SIZES.size <= len(piece):
                key, value = _SIZES.unpack_from(piece, place)
                text, after = place + _SIZES.size + len(own), place + _SIZES.size + key + value
                if after > len(piece):
                    break
                if piece[text - len(own) : text] != own:
                    return
                yield Entry(piece[text : after - value], *EXTENT.unpack_from(piece, after - EXTENT.size))
                place = after
            at, size = at + place, PIECE if place else 2 * size  # where not even one fits, it is a long one
            if size > 2 * (end - at) + PIECE:
                raise ValueError("a term is cut short")

    def run(self, entries: Sequence[Entry]) -> Run:
        """The postings of terms that follow each other, read at once."""
        if not entries:
            return decode_all(b"", np.empty(0, np.int64))
        begin, last = entries[0].start, entries[-1]
        blocks = self._terms._postfile.get(begin, last.start + last.length - begin)
        return decode_all(blocks, np.array([entry.start for entry in entries]) - begin)

    def frequency(self, field: str, text: bytes) -> int:
        """How many documents have a term; 0 when none has."""
        try:
            return int(self._terms.doc_frequency(field, text))
        except (TermNotFound, KeyError):
            return 0

    def find(self, document_id: str) -> int | None:
        """The number of a document that lives here."""
        found = self.read("id", document_id.encode("utf-8", "replace")).documents
        return int(found[0]) if len(found) and self.alive[found[0]] else None

    def column(self, name: str) -> Array:
        """A number for each document: `date`, `title8`, `id8`."""
        return np.asarray(self._documents.column_reader(name, NUMBERS[name]))

    def text(self, name: str, document: int) -> bytes:
        """A text of a document: `id`, `sort_title` or its `body`, compressed."""
        return bytes(self._readers[name][document])

    def body(self, document: int) -> Body:
        """What a document says."""
        return Body(*json.loads(zlib.decompress(self.text("body", document))))

    def held(self) -> Iterator[tuple[str, int]]:
        """The ids of the documents that live here, with their dates."""
        dates = self.column("date").tolist()
        return ((self.text("id", n).decode(), dates[n]) for n in np.flatnonzero(self.alive).tolist())

    def readers(self) -> list[list[bytes]]:
        """The tokens of those who may find each document, in order, as they stand in the index."""
        entries, found = list(self.entries("audience")), [list[bytes]() for _ in range(self.size)]
        run = self.run(entries)
        for entry, documents in zip(entries, np.split(run.documents, np.cumsum(run.counts)[:-1]), strict=False):
            for document in documents.tolist():
                found[document].append(entry.text)
        return found

    def words(self) -> list[str]:
        """All words of its texts."""
        file = self._files.open_file(f"{self.id}{WORDS_EXT}")
        words = zlib.decompress(file.get(0, self._files.file_length(f"{self.id}{WORDS_EXT}")))
        return words.decode().split("\n") if words else []

    # ------------------------------------------------------------------ for merging

    def numbers(self, document: int) -> dict[str, int]:
        """The numbers of a document's columns."""
        return {name: int(values[document]) for name, values in self._numbers.items()}

    def texts(self, document: int) -> dict[str, bytes]:
        """The texts of a document's columns."""
        return {name: self.text(name, document) for name in self._readers}

    def word_counts(self, document: int) -> dict[str, int]:
        """Words in each text field of a document."""
        return {name: int(values[document]) for name, values in self._all_lengths.items() if values[document]}

    # ------------------------------------------------------------------

    @cached_property
    def _readers(self) -> dict[str, Any]:
        return {name: self._documents.column_reader(name, column) for name, column in TEXTS.items()}

    @cached_property
    def _numbers(self) -> dict[str, Array]:
        return {name: self.column(name) for name in NUMBERS}

    @cached_property
    def _all_lengths(self) -> dict[str, Array]:
        names = [n for n in self.fields if n.startswith("t_")]
        return {name[2:]: self.lengths(name).astype(np.int64) for name in names}

    def _length_bytes(self, field: str) -> Array:
        column = f"_{field}_len"
        if not self._documents.has_column(column):
            return np.zeros(self.size, np.uint8)
        return np.asarray(self._documents.column_reader(column, _BYTES))


def _alive(segment: Segment) -> Array:
    mask = np.ones(segment.doc_count_all(), bool)
    mask[list(segment.deleted_docs())] = False
    return mask
