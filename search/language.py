"""Words: how text is cut, folded and stemmed, the same for every engine, for documents and for queries.

A position of a text yields its word folded (lower case, no accents) and its stem under a key with a mark
(`~agreement`), which no typed word can collide with; in a language without a stemmer the word is its own stem. A line
that is clearly in another language than its record has the stems of that one: its little words tell. So has an Arabic
word among those of a European language, as the Arabic names of terms have in every record. A
query word matches the folded word best, and its stem in any language, because a reader does not know in which language
a record was written. Stems do not name their language: that a French and a Spanish word of one root meet is welcome,
and there is less to look up.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

STEMMERS = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese", "ar": "arabic"}
STEM_MARK = "~"

# short on purpose: a stop word is still indexed, it is only not demanded of a document
_LITTLE = {
    "en": "a an and are as at be by for from has in is it its of on or that the this to was were with what how why no "
    "which can do does we our who when where did should would could will have had been get you your if not there",
    "fr": "a as le la les un une des du de et en au aux pour par sur dans que qui est ce ces son sont comment quel "
    "quelle quand on or y nos",
    "es": "a el la los las un una unos y o de del al en por para con que se es son su sus como cual cuando donde quien "
    "no nos",
    "pt": "a as o os um uma uns de do da dos das e no na nos nas ao por para com que se sua sao qual quando onde quem",
    "ar": "في من على الى إلى عن مع ما هل كيف",
}
STOP = frozenset(word for words in _LITTLE.values() for word in words.split())


def _telling(code: str) -> frozenset[str]:
    others = {word for other, words in _LITTLE.items() if other != code for word in words.split()}
    return frozenset(word for word in _LITTLE[code].split() if len(word) > 1 and word not in others)


# little words that only one of the languages has; Arabic needs none, its script tells
_TELLING = {code: _telling(code) for code in _LITTLE if code != "ar"}
_OF_OTHERS = {
    code: frozenset().union(*(words for other, words in _TELLING.items() if other != code)) for code in _LITTLE
}
Span = tuple[int, int, str]  # where a piece of a text begins and ends, and its language

_FOLDS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ـ": None})
_ELISIONS = frozenset("c d j l m n s t qu jusqu lorsqu puisqu quoiqu dell nell sull all un".split())
# combining marks belong to their word: without them Indic vowels and Arabic diacritics would cut it
_MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc")).replace("]", "")
_WORD = re.compile(rf"[^\W_]++(?:[{_MARKS}]++[^\W_]*+)*+")  # what is taken is never given back: it would not help
_UNIT = re.compile(rf"{_WORD.pattern}(?:[-‐‑]{_WORD.pattern})*+['’]?")
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


def foreign(text: str, language: str) -> tuple[Span, ...]:
    """The lines that are clearly in another language than the record: nearly always none.

    Clearly: at least two different little words of that language, more than of any other, and three for each of the
    record's own. Nothing is said of records in a language whose little words we do not know.
    """
    if language not in _OF_OTHERS or len(_OF_OTHERS[language].intersection(text.lower().split())) < 2:
        return ()
    found, at = list[Span](), 0
    for line in text.split("\n"):
        words = set(line.lower().split())
        often = {code: len(words & telling) for code, telling in _TELLING.items()}
        own = often.pop(language, 0)
        second, first = sorted(often, key=often.__getitem__)[-2:]
        if often[first] >= 2 and often[first] > often[second] and often[first] >= 3 * own:
            found.append((at, at + len(line), first))
        at += len(line) + 1
    return tuple(found)


def pieces(text: str, language: str, foreign: Sequence[Span]) -> Iterator[Span]:
    """The whole text in pieces of one language, in order."""
    at = 0
    for start, end, other in foreign:
        if at < start:
            yield at, start, language
        yield start, end, other
        at = end
    if at < len(text):
        yield at, len(text), language


def indexed(text: str, language: str, foreign: Sequence[Span] = ()) -> Iterator[tuple[int, str]]:
    """Pairs of position and key, as an index holds them."""
    at = 0
    for start, end, code in pieces(text, language, foreign):
        for unit in units(text[start:end]):
            for place in analysed(unit, code):
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
