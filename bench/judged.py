"""Our own judged set as a folder that `bench.relevance` reads: `python -m bench.judged OUT [CORPUS]`.

Queries and grades lie in `bench/judged/`. Documents are the records of the demo, in whatever state, and with CORPUS
(the folder that `make corpus` reads) those real texts; each with all fields and facets that the site's index has.
Without CORPUS only queries and grades of the demo are written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import corpus
from knowledge.content.registry import Registry
from knowledge.content.site import registry
from knowledge.derive import index as derive_index
from search.schema import Document

HERE = Path(__file__).parent / "judged"
UNWRITTEN = frozenset({"demo-rascunho-catalogo"})  # a draft with nothing in it
DEMO = Path(__file__).parents[1] / "knowledge" / "demo"
AROUND = frozenset({"id", "kind", "state", "authors", "source", "programme", "live", "published", "reason", "history"})


def main(out: Path, texts: Path | None) -> None:
    """Write documents, queries and grades."""
    out.mkdir(parents=True, exist_ok=True)
    known = registry()
    lines = [_line(_document(raw, known)) for raw in records(texts) if raw["id"] not in UNWRITTEN]
    (out / "docs.jsonl").write_text(_jsonl(lines), encoding="utf-8")
    ids = {line["id"] for line in lines}
    grades = [row for row in graded() if row[1] in ids]
    asked = {query for query, _, grade in grades if grade > 0}
    queries = [q for q in questions() if q["id"] in asked]
    (out / "queries.jsonl").write_text(_jsonl(queries), encoding="utf-8")
    rows = (f"{query}\t{document}\t{grade}\n" for query, document, grade in grades if query in asked)
    (out / "qrels.tsv").write_text("".join(rows), encoding="utf-8")
    print(f"{len(lines)} documents, {len(queries)} queries, {len(grades)} grades in {out}")


def questions() -> list[dict[str, str]]:
    """The queries: `id`, `text`, `language` of the reader, `kind`."""
    return [json.loads(line) for line in (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()]


def graded() -> list[tuple[str, str, int]]:
    """Query, document and grade: 3 just what was looked for, 2 useful, 1 touches it, 0 looked at and not useful."""
    rows = (line.split("\t") for line in (HERE / "qrels.tsv").read_text(encoding="utf-8").splitlines())
    return [(query, document, int(grade)) for query, document, grade in rows]


def records(texts: Path | None) -> Iterator[dict[str, Any]]:
    """All records as import lines."""
    for name in ("facts", "records"):
        yield from map(json.loads, (DEMO / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    for file in corpus.FILES if texts else ():
        for line in (texts / f"{file.name}.jsonl").read_text(encoding="utf-8").splitlines():  # type: ignore[operator]
            yield corpus.record(file, json.loads(line))


def _document(raw: dict[str, Any], known: Registry) -> Document:
    values = {name: value for name, value in raw.items() if name not in AROUND}
    names = [author.get("name", "") for author in raw.get("authors", ())]
    kind = known[raw["kind"]]
    return derive_index.document(raw["id"], kind, values, known, audience=frozenset(), date="", extra=names)


def _line(document: Document) -> dict[str, Any]:
    facets = {facet: list(values) for facet, values in document.facets.items()}
    return {"id": document.id, "language": document.language, **document.text, "facets": facets}


def _jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
