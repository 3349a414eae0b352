"""PostgreSQL's full text: a tsvector under GIN, ts_rank, and a GROUP BY for each facet. Needs BENCH_POSTGRES, a URL."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from bench.made import Question, documents


class Peer:
    """Two tables in a database of their own schema."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        self._db = psycopg.connect(os.environ["BENCH_POSTGRES"], autocommit=True)
        self._db.execute("CREATE SCHEMA IF NOT EXISTS praxis_bench")
        self._db.execute("SET search_path TO praxis_bench")

    def fill(self, count: int) -> None:
        """COPY, then the indexes."""
        self._db.execute("DROP TABLE IF EXISTS words, facets")
        self._db.execute("CREATE TABLE words (document int PRIMARY KEY, title text, body text)")
        self._db.execute("CREATE TABLE facets (facet text, document int, value text)")
        with self._db.cursor() as cursor:
            with cursor.copy("COPY words FROM STDIN") as copy:
                for number, document in enumerate(documents(count)):
                    copy.write_row((number, *document.text.values()))
            with cursor.copy("COPY facets FROM STDIN") as copy:
                for number, document in enumerate(documents(count)):
                    for name, values in document.facets.items():
                        for value in values:
                            copy.write_row((name, number, value))
        self._db.execute(
            "ALTER TABLE words ADD text tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', title), 'A')"
            " || setweight(to_tsvector('simple', body), 'D')) STORED"
        )
        self._db.execute("CREATE INDEX ON words USING gin (text)")
        self._db.execute("CREATE INDEX ON facets (document, facet)")
        self._db.execute("CREATE INDEX ON facets (facet, value, document)")
        self._db.execute("ANALYZE words, facets")

    def ask(self, question: Question) -> int:
        """The first 20 and the counts, each from the same condition."""
        asked = (" <-> " if question.phrase else " & ").join(question.words)
        where, given = "text @@ to_tsquery('simple', %s)", [asked]
        if question.country:
            where += " AND document IN (SELECT document FROM facets WHERE facet = 'country' AND value = %s)"
            given.append(question.country)
        self._db.execute(
            f"SELECT document FROM words WHERE {where} ORDER BY ts_rank(text, to_tsquery('simple', %s)) DESC LIMIT 20",
            [*given, asked],
        ).fetchall()
        self._db.execute(
            f"SELECT facet, value, count(*) FROM facets JOIN (SELECT document FROM words WHERE {where}) found"
            " USING (document) GROUP BY facet, value",
            given,
        ).fetchall()
        row = self._db.execute(f"SELECT count(*) FROM words WHERE {where}", given).fetchone()
        return int(row[0]) if row else 0

    def size(self) -> int:
        """Bytes of both tables with their indexes."""
        row = self._db.execute("SELECT pg_total_relation_size('words') + pg_total_relation_size('facets')").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
