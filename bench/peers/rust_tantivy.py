"""Tantivy, a search library in Rust: search for 20 and aggregate three facets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tantivy

from bench.made import FACETS, Question, documents


class Peer:
    """Tantivy in a folder."""

    name = "Tantivy"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        schema = tantivy.SchemaBuilder()
        schema.add_text_field("id", stored=True, tokenizer_name="raw")
        for name in ("title", "body"):
            schema.add_text_field(name, tokenizer_name="default")
        for name in FACETS:
            schema.add_text_field(name, fast=True, tokenizer_name="raw")
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = schema.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._searcher: Any = None

    def fill(self, count: int) -> None:
        """Index with two threads, and wait for its merges."""
        writer = self._index.writer(heap_size=256_000_000, num_threads=2)
        for document in documents(count):
            facets = {name: list(values) for name, values in document.facets.items()}
            writer.add_document(tantivy.Document(id=document.id, **document.text, **facets))
        writer.commit()
        writer.wait_merging_threads()

    def ask(self, question: Question) -> int:
        """One search and one aggregation; the choice in a facet filters both."""
        if self._searcher is None:
            self._index.reload()
            self._searcher = self._index.searcher()
        terms = (
            [self._either(lambda field: tantivy.Query.phrase_query(self._schema, field, list(question.words)))]
            if question.phrase
            else [
                self._either(lambda field, w=w: tantivy.Query.term_query(self._schema, field, w))
                for w in question.words
            ]
        )
        if question.country:
            chosen = tantivy.Query.term_query(self._schema, "country", question.country)
            terms.append(tantivy.Query.const_score_query(chosen, 0.0))
        asked = tantivy.Query.boolean_query([(tantivy.Occur.Must, term) for term in terms])
        found = self._searcher.search(asked, 20)
        [self._searcher.doc(address)["id"] for _, address in found.hits]
        self._searcher.aggregate(asked, {name: {"terms": {"field": name, "size": 250}} for name in FACETS})
        return int(found.count or 0)

    def _either(self, made: Any) -> Any:
        boosted = tantivy.Query.boost_query(made("title"), 3.0)
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, boosted), (tantivy.Occur.Should, made("body"))])

    def close(self) -> None:
        """Nothing to let go of."""
