"""A made-up corpus and questions for it, the same for every engine: `documents(count)` and `questions(200)`.

Words are distributed as in language (Zipf), texts have 200 of them, and facets the sizes of ours: 195 countries, 7
stages, 53 topics. The same seed gives the same texts on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from search.schema import Document, IndexSchema, TextField

SCHEMA = IndexSchema((TextField("title", 3.0), TextField("body", 1.0)), ("country", "stage", "topic"), years="year")
FACETS = {"country": 195, "stage": 7, "topic": 53}
WORDS = 60_000
LENGTH = 200  # words of a body
PUBLIC = frozenset({"public"})


@dataclass(frozen=True)
class Question:
    """Words, joined by AND or as a phrase, and at most one country chosen."""

    words: tuple[str, ...]
    phrase: bool = False
    country: str = ""
    kind: str = ""


def vocabulary() -> list[str]:
    """Words that look like words, the most frequent first."""
    dice = random.Random(1)
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(dice.choices("abcdefghilmnoprstu", k=dice.randint(3, 10)))] = None
    return list(found)


def documents(count: int) -> Iterator[Document]:
    """So many documents."""
    words, dice = vocabulary(), random.Random(2)
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))
    for number in range(count):
        text = dice.choices(words, cum_weights=weights, k=LENGTH + 6)
        yield Document(
            f"r{number:07d}",
            PUBLIC,
            {"title": " ".join(text[:6]), "body": " ".join(text[6:])},
            "sw",  # no stemmer: stems of made-up words would only differ between the engines
            {
                "country": (f"c{dice.randrange(FACETS['country'])}",),
                "stage": (f"s{dice.randrange(FACETS['stage'])}",),
                "topic": tuple({f"t{dice.randrange(FACETS['topic'])}" for _ in range(2)}),
            },
            text[0],
            f"2{dice.randrange(10, 25):03d}-01-01",
        )


def questions(count: int) -> list[Question]:
    """Rare, medium and common words, two and three of them, phrases; every fourth with a country chosen."""
    words, dice, found = vocabulary(), random.Random(3), list[Question]()
    bands = {"rare": (5_000, 40_000), "medium": (500, 5_000), "common": (10, 500)}
    shapes = ["rare", "medium", "common", "two", "three", "phrase"]
    for number in range(count):
        kind = shapes[number % len(shapes)]
        if kind in bands:
            asked = [words[dice.randrange(*bands[kind])]]
        else:
            band = (10, 80) if kind == "phrase" else (10, 1_000)
            asked = [words[dice.randrange(*band)] for _ in range(3 if kind == "three" else 2)]
        country = f"c{dice.randrange(FACETS['country'])}" if number % 4 == 3 else ""
        found.append(Question(tuple(asked), kind == "phrase", country, kind))
    return found
