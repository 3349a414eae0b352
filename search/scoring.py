"""How well a document fits: BM25F over all fields of a document as one text; the same numbers in every engine.

A document is taken as one text in which a field stands as often as its weight says: a word in a title of weight 2
counts as two words, and so does the title's length. A word counts whole where it stands as it was typed, and a little
less where only its stem does. Robertson, Zaragoza and Taylor, "Simple BM25 Extension to Multiple Weighted Fields"
(2004); the idf is the one that Lucene uses, which never falls below zero.
"""

from __future__ import annotations

import math

K1 = 1.2  # how soon more of the same word stops to matter
B = 0.75  # how much a long text is held against its words
SYNONYM = 0.5  # weight of a term that was added to what was typed
STEM = 0.75  # how often a word counts that stands in another form than the one typed
COMPLETE = 500.0  # what a document gains that has all the words where some of them would do: it comes first


def idf(documents: int, having: int) -> float:
    """How telling a word is that `having` of so many documents have."""
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def norm(length: float, average: float) -> float:
    """What a frequency is held against in a text of this length (in words)."""
    return K1 * (1 - B + B * length / (average or 1.0))


def weight(frequency: float, against: float) -> float:
    """What a word adds that stands so often in a text whose norm is `against`; times its idf."""
    return frequency * (K1 + 1) / (frequency + against)


def shares(word: str, stems: tuple[str, ...]) -> dict[str, float]:
    """The keys of a word, and what one occurrence of each counts: the word as typed has both keys, thus counts 1."""
    return {word: 1 - STEM} | dict.fromkeys(stems, STEM) if stems else {word: 1.0}


def added(idf: float, typed: list[float]) -> float:
    """The idf of a term that was added to typed words of these idfs: never more telling than what was typed."""
    return SYNONYM * min(idf, *typed)
