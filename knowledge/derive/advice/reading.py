"""Sentences that are long, and texts that are hard to read, measured in the way that belongs to their language.

English: reading ease, Flesch (1948). French: the same as adapted by Kandel and Moles (1958). Spanish: perspicuity,
Szigriszt Pazos (1993). Portuguese: Flesch as adapted by Martins and others (1996). On all four scales a text is harder
the lower it scores, and we speak up only where their authors say "very difficult". Arabic is written without its short
vowels, so syllables cannot be counted: there, and in every other language, only the length of sentences is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from knowledge.content.fields import N_, Prose
from knowledge.content.problems import Problem
from knowledge.derive.advice.passages import Advice, Draft

LONG = 40  # words
AVERAGE = 28  # words to a sentence, where there is no measure of syllables
ENOUGH = 80  # words, for a measure to mean anything
MOST = 2  # long sentences named in one answer
QUOTED = 60  # characters
_END = re.compile(r"(?<=[.!?؟。…])[\"”»)\]]{0,3}\s+")
_WORD = re.compile(r"[^\W_]++(?:[-’'.,][^\W_]++)*+")
_SHORT = re.compile(r"(?:\b[A-Z]|\b(?:no|nr|art|art\.|approx|e\.g|i\.e|etc|vs|dr|mr|mrs|ms|sr|sra|núm|env))\.$", re.I)
_VOWELS = "aeiouyáàâäãåéèêëíìîïóòôöõúùûüœæ"
_GROUPS = re.compile(f"[{_VOWELS}]+")
_STRONG = re.compile(r"(?<=[aeoáéíóú])(?=[aeoáéíóú])")


@dataclass(frozen=True)
class Measure:
    """base - syllables to a word times `syllables` - words to a sentence times `words`; below `hard` is hard."""

    base: float
    syllables: float
    words: float
    hard: float
    count: Callable[[str], int]

    def score(self, words: int, sentences: int, syllables: int) -> float:
        """How easy a text is: 100 very easy, 0 very hard."""
        return self.base - self.syllables * syllables / words - self.words * words / sentences


def _english(word: str) -> int:
    groups = len(_GROUPS.findall(word))
    mute_e = word.endswith("e") and not word.endswith(("le", "ee"))
    mute_ed = word.endswith("ed") and word[-3:-2] not in "td"
    return max(groups - (mute_e or mute_ed), 1)


def _french(word: str) -> int:
    groups = len(_GROUPS.findall(word))
    return max(groups - (word.endswith(("e", "es", "ent")) and groups > 1), 1)


def _iberian(word: str) -> int:
    groups = _GROUPS.findall(word)
    return max(sum(1 + len(_STRONG.findall(group)) for group in groups), 1)


MEASURES: Mapping[str, Measure] = {
    "en": Measure(206.835, 84.6, 1.015, 30, _english),
    "fr": Measure(207.0, 73.6, 1.015, 30, _french),
    "es": Measure(206.835, 62.3, 1.0, 40, _iberian),
    "pt": Measure(248.835, 84.6, 1.015, 25, _iberian),
}


def look(draft: Draft) -> Iterator[Advice]:
    """Advice on the prose of a draft."""
    for passage in draft.texts:
        if not (passage.free and isinstance(passage.field, Prose)):
            continue
        found = sentences(passage.words)
        long = [(s, n) for s in found if (n := len(_WORD.findall(s))) > LONG]
        for sentence, count in long[:MOST]:
            facts = {"start": _start(sentence), "count": count}
            message = N_("A sentence of {count} words begins “{start}”. Two shorter ones are easier to follow.")
            yield Advice("sentence", Problem(passage.path, message, facts), sentence)
        if not long and _hard(passage.words, found, draft.language):
            message = N_("Hard to read: long words in long sentences. Say it as you would to a colleague.")
            yield Advice("reading", Problem(passage.path, message), passage.words)


def sentences(text: str) -> list[str]:
    """The sentences of a text. A line is never part of two; abbreviations end none."""
    made: list[str] = []
    for line in text.splitlines():
        joined: list[str] = []
        for piece in _END.split(line):
            joined.append(piece)
            if not _SHORT.search(piece[-8:]):
                made.append(" ".join(joined))
                joined = []
        made.append(" ".join(joined))
    return [s for s in made if s.strip()]


def ease(text: str, language: str) -> float | None:
    """How easy a text is to read on the scale of its language; None for too short a text or a language without one."""
    measure, words = MEASURES.get(language), [w.casefold() for w in _WORD.findall(text)]
    if measure is None or len(words) < ENOUGH:
        return None
    return measure.score(len(words), max(len(sentences(text)), 1), sum(map(measure.count, words)))


def _hard(text: str, found: list[str], language: str) -> bool:
    if language in MEASURES:
        score = ease(text, language)
        return score is not None and score < MEASURES[language].hard
    words = len(_WORD.findall(text))
    return words >= ENOUGH and words / max(len(found), 1) > AVERAGE


def _start(sentence: str) -> str:
    words = " ".join(sentence.split())
    return words if len(words) <= QUOTED else words[:QUOTED].rsplit(" ", 1)[0] + " …"
