"""Filling a fresh index with everything: batches of documents become segments in several processes at once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path

from whoosh.codec.base import Segment
from whoosh.index import TOC

from search.engine import Progress
from search.engines.whoosh_build import build, whoosh_schema
from search.engines.whoosh_storage import INDEX, DurableStorage, commit
from search.errors import SearchUnavailable
from search.schema import Document, IndexSchema

BATCH = 5000  # documents to a segment, about 200 MB of memory while it is made
ENDED = "a process that was building the index has ended"
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
    with _workers(folder, schema) as workers:
        idle, busy = list(workers), list[Connection]()
        while batch or busy:
            if batch and idle:
                busy.append(_given(idle.pop(), batch))
                batch = list(islice(documents, BATCH))
            else:
                done = next(worker for worker in wait(busy) if isinstance(worker, Connection))
                yield _answer(done)
                busy.remove(done)
                idle.append(done)


def _segment(folder: Path, schema: IndexSchema, documents: list[Document]) -> Segment:
    return build(DurableStorage(str(folder)), schema, list({d.id: d for d in documents}.values()))


@contextmanager
def _workers(folder: Path, schema: IndexSchema) -> Iterator[list[Connection]]:
    """As many processes as there are cores, each at the other end of a connection.

    One that is killed closes its end, which is how this one hears of it; so does this one for them.
    """
    context = multiprocessing.get_context("spawn")  # never fork: the web server's threads may hold locks
    workers = []
    try:
        for _ in range(max(1, min(8, len(os.sched_getaffinity(0))))):
            here, there = context.Pipe()
            context.Process(target=_work, args=(there, folder, schema), daemon=True).start()
            there.close()
            workers.append(here)
        yield workers
    finally:
        for worker in workers:
            worker.close()


def _work(parent: Connection, folder: Path, schema: IndexSchema) -> None:
    """A worker: takes documents, gives back a segment or what went wrong, until there is nobody to work for."""
    with suppress(EOFError, ConnectionError):
        while True:
            documents = parent.recv()
            try:
                answer: Segment | str = _segment(folder, schema, documents)
            except Exception as error:  # a full disk, say: the process that asked raises it again
                answer = f"{type(error).__name__}: {error}"
            parent.send(answer)


def _given(worker: Connection, documents: list[Document]) -> Connection:
    try:
        worker.send(documents)
    except ConnectionError as error:
        raise SearchUnavailable(ENDED) from error
    return worker


def _answer(worker: Connection) -> Segment:
    try:
        answer = worker.recv()
    except (EOFError, ConnectionError) as error:
        raise SearchUnavailable(ENDED) from error
    if isinstance(answer, str):
        raise SearchUnavailable(f"the index cannot be built: {answer}")
    return answer
