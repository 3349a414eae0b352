"""When nothing is found: another spelling, made of words that this reader may see, and that does find something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from search import language
from search.parse import Node, words_of
from search.query import Query, Results

MAX_WORDS = 4  # of one query that are corrected


@dataclass(frozen=True)
class Vocabulary:
    """The words of an index, and a test whether a word occurs in a document that this reader may see."""

    words: frozenset[str]
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
    letters = set(word)
    ranked = []
    for other in vocabulary.words:
        # two cheap looks first: most words differ in length or letters
        if abs(len(other) - len(word)) <= limit and len(letters.symmetric_difference(other)) <= 2 * limit:
            distance = _distance(word, other, limit)
            if 0 < distance <= limit and len(other) > 2:
                ranked.append((distance, other[0] != word[0], other))
    return next((other for _, _, other in sorted(ranked) if vocabulary.readable(other)), "")


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
