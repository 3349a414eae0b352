"""Whoosh's codec, with postings as arrays (`whoosh_postings.py`) and columns that are read as arrays."""

from __future__ import annotations

import secrets
import struct
from typing import Any

import numpy as np
from whoosh import columns
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment, W3TermInfo
from whoosh.matching import ListMatcher
from whoosh.system import pack_ushort
from whoosh.util.numeric import byte_to_length, length_to_byte

from search.engines.whoosh_postings import Posted, TermStatistics, decode

EXTENT = struct.Struct("!qi")  # the place and the length of a term's block, at the end of its statistics
LENGTHS = np.array([byte_to_length(n) for n in range(256)], np.float32)  # what Whoosh's byte for a length stands for


def block_of(postings_file: Any, about: W3TermInfo) -> bytes:
    """The block that a term's statistics point to."""
    start, length = about.extent()
    # Whoosh leaves the length as it was unpacked, a tuple of one
    return bytes(postings_file.get(start, length[0] if isinstance(length, tuple) else length))


class ArrayCodec(W3Codec):
    """Whoosh's codec with array postings."""

    def new_segment(self, storage: Any, indexname: str) -> W3Segment:
        """A segment with a name of its own, whatever state the program's dice are in."""
        return W3Segment(self, indexname, segid=secrets.token_hex(8))

    def field_writer(self, storage: Any, segment: Any) -> ArrayFieldWriter:
        """Writes the terms of a segment with their postings."""
        return ArrayFieldWriter(self, storage, segment)

    def postings_reader(self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None) -> Any:
        """A matcher for Whoosh's own searcher, and for the tests that compare with it."""
        posted = decode(block_of(dbfile, terminfo))
        return _Matcher(posted, format_, scorer, term, terminfo)


class _Matcher(ListMatcher):
    """Postings as Whoosh's own evaluation walks them, and, in `posted`, as arrays."""

    def __init__(self, posted: Posted, format_: Any, scorer: Any, term: Any, terminfo: Any) -> None:
        self.posted = posted
        weights = posted.frequencies.astype(float).tolist()
        super().__init__(posted.documents.tolist(), weights, None, format_, scorer, 0, None, term, terminfo)


class ArrayFieldWriter(W3FieldWriter):
    """Takes a term with all its postings at once. Terms must come in order."""

    def add_term(self, text: bytes, block: bytes, info: TermStatistics) -> None:
        """Write one term of the field that was started."""
        # what W3TermInfo.to_bytes makes, of which a segment of one document has four hundred
        about = W3TermInfo._struct.pack(
            0, info.weight, info.documents, length_to_byte(info.shortest), length_to_byte(info.longest),
            info.most, info.first, info.last,
        )  # fmt: skip
        self._tindex.add(pack_ushort(self._fieldid) + text, about + EXTENT.pack(self._postfile.tell(), len(block)))
        self._postfile.write(block)


class ArrayColumn(columns.NumericColumn):
    """A number for each document, read as an array."""

    def reader(self, dbfile: Any, basepos: int, length: int, doccount: int) -> Any:
        """All numbers; documents that have none have the default."""
        stored = np.frombuffer(dbfile.get(basepos, length), np.dtype(f">{self._typecode}"))
        found = np.full(doccount, self._default, stored.dtype.newbyteorder("="))
        found[: len(stored)] = stored
        return found


WORDS_EXT = ".words"  # the file of a segment with its words, for spelling and prefixes
# what a segment keeps of each document besides postings: numbers to sort by, texts to show
NUMBERS = {"date": ArrayColumn("q"), "title8": ArrayColumn("Q"), "id8": ArrayColumn("Q")}
TEXTS = {"id": columns.VarBytesColumn(), "sort_title": columns.VarBytesColumn(), "body": columns.VarBytesColumn()}
