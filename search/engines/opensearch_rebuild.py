"""Filling a new index beside the one that serves, and letting the alias point to it.

A new index is filled under an alias of its own, which it loses when it is done. Its builder says now and then that it
is still at work; an index whose builder has been silent for long was abandoned, and the next builder removes it. One
that is done says so after the swap, and then removes what is done and serves no more. So two builders never hurt each
other, and one that is killed leaves nothing but a little disk, for a while.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from search.engine import Progress, Swapping
from search.engines import opensearch_mapping as mapping
from search.engines.opensearch_bulk import Bulk
from search.engines.opensearch_client import LONG, QUICK, Address, Client, Refused
from search.errors import SearchAway, SearchUnavailable
from search.schema import Document, IndexSchema

SENDERS = 2  # requests under way while the next documents are made ready
BEAT = 30.0  # seconds between two signs of life,
SILENT = 1800.0  # and after which a builder is taken for dead; clocks of machines may differ by minutes


def served(client: Client, alias: str, patience: float = QUICK) -> dict[str, Any]:
    """The indexes behind an alias, and what they say of themselves."""
    try:
        found = client.ask("GET", f"/{alias}/_mapping", patience=patience)
    except Refused as error:
        if error.status == 404:
            return {}
        raise
    return {name: each["mappings"].get("_meta", {}) for name, each in found.items() if name != alias}


class Rebuild:
    """One filling of a new index."""

    def __init__(self, client: Client, bulk: Bulk, where: Address, schema: IndexSchema) -> None:
        self._client, self._bulk, self._where, self._schema = client, bulk, where, schema
        self._name = f"{where.index}-{int(time.time()):010d}-{secrets.token_hex(4)}"
        self._filling = f"{self._name}-filling"

    def run(self, documents: Iterable[Document], progress: Progress | None, swapping: Swapping) -> int:
        """Fill and swap; returns how many. Raises SearchUnavailable; then the old index goes on serving."""
        self.prune()
        body = mapping.index_body(self._schema, self._where.shards, time.time())
        self._client.ask("PUT", f"/{self._name}", body | {"aliases": {self._filling: {}}}, LONG)
        try:
            with self._beating():
                count = self._fill(documents, progress)
                self._finish(count)
            with swapping():
                self._swap()
        except BaseException:
            self._drop([self._name])
            raise
        self._say(alive=0)
        self.prune(silent_since=1)
        return count

    def _fill(self, documents: Iterable[Document], progress: Progress | None) -> int:
        done = 0
        with ThreadPoolExecutor(SENDERS, "praxis-bulk") as senders:
            under_way: list[Any] = []
            for batch in self._bulk.batches(documents):
                under_way.append(senders.submit(self._bulk.put, self._filling, batch))
                if len(under_way) > SENDERS:
                    done += under_way.pop(0).result()
                    if progress:
                        progress(done)
            for each in under_way:
                done += each.result()
        if progress and done:
            progress(done)
        return done

    def _finish(self, count: int) -> None:
        """Make it searchable, wait for its copies, and count."""
        settings = {"index": {"refresh_interval": None}}
        self._client.ask("PUT", f"/{self._name}/_settings", settings, LONG)
        self._client.ask("POST", f"/{self._name}/_refresh", patience=LONG)
        kept = self._client.ask("GET", f"/{self._name}/_count", patience=LONG)["count"]
        if kept != count:
            raise SearchUnavailable(f"the new index holds {kept} documents instead of {count}")

    def _swap(self) -> None:
        """Let the alias point to the new index, and to nothing else, in one step."""
        actions: list[dict[str, Any]] = [
            {"remove": {"index": f"{self._where.index}-*", "alias": self._where.index, "must_exist": False}},
            {"remove": {"index": self._name, "alias": self._filling, "must_exist": False}},
            {"add": {"index": self._name, "alias": self._where.index}},
        ]
        try:
            self._client.ask("POST", "/_aliases", {"actions": actions}, LONG)
        except Refused as error:
            if error.kind == "invalid_alias_name_exception":
                raise SearchUnavailable(f"there is an index called {self._where.index} that is not ours") from error
            raise

    def _say(self, alive: float) -> None:
        self._client.ask("PUT", f"/{self._name}/_mapping", {"_meta": mapping.meta(self._schema, alive)}, LONG)

    def _drop(self, names: list[str]) -> None:
        """Remove indexes that nobody uses. One that cannot be removed now is left to the next builder."""
        for name in names:
            try:
                self._client.ask("DELETE", f"/{name}", patience=LONG, ignore_unavailable=True)
            except SearchUnavailable:
                continue

    def prune(self, silent_since: float | None = None) -> None:
        """Remove what is neither served nor being filled by anybody who was heard of since then, or of late.

        Another site on the same cluster may be called `praxis-test` where this one is called `praxis`: a name tells
        whose an index is by all that stands before its moment and its chance number.
        """
        silent_since = time.time() - SILENT if silent_since is None else silent_since
        serving = served(self._client, self._where.index)
        found = served(self._client, f"{self._where.index}-*")
        ours = {n: told for n, told in found.items() if n.rsplit("-", 2)[0] == self._where.index}
        old = [n for n, told in ours.items() if "praxis" in told and told["alive"] < silent_since]
        self._drop([name for name in old if name not in serving])

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Say that this builder lives, until the block ends."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT):
                try:
                    self._say(alive=time.time())
                except SearchAway:
                    continue  # the next one may get through

        beater = threading.Thread(target=beat, name="praxis-beat", daemon=True)
        beater.start()
        try:
            yield
        finally:
            ended.set()
            beater.join()
