"""What went out of a text and what came in, word by word, without ever taking long.

difflib needs time in the square of what it compares. So what both texts begin and end with is set aside, paragraphs
are matched first, words only within paragraphs that changed, and a budget of comparisons bounds the whole; when it is
used up, a passage is marked out and in as a whole, which is coarse but true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

SAME, IN, OUT = "same", "in", "out"
Marks = tuple[tuple[str, str], ...]
_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


class Budget:
    """How many comparisons of two pieces may still be made."""

    def __init__(self, left: int = 1_500_000) -> None:
        self.left = left

    def pays(self, cost: int) -> bool:
        """Whether so many comparisons can be afforded; if so they are spent."""
        if cost > self.left or cost > 500_000:
            return False
        self.left -= cost
        return True


def marked(before: str, after: str, budget: Budget | None = None) -> Marks:
    """One text made of both: pieces marked "same", "out" or "in".

    Without the pieces marked "in" it is `before`, without those marked "out" it is `after`.
    """
    budget = budget or Budget()
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    made: list[tuple[str, str]] = []
    for text, how in _compared(old, new, budget, words=True):
        if made and made[-1][1] == how:
            made[-1] = (made[-1][0] + text, how)
        elif text:
            made.append((text, how))
    return tuple(made)


def _compared(old: list[str], new: list[str], budget: Budget, words: bool = False) -> Iterator[tuple[str, str]]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    yield "".join(old[:start]), SAME
    yield from _middle(old[start : len(old) - end], new[start : len(new) - end], budget, words)
    yield "".join(old[len(old) - end :]), SAME


def _middle(old: list[str], new: list[str], budget: Budget, words: bool) -> Iterator[tuple[str, str]]:
    if not old or not new or not budget.pays(len(old) * len(new)):
        yield from _replaced(old, new, budget, words)
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "".join(old[a:b]), SAME
        else:
            yield from _replaced(old[a:b], new[c:d], budget, words)


def _replaced(old: list[str], new: list[str], budget: Budget, words: bool) -> Iterator[tuple[str, str]]:
    if words and old and new:
        yield from _compared(_PIECE.findall("".join(old)), _PIECE.findall("".join(new)), budget)
        return
    yield "".join(old), OUT
    yield "".join(new), IN


def _common(old: list[str], new: list[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count
