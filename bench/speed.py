"""What import, indexing and search of whole records cost on this machine: `python -m bench.speed [RECORDS]`.

Prints medians and the share of each, not promises: run it before and after a change, on the same machine.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import site as made
from knowledge import setup
from knowledge.content.site import registry
from knowledge.services.site import Site
from search.query import Query

QUERIES = 200


def main(count: int) -> None:
    """Import `count` records, index them, and ask for one to three words with all facets."""
    with tempfile.TemporaryDirectory() as folder:
        site = made.prepared(Path(folder))
        began = time.perf_counter()
        made.imported(site, count, Path(folder) / "lines.jsonl")
        done = time.perf_counter()
        setup.rebuild(site, made.silent)  # type: ignore[arg-type]
        indexed = time.perf_counter()
        print(f"import   {count / (done - began):8.0f} records/s")
        print(f"index    {count / (indexed - done):8.0f} records/s")
        _search(site)
        site.engine.close()
        site.db.close()


def _search(site: Site) -> None:
    facets = tuple(registry().facets)
    first, again = [], []
    for text in made.questions(QUERIES):
        query = Query(text, frozenset({"public"}), facets=facets)
        for times in (first, again):
            began = time.perf_counter()
            site.engine.search(query)
            times.append((time.perf_counter() - began) * 1000)
    for name, times in (("new words", first), ("seen words", again)):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"search   {statistics.median(times):8.1f} ms median, {p95:.1f} ms p95, {len(facets)} facets, {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
