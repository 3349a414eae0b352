"""Praxis: the engine that the site uses, embedded."""

from __future__ import annotations

from pathlib import Path

from bench.made import PUBLIC, SCHEMA, Question, documents
from search.engines import whoosh_merge
from search.engines.whoosh import WhooshEngine
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

    def merged(self) -> int:
        """Make one segment of all; how many there are then."""
        engine = self._engine
        assert isinstance(engine, WhooshEngine)
        with engine._generations.merging():
            view = engine._current()
            whoosh_merge.exchange(engine._generations, SCHEMA, view, view.segments)
        return len(engine._current().segments)

    def close(self) -> None:
        """Let go of it."""
        self._engine.close()
