"""Words: how text is cut, folded and stemmed, the same for every engine, for documents and for queries.

A position of a text yields its word folded (lower case, no accents) and its stem under a key with a mark
(`~agreement`), which no typed word can collide with; in a language without a stemmer the word is its own stem. An
Arabic word among those of a European language has its Arabic stem, as the Arabic names of terms have in every record. A
query word matches the folded word best, and its stem in any language, because a reader does not know in which language
a record was written. Stems do not name their language: that a French and a Spanish word of one root meet is welcome,
and there is less to look up.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

STEMMERS = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese", "ar": "arabic"}
STEM_MARK = "~"

# short on purpose: a stop word is still indexed, it is only not demanded of a document
STOP = frozenset(
    (
        "a an and are as at be by for from has in is it its of on or that the this to was were with what how why "
        "which can do does we our who when where did should would could will have had been get you your if not there "
        "le la les un une des du de et en au aux pour par sur dans que qui est ce ces sont comment quel quelle quand "
        "el los las una unos y o del al en por para con que se es son su sus como cual cuando donde quien "
        "os um uma uns do da dos das e no na nos nas ao por para com que se sua sao qual quando onde quem "
        "في من على الى إلى عن مع ما هل كيف"
    ).split()
)

_FOLDS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ـ": None})
_ELISIONS = frozenset("c d j l m n s t qu jusqu lorsqu puisqu quoiqu dell nell sull all un".split())
# combining marks belong to their word: without them Indic vowels and Arabic diacritics would cut it
_MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc")).replace("]", "")
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
_UNIT = re.compile(rf"{_WORD.pattern}(?:[-‐‑]{_WORD.pattern})*['’]?")
_DROPPED_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
_ARABIC = re.compile(r"[\u0621-\u064a]")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
MAX_WORD = 60  # characters; a longer run is no word, and would only bloat the index

_local = threading.local()


@dataclass(frozen=True)
class Token:
    """A word of a text: its position among the words, where it stands, and its folded form.

    `joined`: the form written together when it ends a hyphenated word ("egp" at the "GP" of "e-GP").
    """

    position: int
    start: int
    end: int
    word: str
    joined: str = ""


def fold(text: str) -> str:
    """Lower case without accents: économie -> economie, Straße -> strasse, كِتَاب -> كتاب."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _DROPPED_MARKS.sub("", decomposed)).translate(_FOLDS)


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order; ideographs are words of one sign, French and Italian elisions are dropped."""
    position, before, compound = 0, -2, ""
    for found in _WORD.finditer(text):
        for start, end in _pieces(found[0], found.start()):
            word = fold(text[start:end])[:MAX_WORD]
            if not word or (word in _ELISIONS and text[end : end + 1] in ("'", "’")):
                continue
            hyphenated = start == before + 1 and text[before : before + 1] in ("-", "‐", "‑")
            compound = compound + word if hyphenated else word
            yield Token(position, start, end, word, compound[:MAX_WORD] if hyphenated else "")
            position, before = position + 1, end


def indexed(text: str, language: str) -> Iterator[tuple[int, str]]:
    """Pairs of position and key, as an index holds them."""
    at = 0
    for unit in units(text):
        places = analysed(unit, language)
        for place in places:
            for key in place:
                yield at, key
            at += 1


def units(text: str) -> list[str]:
    """The text cut into pieces that can be analysed one by one: words with what hangs on them by hyphen or apostrophe.

    The tokens of a text are the tokens of its units, one after the other.
    """
    return _UNIT.findall(text)


@lru_cache(maxsize=500)
def finder(first: frozenset[str]) -> re.Pattern[str]:
    """Finds the units that begin with one of these letters in any case; those beyond ASCII are found whatever."""
    letters = "".join(re.escape(letter) for letter in sorted({*first, *(letter.upper() for letter in first)}))
    return re.compile(rf"(?<![^\W_])(?<![{_MARKS}])(?=[{letters}]|[^\x00-\x7f]){_UNIT.pattern}")


@lru_cache(maxsize=200_000)
def analysed(unit: str, language: str) -> tuple[tuple[str, ...], ...]:
    """The keys at each position of a unit."""
    return tuple(keys(token, language) for token in tokens(unit))


def keys(token: Token, language: str) -> tuple[str, ...]:
    """The keys of a word in a text of a language."""
    words = (token.word, token.joined) if token.joined else (token.word,)
    return tuple(dict.fromkeys((*words, *(stem(word, language) for word in words))))


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """The key of a word's stem: `~agreement`; of the word itself in a language without a stemmer."""
    if language not in STEMMERS:
        return STEM_MARK + word
    return STEM_MARK + str(_stemmer("ar" if _ARABIC.match(word) else language).stemWord(word))


def stems(word: str) -> tuple[str, ...]:
    """The stem keys of a query word, in every language."""
    return tuple(dict.fromkeys(stem(word, language) for language in ("", *STEMMERS)))


def _stemmer(language: str) -> Stemmer.Stemmer:
    kept = _local.__dict__.setdefault("stemmers", {})  # a stemmer keeps state: one for each thread
    if language not in kept:
        kept[language] = Stemmer.Stemmer(STEMMERS[language], 0)  # words are remembered here, not there
    return kept[language]


def _pieces(word: str, start: int) -> Iterator[tuple[int, int]]:
    if not _IDEOGRAPH.search(word):
        yield start, start + len(word)
        return
    run = start
    for number, sign in enumerate(word):
        if _IDEOGRAPH.match(sign):
            if run < start + number:
                yield run, start + number
            yield start + number, start + number + 1
            run = start + number + 1
    if run < start + len(word):
        yield run, start + len(word)
