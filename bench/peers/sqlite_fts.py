"""SQLite's FTS5: a match ordered by bm25, and a GROUP BY for each facet."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bench.made import FACETS, Question, documents


class Peer:
    """One file of SQLite."""

    name = "SQLite FTS5"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "fts.db")

    def fill(self, count: int) -> None:
        """One virtual table for the words, one table for the facets."""
        self._db.execute("CREATE VIRTUAL TABLE words USING fts5(title, body, content='')")
        self._db.execute(
            "CREATE TABLE facets (facet TEXT, document INT, value TEXT, PRIMARY KEY (facet, document, value))"
            " WITHOUT ROWID"
        )
        for number, document in enumerate(documents(count), 1):
            self._db.execute(
                "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", (number, *document.text.values())
            )
            rows = [(name, number, value) for name, values in document.facets.items() for value in values]
            self._db.executemany("INSERT INTO facets VALUES (?, ?, ?)", rows)
        self._db.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._db.commit()

    def ask(self, question: Question) -> int:
        """Matches into a temporary table once, then the first 20 and the counts from it."""
        text = " ".join(question.words) if question.phrase else " AND ".join(f'"{w}"' for w in question.words)
        asked = f'"{text}"' if question.phrase else text
        self._db.execute("DROP TABLE IF EXISTS temp.found")
        chosen = (
            "AND rowid IN (SELECT document FROM facets WHERE facet = 'country' AND value = ?)"
            if question.country
            else ""
        )
        given = (asked, question.country) if question.country else (asked,)
        self._db.execute(
            "CREATE TEMP TABLE found AS SELECT rowid AS document, bm25(words, 3.0, 1.0) AS score"
            f" FROM words WHERE words MATCH ? {chosen}",
            given,
        )
        self._db.execute("SELECT document FROM found ORDER BY score LIMIT 20").fetchall()
        for name in FACETS:
            self._db.execute(
                "SELECT value, count(*) FROM found JOIN facets USING (document) WHERE facet = ? GROUP BY value", (name,)
            ).fetchall()
        return int(self._db.execute("SELECT count(*) FROM found").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()
