"""Filling a fresh index with everything: batches of documents become segments in several processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from whoosh.codec.base import Segment
from whoosh.index import TOC

from search.engine import Progress
from search.engines.whoosh_build import aside, build, whoosh_schema
from search.engines.whoosh_merge import merge
from search.engines.whoosh_storage import INDEX, DurableStorage, commit, contents
from search.engines.workers import answer, cores, given, serve, workers
from search.schema import Document, IndexSchema

BATCH = 5000  # documents to a segment, about 200 MB of memory while it is made
MANY, FEW = 32, 8  # more segments than MANY are merged into FEW before the index serves
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
    commit(storage, contents(storage), _fewer(folder, schema, segments))
    return count


def _built(folder: Path, schema: IndexSchema, documents: Iterator[Document]) -> Iterator[Segment]:
    """Segments of all documents, in no order."""
    batch = list(islice(documents, ALONE))
    if len(batch) < ALONE:
        if batch:
            yield _segment(folder, schema, batch)
        return
    batch += islice(documents, BATCH - ALONE)
    batches = chain([batch], iter(lambda: list(islice(documents, BATCH)), []))
    with workers(_work, cores(), folder, schema) as idle:
        yield from _each(idle, batches)


def _fewer(folder: Path, schema: IndexSchema, segments: list[Segment]) -> list[Segment]:
    """Merged, when there are so many that looking a word up in each of them would take long."""
    if len(segments) <= MANY:
        return segments
    groups = [segments[start::FEW] for start in range(FEW)]
    storage = DurableStorage(str(folder))
    with workers(_work, min(cores(), FEW), folder, schema) as idle:
        merged = list(_each(idle, groups))
    for segment in merged:
        storage.rename_file(aside(segment), segment.make_filename(segment.COMPOUND_EXT))
    return merged


def _each(idle: list[Connection], tasks: Iterable[Any]) -> Iterator[Segment]:
    """What the workers make of each task, as it is done."""
    busy: list[Connection] = []
    for task in tasks:
        if not idle:
            yield from _done(busy, idle)
        busy.append(given(idle.pop(), task))
    while busy:
        yield from _done(busy, idle)


def _done(busy: list[Connection], idle: list[Connection]) -> Iterator[Segment]:
    worker = next(w for w in wait(busy) if isinstance(w, Connection))
    yield answer(worker)
    busy.remove(worker)
    idle.append(worker)


def _segment(folder: Path, schema: IndexSchema, documents: list[Document]) -> Segment:
    return build(DurableStorage(str(folder)), schema, list({d.id: d for d in documents}.values()))


def _work(parent: Connection, folder: Path, schema: IndexSchema) -> None:
    def made(task: list[Any]) -> Segment:
        return merge(folder, schema, task) if isinstance(task[0], Segment) else _segment(folder, schema, task)

    serve(parent, made)
