"""When nothing is found: another spelling, made of words that this reader may see, and that does find something."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from search import language
from search.parse import Node, words_of
from search.query import Query, Results

MAX_WORDS = 4  # of one query that are corrected

Letters = npt.NDArray[np.uint64]


class Lexicon:
    """The words of an index with how many documents have them, to be looked through for words that are like another.

    Words are only added: whether one still occurs in anything a reader may see is asked when it is offered.
    """

    def __init__(self) -> None:
        self._often: dict[str, int] = {}
        self._lock = threading.Lock()
        self._arrays: tuple[list[str], Letters, npt.NDArray[np.int64]] | None = None

    def add(self, words: Iterable[tuple[str, int]]) -> None:
        """Take in words with how many documents have them."""
        with self._lock:
            for word, often in words:
                self._often[word] = self._often.get(word, 0) + often
            self._arrays = None

    def like(self, word: str, limit: int) -> list[str]:
        """Words at an edit distance of at most `limit`: the nearest first, of those the ones that begin alike, then
        the most frequent."""
        words, letters, lengths = self._looked_up()
        apart = np.bitwise_count(letters ^ _letters([word])[0])
        near = np.flatnonzero((apart <= 2 * limit) & (np.abs(lengths - len(word)) <= limit) & (lengths > 2))
        ranked = []
        for other in (words[n] for n in near.tolist()):
            if 0 < (distance := _distance(word, other, limit)) <= limit:
                ranked.append((distance, other[0] != word[0], -self._often[other], other))
        return [other for *_, other in sorted(ranked)]

    def beginning(self, prefix: str, limit: int) -> list[str]:
        """Words that begin so, the most frequent first."""
        words = self._looked_up()[0]
        low, high = bisect_left(words, prefix), bisect_left(words, prefix + chr(0x10FFFF))
        return sorted(words[low:high], key=lambda w: (-self._often[w], w))[:limit]

    def _looked_up(self) -> tuple[list[str], Letters, npt.NDArray[np.int64]]:
        with self._lock:
            if self._arrays is None:
                words = sorted(self._often)
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
    """The words of an index, and a test whether a word occurs in a document that this reader may see."""

    words: Lexicon
    readable: Callable[[str], bool]


def suggested(
    results: Results, query: Query, node: Node, vocabulary: Vocabulary, count: Callable[[Query], int]
) -> Results:
    """The results with a spelling to try, if one finds anything under the same filters and rights.

    `count` runs a query and tells its total.
    """
    text = query.text
    for word in [w.text for w in words_of(node) if len(w.text) > 3][:MAX_WORDS]:
        if not vocabulary.readable(word):
            better = nearest(word, vocabulary)
            text = _swapped(text, word, better) if better else text
    if text != query.text and count(replace(query, text=text, page=1, facets=())):
        return replace(results, spelling=text)
    return results


def nearest(word: str, vocabulary: Vocabulary) -> str:
    """The readable word at the smallest edit distance (one change, two from six letters on), or ""."""
    limit = 2 if len(word) > 5 else 1
    return next((other for other in vocabulary.words.like(word, limit) if vocabulary.readable(other)), "")


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
