"""Whoosh as it comes: its own writer, codec and searcher, counting by `groupedby`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whoosh import fields, index, query, sorting
from whoosh.analysis import SimpleAnalyzer

from bench.made import FACETS, Question, documents
from search.engines.workers import cores


class Peer:
    """Stock Whoosh in a folder."""

    name = "Whoosh's own"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._searcher: Any = None

    def fill(self, count: int) -> None:
        """Index with its own writers in several processes, merged into one segment each."""
        self._folder.mkdir(parents=True)
        schema = fields.Schema(
            id=fields.ID(unique=True, stored=True),
            title=fields.TEXT(analyzer=SimpleAnalyzer(), field_boost=3.0),
            body=fields.TEXT(analyzer=SimpleAnalyzer()),
            country=fields.ID(sortable=True),
            stage=fields.ID(sortable=True),
            topic=fields.KEYWORD(),
        )
        made = index.create_in(str(self._folder), schema)
        writer = made.writer(procs=cores(), limitmb=256, multisegment=True)
        for document in documents(count):
            writer.add_document(
                id=document.id,
                **document.text,
                country=document.facets["country"][0],
                stage=document.facets["stage"][0],
                topic=" ".join(document.facets["topic"]),
            )
        writer.commit()

    def ask(self, question: Question) -> int:
        """The first 20 by BM25F, and groups for three facets."""
        if self._searcher is None:
            self._searcher = index.open_dir(str(self._folder)).searcher()
        asked: Any
        if question.phrase:
            asked = query.Or([query.Phrase(f, list(question.words)) for f in ("title", "body")])
        else:
            asked = query.And(
                [query.Or([query.Term(f, w) for f in ("title", "body")]) for w in question.words]
            ).normalize()
        chosen = query.Term("country", question.country) if question.country else None
        groups = {name: sorting.FieldFacet(name, allow_overlap=name == "topic") for name in FACETS}
        found = self._searcher.search(asked, limit=20, filter=chosen, groupedby=groups)
        for name in FACETS:
            {value: len(held) for value, held in found.groups(name).items()}
        return len(found)

    def close(self) -> None:
        """Let go of it."""
        if self._searcher is not None:
            self._searcher.close()
