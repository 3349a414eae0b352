"""Work that other processes do, each at the other end of a connection.

One that is killed closes its end, which is how this process hears of it; so does this one for them. A pool of the
standard library would do, but does not end well when one of its processes is killed at the wrong moment.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from search.errors import SearchUnavailable

ENDED = "a process that works on the index has ended"


@contextmanager
def workers(work: Callable[..., None], count: int, *about: Any) -> Iterator[list[Connection]]:
    """So many processes that run `work(connection, *about)`. They end when this block does."""
    context = multiprocessing.get_context("spawn")  # never fork: the web server's threads may hold locks
    made: list[Connection] = []
    try:
        for _ in range(count):
            here, there = context.Pipe()
            context.Process(target=work, args=(there, *about), daemon=True).start()
            there.close()
            made.append(here)
        yield list(made)
    finally:
        for connection in made:
            connection.close()


def cores() -> int:
    """How many processes can work at once here."""
    return max(1, min(8, len(os.sched_getaffinity(0))))


def serve(parent: Connection, do: Callable[[Any], Any]) -> None:
    """In a worker: take a task, give back what it came to or what went wrong, until there is nobody to work for."""
    with suppress(EOFError, ConnectionError):
        while True:
            task = parent.recv()
            try:
                result = (do(task), "")
            except Exception as error:  # a full disk, say: the process that asked raises it again
                # what the system says of a disk names no text of a record; what others say might
                said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
                result = (None, f"{type(error).__name__}{said}")
            parent.send(result)


def given(worker: Connection, task: Any) -> Connection:
    """Hand a task to a worker. Raises SearchUnavailable when it has ended."""
    try:
        worker.send(task)
    except ConnectionError as error:
        raise SearchUnavailable(ENDED) from error
    return worker


def answer(worker: Connection) -> Any:
    """Wait for what a worker's task came to. Raises SearchUnavailable when it failed or the worker has ended."""
    try:
        result, failure = worker.recv()
    except (EOFError, ConnectionError) as error:
        raise SearchUnavailable(ENDED) from error
    if failure:
        raise SearchUnavailable(f"the index cannot be built: {failure}")
    return result
