"""Praxis: the engine that the site uses, embedded."""

from __future__ import annotations

from pathlib import Path

from bench.made import PUBLIC, SCHEMA, Question, documents
from search.opening import open_engine
from search.query import Query


class Peer:
    """Our engine on a folder."""

    name = "Praxis"

    def __init__(self, folder: Path) -> None:
        self._engine = open_engine(f"whoosh:{folder}", SCHEMA)

    def fill(self, count: int) -> None:
        """Index so many documents."""
        self._engine.rebuild(documents(count))

    def ask(self, question: Question) -> int:
        """The first 20 and the counts of all three facets; how many were found."""
        text = " ".join(question.words)
        return self._engine.search(
            Query(
                f'"{text}"' if question.phrase else text,
                PUBLIC,
                {"country": (question.country,)} if question.country else {},
                facets=SCHEMA.facets,
                for_people=False,
                relax=False,
            )
        ).total

    def close(self) -> None:
        """Let go of it."""
        self._engine.close()
