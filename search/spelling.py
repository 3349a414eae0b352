"""When nothing has all the words: another spelling, made of words that this reader may see."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from search import language
from search.tree import Node, words_of

MAX_WORDS = 4  # of one query that are corrected
SHORT = 4  # letters; among words so short too many are alike: full, fell, fall

Letters = npt.NDArray[np.uint64]


class Lexicon:
    """The words of an index, to be looked through for words that are like another.

    Words are only added: whether one still occurs in anything a reader may see is asked when it is offered.
    """

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._lock = threading.Lock()
        self._arrays: tuple[list[str], Letters, npt.NDArray[np.int64]] | None = None

    def add(self, words: Iterable[str]) -> None:
        """Take in words."""
        with self._lock:
            self._words.update(words)
            self._arrays = None

    def like(self, word: str, limit: int) -> list[tuple[int, bool, str]]:
        """Words at an edit distance of at most `limit`: with the distance, and whether they begin otherwise.

        A first letter is hardly ever wrong, but for its neighbour's: detection is not meant for selection.
        """
        words, letters, lengths = self._looked_up()
        begun = (word[:1], word[1:2])
        apart = np.bitwise_count(letters ^ _letters([word])[0])
        near = np.flatnonzero((apart <= 2 * limit) & (np.abs(lengths - len(word)) <= limit) & (lengths > 2))
        ranked = []
        for other in (words[n] for n in near.tolist()):
            if other[0] in begun and 0 < (distance := _distance(word, other, limit)) <= limit:
                ranked.append((distance, other[0] != word[0], other))
        return sorted(ranked)

    def beginning(self, prefix: str) -> list[str]:
        """Words that begin so, the shortest first."""
        words = self._looked_up()[0]
        low, high = bisect_left(words, prefix), bisect_left(words, prefix + chr(0x10FFFF))
        return sorted(words[low:high], key=lambda w: (len(w), w))

    def _looked_up(self) -> tuple[list[str], Letters, npt.NDArray[np.int64]]:
        with self._lock:
            if self._arrays is None:
                words = sorted(self._words)
                self._arrays = words, _letters(words), np.array([len(w) for w in words], np.int64)
            return self._arrays


def _letters(words: list[str]) -> Letters:
    """The letters of each word as bits: two words that are alike differ in few."""
    if not words:
        return np.empty(0, np.uint64)
    codes = np.frombuffer("".join(words).encode("utf-32-le", "replace"), np.uint32)
    bits = np.left_shift(np.uint64(1), (codes % 64).astype(np.uint64))
    ends = np.cumsum([len(w) for w in words])
    return np.bitwise_or.reduceat(bits, np.concatenate([[0], ends[:-1]]))


@dataclass(frozen=True)
class Vocabulary:
    """The words of an index, and in how many documents that this reader may see each of some words occurs.

    Many are asked for at once, because the index may be on another machine.
    """

    words: Lexicon
    readable: Callable[[Sequence[str]], Sequence[int]]


def corrected(text: str, node: Node, vocabulary: Vocabulary) -> str:
    """A query with the words that this reader may not see anywhere replaced by the nearest that he may, or ""."""
    better, words = text, [w.text for w in words_of(node) if len(w.text) > SHORT][:MAX_WORDS]
    for word, seen in zip(words, vocabulary.readable(words), strict=True):
        if not seen and (nearer := nearest(word, vocabulary)):
            better = _swapped(better, word, nearer)
    return better if better != text else ""


def nearest(word: str, vocabulary: Vocabulary) -> str:
    """The readable word at the smallest edit distance (one change, two from six letters on), or "".

    Of several: one that begins alike, then the one that most readable documents have.
    """
    limit = 2 if len(word) > 5 else 1
    for _, alike in groupby(vocabulary.words.like(word, limit), key=itemgetter(0, 1)):
        words = [other for *_, other in alike]
        often, most = max(zip(vocabulary.readable(words), words, strict=True), key=itemgetter(0))
        if often:
            return most
    return ""


def _swapped(text: str, word: str, better: str) -> str:
    for token in language.tokens(text):
        if token.word == word:
            return text[: token.start] + better + text[token.end :]
    return text


def _distance(a: str, b: str, limit: int) -> int:
    """Damerau-Levenshtein distance (optimal string alignment), given up beyond `limit`."""
    if a == b:
        return 0
    two_before: list[int] = []
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        two_before, before = before, row
    return before[-1]
