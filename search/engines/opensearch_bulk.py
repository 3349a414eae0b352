"""Many documents in one request, each of its results looked at.

Putting and dropping say what is to be there, not what to change, so sending something twice does no harm.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from search.engines.opensearch_client import LONG, PASSING, Client, Clock, Pause, Refused
from search.engines.opensearch_mapping import source
from search.errors import SearchAway
from search.schema import Document, IndexSchema

BYTES = 4_000_000  # of one request
PATIENCE = 120.0  # seconds in which a request must have gone through, trying again included

Line = tuple[str, str]  # what to do, and the document or ""


class Bulk:
    """Puts and drops for an alias; never for an index that is not there, which the cluster would make up."""

    def __init__(self, client: Client, schema: IndexSchema, clock: Clock, pause: Pause) -> None:
        self._client, self._schema, self._clock, self._pause = client, schema, clock, pause

    def send(self, alias: str, puts: Iterable[Document], drops: Sequence[str] = (), patience: float = LONG) -> None:
        """Put and drop. Raises SearchAway when not everything went through in time, Refused for what never will."""
        until = self._clock() + patience
        for batch in _batches(self._lines(puts, drops)):
            self._through(alias, batch, until)

    def batches(self, puts: Iterable[Document]) -> Iterator[list[Line]]:
        """Documents made ready, some megabytes at a time."""
        return _batches(self._lines(puts, ()))

    def put(self, alias: str, batch: list[Line]) -> int:
        """Send what was made ready; returns how many documents that were."""
        self._through(alias, batch, self._clock() + PATIENCE)
        return len(batch)

    def _lines(self, puts: Iterable[Document], drops: Sequence[str]) -> Iterator[Line]:
        for document in puts:
            yield _action("index", document.id), json.dumps(source(document, self._schema), ensure_ascii=False)
        for document_id in drops:
            yield _action("delete", document_id), ""

    def _through(self, alias: str, batch: list[Line], until: float) -> None:
        """Send until every line went through; only those that have to wait are sent again."""
        wait = 0.1
        while batch:
            body = "".join(f"{line}\n" for pair in batch for line in pair if line).encode("utf-8", "replace")
            answer = self._client.ask("POST", f"/{alias}/_bulk", body, until - self._clock(), require_alias=True)
            results = [next(iter(item.values())) for item in answer["items"]]
            batch = [line for line, result in zip(batch, results, strict=True) if _later(result)]
            if batch and self._clock() + wait > until:
                raise SearchAway("the search cluster does not take documents now")
            if batch:
                self._pause(random.uniform(0.5, 1) * wait)  # noqa: S311 (no secret)
                wait = min(5.0, 2 * wait)


def _later(result: Any) -> bool:
    """Whether one line must be sent again. Raises Refused when that would not help."""
    status = int(result["status"])
    if status in PASSING:
        return True
    if status >= 400 and not (status == 404 and result.get("result") == "not_found"):  # dropped before: fine
        raise Refused(status, str(result.get("error", {}).get("type", "error")))
    return False


def _action(what: str, document_id: str) -> str:
    return json.dumps({what: {"_id": document_id}}, ensure_ascii=False)


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line[0]) + len(line[1])
        if size > BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
