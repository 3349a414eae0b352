"""Filling a fresh index with everything: batches of documents become segments in several processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path

from whoosh.codec.base import Segment
from whoosh.index import TOC

from search.engine import Progress
from search.engines.whoosh_build import build, whoosh_schema
from search.engines.whoosh_storage import INDEX, DurableStorage, commit
from search.engines.workers import answer, cores, given, serve, workers
from search.schema import Document, IndexSchema

BATCH = 5000  # documents to a segment, about 200 MB of memory while it is made
ALONE = 2000  # for so few documents no further process is worth its start


def fill(folder: Path, schema: IndexSchema, documents: Iterable[Document], progress: Progress | None) -> int:
    """Make an index in an empty folder, durable when this returns; how many documents it holds."""
    storage = DurableStorage(str(folder))
    TOC.create(storage, whoosh_schema(schema), INDEX)
    segments: list[Segment] = []
    count = 0
    for segment in _built(folder, schema, iter(documents)):
        segments.append(segment)
        count += segment.doc_count_all()
        if progress:
            progress(count)
    commit(storage, TOC.read(storage, INDEX), segments)
    return count


def _built(folder: Path, schema: IndexSchema, documents: Iterator[Document]) -> Iterator[Segment]:
    """Segments of all documents, in no order."""
    batch = list(islice(documents, ALONE))
    if len(batch) < ALONE:
        if batch:
            yield _segment(folder, schema, batch)
        return
    batch += islice(documents, BATCH - ALONE)
    with workers(_work, cores(), folder, schema) as idle:
        busy: list[Connection] = []
        while batch or busy:
            if batch and idle:
                busy.append(given(idle.pop(), batch))
                batch = list(islice(documents, BATCH))
            else:
                done = next(worker for worker in wait(busy) if isinstance(worker, Connection))
                yield answer(done)
                busy.remove(done)
                idle.append(done)


def _segment(folder: Path, schema: IndexSchema, documents: list[Document]) -> Segment:
    return build(DurableStorage(str(folder)), schema, list({d.id: d for d in documents}.values()))


def _work(parent: Connection, folder: Path, schema: IndexSchema) -> None:
    serve(parent, lambda documents: _segment(folder, schema, documents))
