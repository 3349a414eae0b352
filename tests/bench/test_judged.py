"""The judged set is whole: ids that exist, grades that mean something, and queries of every kind."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from bench import judged, relevance
from knowledge.content.site import registry
from knowledge.derive import index as derive_index

CORPUS_ID = re.compile(r"(18f-blog|18f-guides|canada-cds|digitalgov|mexico-abierto|ocds-docs)-\d{4}")


def test_there_are_enough_queries_of_every_kind_and_language() -> None:
    queries = judged.questions()
    assert len(queries) >= 80 and len({q["id"] for q in queries}) == len(queries)
    assert len({q["text"].casefold() for q in queries}) == len(queries)
    kinds = Counter(q["kind"] for q in queries)
    assert {"acronym", "short", "old-name", "misspelt", "question", "other-language", "known-item", "place"} == set(
        kinds
    )
    assert min(kinds.values()) >= 4
    assert {"en", "fr", "es", "pt"} == {q["language"] for q in queries}


def test_every_grade_is_of_a_query_and_a_document_that_exist() -> None:
    demo = {raw["id"] for raw in judged.records(None)}
    queries = {q["id"] for q in judged.questions()}
    pairs = [(query, document) for query, document, _ in judged.graded()]
    assert len(set(pairs)) == len(pairs)
    for query, document, grade in judged.graded():
        assert query in queries and grade in (0, 1, 2, 3)
        assert document in demo or CORPUS_ID.fullmatch(document), document
    assert {query for query, _, grade in judged.graded() if grade >= 2} == queries


def test_the_demo_alone_makes_a_collection_that_can_be_measured(tmp_path: Path) -> None:
    judged.main(tmp_path, None)
    first = json.loads((tmp_path / "docs.jsonl").read_text().splitlines()[0])
    assert first["title"] and first["facets"]["country"], "all that the site's index has"
    schema = derive_index.schema(registry())
    collection = relevance.load(tmp_path, schema)
    assert len(collection.questions) >= 45
    figures, found = relevance.measured(f"whoosh:{tmp_path / 'index'}", collection, schema)
    assert figures["nDCG@10"] > 0.75, "the ranking has become worse"
    assert set(found) == {q.id for q in collection.questions}
