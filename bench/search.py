"""Search, side by side: `python -m bench.search [SIZE ...]` asks every engine that is here the same 200 questions.

Each engine indexes and answers in a process of its own; what it prints is measured in that process, on this machine,
in this run. Medians and the ratios between them are what to look at: the times themselves are those of a busy machine.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.made import FACETS, LENGTH, questions
from bench.picture import picture

PEERS = {
    "ours": "",
    "stock_whoosh": "",
    "rust_tantivy": "tantivy is not installed (pip install -r requirements/bench.txt)",
    "sqlite_fts": "",
    "ours_opensearch": "BENCH_OPENSEARCH, the address of an index on a cluster, is not set",
    "postgres": "BENCH_POSTGRES, the URL of a database, is not set",
}
QUESTIONS, ROUNDS = 200, 3
SLOW = {"stock_whoosh": 100_000}  # documents beyond which an engine is left out: it would take the night
OUT = Path("var/bench.json")


def fill(name: str, size: int, folder: Path) -> dict[str, Any]:
    """Fill one engine."""
    peer = importlib.import_module(f"bench.peers.{name}").Peer(folder / name)
    began = time.perf_counter()
    with peak_memory() as peak:
        peer.fill(size)
    seconds = time.perf_counter() - began
    bytes_held = (
        peer.size() if hasattr(peer, "size") else sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    )
    peer.close()
    return {"engine": peer.name, "documents": size, "per_second": size / seconds, "bytes": bytes_held, **peak}


def merge(name: str, folder: Path) -> dict[str, Any]:
    """Make one segment of an engine of ours that was filled: how many there are hangs on how it was filled."""
    return {"segments": importlib.import_module(f"bench.peers.{name}").Peer(folder / name).merged()}


def ask(name: str, folder: Path) -> dict[str, Any]:
    """Ask an engine that was filled everything: once for words it has not seen, then `ROUNDS` times."""
    before, _ = memory()
    peer = importlib.import_module(f"bench.peers.{name}").Peer(folder / name)
    asked = questions(QUESTIONS)
    began = time.perf_counter()
    peer.ask(asked[0])
    cold = time.perf_counter() - began
    totals, first, again = [], [], list[float]()
    for question in asked:
        first.append(_timed(peer, question, totals))
    for _ in range(ROUNDS):
        again += [_timed(peer, question, []) for question in asked]
    own, mapped = memory()
    peer.close()
    return {
        "cold": cold * 1000,
        "p50": statistics.median(again), "p95": statistics.quantiles(again, n=20)[-1],
        "first_p50": statistics.median(first), "first_p95": statistics.quantiles(first, n=20)[-1],
        "memory": own, "mapped": mapped, "memory_before": before, "found": sum(totals),
    }  # fmt: skip


def _timed(peer: Any, question: Any, totals: list[int]) -> float:
    began = time.perf_counter()
    totals.append(peer.ask(question))
    return (time.perf_counter() - began) * 1000


def memory() -> tuple[int, int]:
    """Bytes of this process in memory: its own, and those of mapped files, which all processes share."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(told[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


@contextmanager
def peak_memory() -> Iterator[dict[str, int]]:
    """The most that this process and those it started have in memory together meanwhile, as `fill_memory`.

    Looked at ten times a second: what lasts shorter is missed. Pages that they share are counted for each by its part.
    """
    peak, ended = {"fill_memory": 0}, threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            peak["fill_memory"] = max(peak["fill_memory"], sum(map(_proportional, _family(os.getpid()))))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield peak
    finally:
        ended.set()
        looking.join()


def _family(process: int) -> list[int]:
    """A process and all that came of it."""
    found = [process]
    with suppress(OSError):  # it may have ended
        for told in Path(f"/proc/{process}/task").glob("*/children"):
            found += [one for child in told.read_text().split() for one in _family(int(child))]
    return found


def _proportional(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def run(size: int) -> list[dict[str, Any]]:
    """All engines at one size; one that is not here is named and left out."""
    rows = []
    for name, missing in PEERS.items():
        if size > SLOW.get(name, size):
            print(f"{name}: left out beyond {SLOW[name]:,} documents", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            print(f"{name}: {size:,} documents ...", file=sys.stderr)
            try:
                rows.append(_alone("fill", name, size, folder) | _alone("ask", name, size, folder))
            except subprocess.CalledProcessError as error:
                said = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
                absent = said.startswith(("KeyError", "ModuleNotFoundError"))  # its address, or its package
                print(f"{name}: left out: {missing if absent and missing else said}", file=sys.stderr)
    return rows


def _alone(step: str, name: str, size: int, folder: str) -> dict[str, Any]:
    """A step in a process of its own, so that what it holds in memory is its own."""
    command = [sys.executable, "-m", "bench.search", "--one", step, name, str(size), folder]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def show(rows: list[dict[str, Any]]) -> None:
    """The table of one size, with ratios to ours."""
    ours = next((r for r in rows if r["engine"] == "Praxis"), rows[0])
    table = Table(
        title=f"{ours['documents']:,} documents of {LENGTH} words, {QUESTIONS} questions x {ROUNDS}, 20 results and"
        f" counts of {len(FACETS)} facets, one client; times in ms"
    )
    for column in (
        "engine",
        "p50",
        "p95",
        "new p50",
        "new p95",
        "cold",
        "records/s",
        "filling MB",
        "MB",
        "memory MB",
        "kB each",
        "mapped MB",
        "p50 to ours",
        "found",
    ):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for r in rows:
        table.add_row(
            r["engine"], f"{r['p50']:.2f}", f"{r['p95']:.2f}", f"{r['first_p50']:.2f}", f"{r['first_p95']:.2f}",
            f"{r['cold']:.0f}", f"{r['per_second']:.0f}", f"{r.get('fill_memory', 0) / 1e6:.0f}",
            f"{r['bytes'] / 1e6:.0f}", f"{r['memory'] / 1e6:.0f}",
            f"{(r['memory'] - r['memory_before']) / r['documents'] / 1000:.1f}", f"{r.get('mapped', 0) / 1e6:.0f}",
            f"{r['p50'] / ours['p50']:.1f}", f"{r['found']:,}",
        )  # fmt: skip
    Console(width=150).print(table)


def main(arguments: list[str]) -> None:
    """The command."""
    if arguments[:1] == ["--one"]:
        _, step, name, size, folder = arguments
        steps = {"fill": lambda: fill(name, int(size), Path(folder)), "merge": lambda: merge(name, Path(folder))}
        print(json.dumps(steps.get(step, lambda: ask(name, Path(folder)))()))
        return
    kept = json.loads(OUT.read_text()) if OUT.exists() else []
    for documents in map(int, arguments or ["10000"]):
        rows = run(documents)
        show(rows)
        kept = [r for r in kept if r["documents"] != documents] + rows
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(kept, indent=1))
    OUT.with_suffix(".svg").write_text(picture(kept))
    print(f"figures in {OUT}, a picture in {OUT.with_suffix('.svg')}")


if __name__ == "__main__":
    main(sys.argv[1:])
