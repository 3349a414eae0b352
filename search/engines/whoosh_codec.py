"""How postings lie in a Whoosh segment: as arrays, so that a term is read in one gulp instead of posting by posting.

Whoosh's own codec writes the terms, the columns and the segment; only the block behind a term is ours:

    header      number of postings (4 bytes), then the width in bytes of each array that follows (3 x 1)
    documents   differences between document numbers, in the narrowest unsigned integers that hold them
    frequencies how often the term stands in each document; left out (width 0) when always once
    positions   where it stands, document after document; left out (width 0) for fields without positions
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import columns
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment, W3TermInfo
from whoosh.matching import ListMatcher
from whoosh.system import pack_ushort
from whoosh.util.numeric import byte_to_length

Array = npt.NDArray[Any]

_HEADER = struct.Struct("<IBBB")
_TYPES: dict[int, Any] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}
LENGTHS = np.array([byte_to_length(n) for n in range(256)], np.float32)  # what Whoosh's byte for a length stands for


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


def encode(steps: Array, frequencies: Array, positions: Array | None, most: tuple[int, int, int]) -> bytes:
    """The block of a term. `steps`: differences of document numbers; `most`: the largest of each array."""
    widths = (_width(most[0]), _width(most[1]) if most[1] > 1 else 0, _width(most[2]) if positions is not None else 0)
    parts = [_HEADER.pack(len(steps), *widths), steps.astype(_TYPES[widths[0]]).tobytes()]
    if widths[1]:
        parts.append(frequencies.astype(_TYPES[widths[1]]).tobytes())
    if positions is not None:
        parts.append(positions.astype(_TYPES[widths[2]]).tobytes())
    return b"".join(parts)


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


def block_of(postings_file: Any, about: W3TermInfo) -> bytes:
    """The block that a term's statistics point to."""
    start, length = about.extent()
    # Whoosh leaves the length as it was unpacked, a tuple of one
    return bytes(postings_file.get(start, length[0] if isinstance(length, tuple) else length))


def _width(largest: int) -> int:
    return 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4


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
        about = W3TermInfo(info.weight, info.documents, info.shortest, info.longest, info.most, info.first, info.last)
        about.set_extent(self._postfile.tell(), len(block))
        self._postfile.write(block)
        self._tindex.add(pack_ushort(self._fieldid) + text, about.to_bytes())


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


def differences(documents: Array, starts: Array) -> Array:
    """Steps between document numbers, beginning anew at each of `starts`."""
    steps = np.diff(documents, prepend=0)
    steps[starts] = documents[starts]
    return steps
