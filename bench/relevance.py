"""How well the site's search ranks, judged by people: `python -m bench.relevance DIR [ENGINE …]`.

DIR holds `docs.jsonl` (`id`, `title`, `text`, and if known `language`), `queries.jsonl` (`id`, `text`, and if known
`language`) and `qrels.tsv` (query, document, grade, between tabs). A document may name further text fields of the
site's index by their names (`summary`, `names_3` …) and `facets`; `python -m bench.judged` writes such a folder from
whole records. ENGINE is any engine URL (`memory:`, `whoosh:FOLDER`, `opensearch+https://…/index`); an index that is
there is replaced. Without one, a Whoosh index in a folder of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench import measures
from bench.measures import Grades
from knowledge.content.site import registry, synonyms
from knowledge.derive import index as derive_index
from search import language
from search.engine import SearchEngine
from search.errors import BadQuery
from search.opening import open_engine
from search.parse import MAX_TERMS
from search.query import MAX_LENGTH, MAX_PER_PAGE, Query
from search.schema import Document, IndexSchema

DEPTH = 1000  # documents of a ranking that are looked at
PUBLIC = frozenset({"public"})
BODY = "text_1"  # the field of the site's index for plain text


@dataclass(frozen=True)
class Question:
    """A judged query."""

    id: str
    text: str
    language: str = "en"
    kind: str = ""


@dataclass(frozen=True)
class Judged:
    """A test collection: documents, queries, and grades by query and document."""

    documents: tuple[Document, ...]
    questions: tuple[Question, ...]
    grades: Mapping[str, Grades]


def load(folder: Path, schema: IndexSchema) -> Judged:
    """Read a test collection. Raises ValueError naming the file and line that cannot be read."""
    documents = tuple(_document(raw, schema) for raw in _lines(folder / "docs.jsonl", "id"))
    questions = tuple(
        Question(str(raw["id"]), str(raw["text"]), str(raw.get("language") or "en"), str(raw.get("kind", "")))
        for raw in _lines(folder / "queries.jsonl", "id", "text")
    )
    return Judged(documents, questions, _grades(folder / "qrels.tsv"))


def rankings(engine: SearchEngine, questions: Iterable[Question], depth: int = DEPTH) -> dict[str, list[str]]:
    """What the engine finds for each query, best first, at most so many: the words as a reader would type them."""
    return {q.id: list(_ranking(engine, q, depth)) for q in questions}


def answerable(text: str) -> str:
    """A query text cut to what the site takes, and without the signs that mean something to it."""
    plain = "".join(c if c.isalnum() or c in "'’-‐" else " " for c in text)
    kept, count = list[str](), 0
    for word in plain.split():
        count += sum(1 for _ in language.tokens(word))
        if count > MAX_TERMS:
            break
        kept.append(word.lstrip("-"))
    return " ".join(kept)[:MAX_LENGTH]


def measured(url: str, judged: Judged, schema: IndexSchema) -> tuple[dict[str, float], dict[str, list[str]]]:
    """The means of an engine over a test collection, and its rankings."""
    engine = open_engine(url, schema, synonyms())
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            indexing = bar.add_task("indexing", total=len(judged.documents))
            engine.rebuild(judged.documents, lambda done: bar.update(indexing, completed=done))
            found = rankings(engine, bar.track(judged.questions, description="searching"))
    finally:
        engine.close()
    return measures.means(found, judged.grades), found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and with --worst the queries that fare worst."""
    parser = argparse.ArgumentParser(prog="python -m bench.relevance", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("engines", nargs="*", metavar="ENGINE")
    parser.add_argument("--worst", type=int, default=0, help="show so many queries with the lowest nDCG@10")
    told = parser.parse_args(arguments)
    schema = derive_index.schema(registry())
    try:
        judged = load(told.folder, schema)
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        rows = {}
        for url in told.engines or [f"whoosh:{folder}/index"]:
            rows[url], found = measured(url, judged, schema)
    print(f"{len(judged.documents):,} documents, {len(judged.questions)} queries")
    print("".join(f"{name:>12}" for name in measures.MEASURES) + "  engine")
    for url, row in rows.items():
        print("".join(f"{row[name]:12.4f}" for name in measures.MEASURES) + f"  {url.partition(':')[0]}")
    for line in _worst(judged, found, told.worst):
        print(line)
    return 0


def _worst(judged: Judged, found: Mapping[str, Sequence[str]], count: int) -> Iterator[str]:
    scored = [(measures.ndcg(found.get(q.id, ()), judged.grades.get(q.id, {})), q) for q in judged.questions]
    for score, question in sorted(scored, key=lambda pair: pair[0])[:count]:
        yield f"{score:.3f}  {question.id:<12} {len(found[question.id]):>5} found  {question.text[:80]}"


def _ranking(engine: SearchEngine, question: Question, depth: int) -> Iterator[str]:
    for page in range(1, -(-depth // MAX_PER_PAGE) + 1):
        query = Query(answerable(question.text), PUBLIC, page=page, per_page=MAX_PER_PAGE, language=question.language)
        try:
            results = engine.search(query)
        except BadQuery:
            return
        if results.page != page:
            return
        yield from (hit.id for hit in results.hits)
        if page * MAX_PER_PAGE >= results.total:
            return


def _document(raw: Mapping[str, Any], schema: IndexSchema) -> Document:
    own = {f.name for f in schema.text}
    text = {name: str(raw[name]) for name in own & raw.keys() if raw[name]}
    if raw.get("text"):
        text[BODY] = f"{raw['text']}\n{text.get(BODY, '')}".strip()
    facets = {name: tuple(values) for name, values in dict(raw.get("facets", {})).items()}
    return Document(str(raw["id"]), PUBLIC, text, str(raw.get("language") or "en"), facets, text.get("title", ""))


def _lines(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line)
            except ValueError as wrong:
                raise ValueError(f"{path.name}, line {number} is no JSON: {wrong}") from wrong
            if not isinstance(raw, dict) or any(key not in raw for key in needed):
                raise ValueError(f"{path.name}, line {number} needs {' and '.join(needed)}")
            yield raw


def _grades(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or (number == 1 and not parts[-1].strip().lstrip("-").isdigit()):
            continue  # a line of headings
        if len(parts) not in (3, 4):
            raise ValueError(f"{path.name}, line {number} needs query, document and grade, with tabs between")
        try:
            found.setdefault(parts[0].strip(), {})[parts[-2].strip()] = int(float(parts[-1]))
        except ValueError as wrong:
            raise ValueError(f"{path.name}, line {number}: the grade is no number") from wrong
    return found


if __name__ == "__main__":
    sys.exit(main())
