"""What an OpenSearch index looks like for a schema, and a document as it is sent there.

Text is analysed here, by `search.language`, so that a word means the same in every engine. The cluster is given places
with the keys that stand there, `gp|egp|~gp|~egp`, and only cuts them apart: a pattern that captures several groups puts
them at one position, which phrases rely on.

All fields of a document are weighed as one text (`search.scoring`), so they are sent as one: `all` holds every field as
often as its weight says, without positions. A stem stands there three times and a word once, because a word in another
form counts three quarters: Lucene adds up the frequencies of the keys of one position of a query, and what comes out is
the frequency that we want, times four. Words of fields that are not shown share the places of others: they are found,
and do not make a document longer. `words` holds words alone, field after field with gaps in between, for phrases and
beginnings of words.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

from search import language, scoring
from search.query import MAX_DEPTH, MAX_PER_PAGE
from search.schema import Body, Document, IndexSchema, TextField, moment

VERSION = 1  # of this module; another one has indexes built anew
ALONE = ("title", "summary")  # fields that a query can name
GAP = 100  # positions between two fields: no phrase reaches over it
SHARE = Fraction(scoring.STEM).limit_denominator(20)
STEMS, PARTS = SHARE.numerator, SHARE.denominator  # of so many parts of a word, so many are its stem's

# Lucene counts a position once for the length of a text, but all its keys for the average length, which makes that
# PARTS times as large; these two parameters of BM25 give the numbers that K1 and B would with the true average.
_B = scoring.B * PARTS / (1 - scoring.B + scoring.B * PARTS)
_K1 = scoring.K1 * PARTS * (1 - scoring.B) / (1 - _B)


def fingerprint(schema: IndexSchema) -> str:
    """Changes whenever an index must be built anew."""
    return f"{VERSION}|{scoring.K1}|{scoring.B}|{SHARE}|{schema.fingerprint}"


def scale(schema: IndexSchema) -> int:
    """What weights are multiplied with to become whole numbers."""
    return lcm(*(Fraction(f.weight).limit_denominator(10).denominator for f in schema.text))


def boosts(schema: IndexSchema) -> tuple[float, float]:
    """What scores in `all` and in `words` are to be multiplied with, since Lucene multiplies them with k1 + 1."""
    times = scale(schema)
    return (scoring.K1 + 1) / (_K1 * times + 1), (scoring.K1 + 1) / (scoring.K1 * times + 1)


def index_body(schema: IndexSchema, shards: int, started: float) -> dict[str, Any]:
    """Settings and mapping of a new index that is being filled."""
    times = scale(schema)
    return {
        "settings": {
            "number_of_shards": shards,
            "auto_expand_replicas": "0-1",  # a second copy wherever there is a second node
            "refresh_interval": "-1",  # until it is full
            "max_result_window": MAX_DEPTH + MAX_PER_PAGE,
            "similarity": {
                "all": {"type": "BM25", "k1": _K1 * times, "b": _B},
                "one": {"type": "BM25", "k1": _K1, "b": _B},
                "words": {"type": "BM25", "k1": scoring.K1 * times, "b": scoring.B},
            },
            "analysis": {
                "tokenizer": {"places": {"type": "whitespace", "max_token_length": 1_048_576}},
                "filter": {"keys": {"type": "pattern_capture", "preserve_original": False, "patterns": ["([^|]+)"]}},
                "analyzer": {"places": {"tokenizer": "places", "filter": ["keys"]}},
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": meta(schema, started),
            "_source": {"excludes": ["all", "words", "t_*", "c_*", "years"]},
            "properties": _properties(schema),
        },
    }


def meta(schema: IndexSchema, alive: float) -> dict[str, Any]:
    """What an index says of itself. `alive`: when its builder was last heard of; 0 when it is done."""
    return {"praxis": fingerprint(schema), "alive": int(alive)}


def _properties(schema: IndexSchema) -> dict[str, Any]:
    places = {"type": "text", "analyzer": "places"}
    hidden = {"type": "keyword", "doc_values": False}  # looked for, never counted or sorted by
    found: dict[str, Any] = {
        "id": {"type": "keyword"},
        "audience": {"type": "keyword", "doc_values": False},
        "language": {"type": "keyword", "index": False, "doc_values": False},
        "text": {"type": "object", "enabled": False},
        "foreign": {"type": "object", "enabled": False},
        "date": {"type": "long", "index": False},
        "sort_title": {"type": "keyword", "index": False},
        "years": {"type": "integer", "doc_values": False},
        "all": places | {"similarity": "all", "index_options": "freqs"},
        "words": places | {"similarity": "words", "position_increment_gap": GAP},
    }
    found |= {f"t_{f.name}": places | {"similarity": "one"} for f in schema.text if f.name in ALONE}
    for name in schema.facets:
        found |= {f"f_{name}": {"type": "keyword"}, f"c_{name}": hidden}
    return found


def source(document: Document, schema: IndexSchema) -> dict[str, Any]:
    """A document as it is sent."""
    made: dict[str, Any] = {
        "id": document.id,
        "audience": sorted(document.audience),
        "language": document.language,
        "text": dict(document.text),
        "foreign": dict(document.body.foreign),
        "date": moment(document.date),
        "sort_title": language.fold(document.sort_title)[:120],
        "years": [int(y) for y in document.facets.get(schema.years, ()) if y.isdecimal() and len(y) < 10],
    }
    for name in schema.facets:
        values = document.facets.get(name, ())
        made |= {f"f_{name}": list(values), f"c_{name}": [v.casefold() for v in values]}
    return made | _texts(document, schema)


def _texts(document: Document, schema: IndexSchema) -> dict[str, Any]:
    everything: list[str] = []
    beside: list[str] = []
    words: list[str] = []
    made: dict[str, Any] = {}
    for each in schema.text:
        places = list(_places(document.body, each.name))
        weighed = ["|".join(_parts(place)) for place in places]
        often = _whole(each, schema)
        (everything if each.shown else beside).extend(weighed * often)
        words += [" ".join("|".join(_words(place)) for place in places)] * often
        if each.name in ALONE:
            made[f"t_{each.name}"] = " ".join(weighed)
    return made | {"all": " ".join(_shared(everything, beside)), "words": words}


def _places(body: Body, name: str) -> Iterator[tuple[str, ...]]:
    for start, end, code in body.pieces(name):
        for unit in language.units(body.text[name][start:end]):
            yield from language.analysed(unit, code)


def _parts(place: tuple[str, ...]) -> Iterator[str]:
    """The keys of a place, a stem as often as it counts."""
    for key in place:
        yield from (key,) * (STEMS if key.startswith(language.STEM_MARK) else PARTS - STEMS)


def _words(place: tuple[str, ...]) -> Iterator[str]:
    return (key for key in place if not key.startswith(language.STEM_MARK))


def _whole(each: TextField, schema: IndexSchema) -> int:
    return max(1, round(each.weight * scale(schema)))


def _shared(places: list[str], beside: list[str]) -> list[str]:
    """The places, with others put beside them one after the other; without any, the others stand alone."""
    if not places:
        return beside
    places = list(places)
    for number, other in enumerate(beside):
        places[number % len(places)] += "|" + other
    return places
