"""How well a document fits: BM25 for each field, times the field's weight, summed; the same numbers in every engine.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the idf is the one that
Lucene uses, which never falls below zero.
"""

from __future__ import annotations

import math

K1 = 1.2  # how soon more of the same word stops to matter
B = 0.75  # how much a long text is held against its words
SYNONYM = 0.5  # weight of a term that was added to what was typed
STEM = 0.6  # weight of a stem beside the word as it was typed


def idf(documents: int, having: int) -> float:
    """How telling a word is that `having` of so many documents have in a field."""
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))


def norm(length: float, average: float) -> float:
    """What a frequency is held against in a field of this length (in words)."""
    return K1 * (1 - B + B * length / (average or 1.0))


def weight(frequency: float, against: float) -> float:
    """What a word adds that stands so often in a field whose norm is `against`; times its idf."""
    return frequency * (K1 + 1) / (frequency + against)


def added(idf: float, typed: list[float]) -> float:
    """The idf of a term that was added to typed words of these idfs: never more telling than what was typed."""
    return SYNONYM * min(idf, *typed)
