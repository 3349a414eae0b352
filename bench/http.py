"""Search from end to end: `python -m bench.http [RECORDS] [FOLDER]`, through the production server, as clients see it.

A site with made-up records is served by `praxis run` in a process of its own. One client, then eight at a time, ask
for the page of results (20 results, every facet), for the same in JSON, for suggestions while somebody types and for
records, each on a connection that it keeps. Prints the time from request to last byte, and how many were answered a
second. A FOLDER given is kept, and used again. BENCH_SEARCH_URL names another place for the index, a cluster for
instance; what is there is replaced.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import site as made
from knowledge import setup

QUERIES, ROUNDS = 200, 3
PAGES = {"HTML page": "/practices", "JSON": "/practices.json", "suggestions": "/practices/suggest", "one record": ""}
TYPED = 4  # letters after which suggestions are asked for
CLIENTS = (1, 8)
OUT = Path("var/bench_http.json")


def fill(folder: Path, count: int) -> None:
    """A site with so many records in its index."""
    site = made.prepared(folder)
    made.imported(site, count, folder / "lines.jsonl")
    setup.rebuild(site, made.silent)  # type: ignore[arg-type]
    site.engine.close()
    site.db.close()


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The production server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"PRAXIS_DATA_DIR": str(folder), "PRAXIS_PORT": str(port), "PRAXIS_LOG_LEVEL": "ERROR"}
    env["PRAXIS_SEARCH_URL"] = made.search_url()
    server = subprocess.Popen([Path(sys.executable).with_name("praxis"), "run"], env=env, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def ask(port: int, paths: list[str], times: list[float]) -> int:
    """Get every path on one connection; returns the bytes that came."""
    connection, size = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        size += len(body)
    connection.close()
    return size


def measure(port: int, paths: list[str], clients: int) -> dict[str, Any]:
    """So many clients at a time ask for all paths, each beginning elsewhere."""
    times: list[float] = []
    turned = [paths[n * len(paths) // clients :] + paths[: n * len(paths) // clients] for n in range(clients)]
    threads = [threading.Thread(target=ask, args=(port, each * ROUNDS, times)) for each in turned]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return {
        "clients": clients,
        "p50": statistics.median(times),
        "p95": statistics.quantiles(times, n=20)[-1],
        "per_second": len(times) / seconds,
    }


def run(folder: Path, count: int) -> list[dict[str, Any]]:
    """All pages, with one client and with several."""
    rows = []
    questions = made.questions(QUERIES)
    searches = [urllib.parse.urlencode({"q": text}) for text in questions]
    begun = [urllib.parse.urlencode({"q": text[:TYPED]}) for text in questions]
    with served(folder) as port:
        for name, page in PAGES.items():
            asked = begun if page.endswith("suggest") else searches
            paths = [f"{page}?{s}" for s in asked] if page else _records(port)
            size = ask(port, paths, []) / len(paths)  # every word seen once
            for clients in CLIENTS:
                rows.append({"page": name, "records": count, "bytes": size, **measure(port, paths, clients)})
    return rows


def _records(port: int) -> list[str]:
    """The addresses of some records."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/practices.json?per_page=50") as answer:
        return [urllib.parse.urlparse(each["url"]).path for each in json.load(answer)["items"]]


def show(rows: list[dict[str, Any]]) -> None:
    """The table."""
    title = f"{rows[0]['records']:,} records behind the production server, {QUERIES} searches x {ROUNDS}; times in ms"
    table = Table(title=title)
    for column in ("page", "clients", "p50", "p95", "a second", "KB"):
        table.add_column(column, justify="left" if column == "page" else "right")
    for r in rows:
        table.add_row(
            r["page"], str(r["clients"]), f"{r['p50']:.1f}", f"{r['p95']:.1f}", f"{r['per_second']:.0f}",
            f"{r['bytes'] / 1000:.0f}",
        )  # fmt: skip
    Console(width=120).print(table)


def main(count: int, kept: str = "") -> None:
    """The command."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(kept or temporary)
        if not (folder / "lines.jsonl").exists():
            fill(folder, count)
        rows = run(folder, count)
    show(rows)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, *sys.argv[2:3])
