"""What went out of a text and what came in, word by word, without ever taking long.

difflib needs time in the square of what it compares. So what both texts begin and end with is set aside, paragraphs
are matched first, words only within paragraphs that changed, and a budget of comparisons bounds the whole; when it is
used up, a passage is marked out and in as a whole, which is coarse but true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

SAME, IN, OUT = "same", "in", "out"
Marks = tuple[tuple[str, str], ...]
LEFT_OUT = " … "
_WORD = re.compile(r"\S+\s*")
_END = re.compile(r"[.!?؟…][\"'”’»)\]]*\s*$|\n\s*$")
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
    pieces = [(text, how) for text, how in _compared(old, new, budget, words=True) if text]
    made: list[tuple[str, str]] = []
    gone, come = "", ""  # what went out and came in since the last piece that stayed
    for number, (text, how) in enumerate(pieces):
        # a mere space between two changes is no common ground: without this, every second word would flicker
        between = how == SAME and (gone or come) and not text.strip() and "\n" not in text and number + 1 < len(pieces)
        if how == SAME and not between:
            made += [(part, mark) for part, mark in ((gone, OUT), (come, IN), (text, SAME)) if part]
            gone, come = "", ""
            continue
        gone += text if how == OUT or between else ""
        come += text if how == IN or between else ""
    made += [(part, mark) for part, mark in ((gone, OUT), (come, IN)) if part]
    return tuple(_joined(made))


def _joined(made: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours with the same mark as one piece."""
    for how, group in groupby(made, key=lambda piece: piece[1]):
        yield "".join(text for text, _ in group), how


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


def brief(marks: Marks, around: int = 8) -> Marks:
    """The same with of the unchanged words only the rest of the sentence beside each change; where more stood, dots.

    `around`: most words of it. A sentence that came in or went out whole needs none.
    """
    found: list[tuple[str, str]] = []
    for place, (text, how) in enumerate(marks):
        words = _WORD.findall(text) if how == SAME else []
        head = _begun(words, around) if place and not _ends(marks[place - 1][0]) else 0
        tail = _begun(words[::-1], around, backwards=True) if place + 1 < len(marks) else 0
        if len(words) > head + tail + 3:  # dots in place of three words would save nothing
            space = text[: len(text) - len(text.lstrip())]
            start = space + "".join(words[:head]).rstrip() if head else ""
            text = start + LEFT_OUT + ("".join(words[-tail:]) if tail else "")
            if not tail and place + 1 < len(marks) and marks[place + 1][0][:1].isspace():
                text = text.rstrip()
        found.append((text, how))
    return tuple(found)


def _begun(words: Sequence[str], most: int, backwards: bool = False) -> int:
    """How many of these words are of the sentence that the first of them is in."""
    for count, word in enumerate(words[:most]):
        if _ends(word):
            return count if backwards else count + 1
    return min(most, len(words))


def _ends(text: str) -> bool:
    """Whether a sentence, or a paragraph, ends here."""
    return _END.search(text) is not None
