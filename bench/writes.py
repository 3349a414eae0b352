"""From commit to visible: `python -m bench.writes [SIZE] [FOLDER]`, one process writes an index and two others read it.

A document is put into an index of SIZE, and both readers ask for its one word until they find it; meanwhile
they answer other questions: ten a second each, as on a busy site, and then without a rest, which is more than two cores
can do. Prints how long the commit took, when the document was visible in both, and what a reader then holds in memory.
An index in FOLDER is used again.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import tempfile
import time
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path

from rich.progress import track

from bench.made import FACETS, PUBLIC, SCHEMA, documents, questions, vocabulary
from bench.search import memory
from search.engines.whoosh import WhooshEngine
from search.query import Query
from search.schema import Document

WRITES, READERS = 200, 2
PAUSES = {"ten questions a second each": 0.1, "questions without a rest": 0.0}


def reader(folder: Path, line: Connection, pause: float) -> None:
    """Look for each word that comes until it is found, and say when; meanwhile other questions. At the end: memory."""
    engine = WhooshEngine(str(folder), SCHEMA)
    asked = [" ".join(q.words) for q in questions(200)]
    dice = random.Random(5)
    for text in asked:
        engine.search(Query(text, PUBLIC, facets=SCHEMA.facets, relax=False))
    gc.freeze()  # as `praxis run` does
    line.send(0.0)
    while True:
        if not line.poll(pause):
            engine.search(Query(dice.choice(asked), PUBLIC, facets=SCHEMA.facets, relax=False))
        elif word := line.recv():
            while not engine.search(Query(word, PUBLIC, facets=SCHEMA.facets, relax=False)).total:
                time.sleep(0.001)
            line.send(time.monotonic())
        else:
            break
    line.send(float(memory()[0]))
    engine.close()


def document(number: int, dice: random.Random, words: list[str]) -> Document:
    """One more, with a word that no other has."""
    facets = {name: (f"{name[0]}{dice.randrange(size)}",) for name, size in FACETS.items()}
    text = {"title": f"zq{number}", "body": " ".join(dice.choices(words, k=200))}
    return Document(f"w{number}", PUBLIC, text, "sw", facets, text["title"], "2020-01-01")


def main(size: int, kept: str = "") -> None:
    """The command."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(kept or temporary)
        engine = WhooshEngine(str(folder), SCHEMA)
        if not engine.ready():
            engine.rebuild(track(documents(size), "filling", total=size))
        engine.tidy()
        gc.freeze()
        for name, pause in PAUSES.items():
            commits, visible, held = measured(engine, folder, pause)
            later = [seen - committed for seen, committed in zip(visible, commits, strict=True)]
            print(f"{size:,} documents, {WRITES} writes, {READERS} readers with {name}; ms")
            for what, times in (
                ("committed", commits),
                ("visible in every process", visible),
                ("after the commit", later),
            ):
                print(f"  {what}: p50 {statistics.median(times):.1f}, p95 {statistics.quantiles(times, n=20)[-1]:.1f}")
            print(f"  a reader's own memory: {held / 1e6:.0f} MB, {held / size / 1000:.1f} kB for each document")
        engine.close()


def measured(engine: WhooshEngine, folder: Path, pause: float) -> tuple[list[float], list[float], float]:
    """From the beginning of each commit to its end, and until all see it (ms); what a reader then holds (bytes)."""
    lines, readers = [], []
    for _ in range(READERS):
        ours, theirs = Pipe()
        readers.append(Process(target=reader, args=(folder, theirs, pause)))
        lines.append(ours)
        readers[-1].start()
    for line in lines:
        line.recv()
    dice, words, commits, visible = random.Random(time.time_ns()), vocabulary(), list[float](), list[float]()
    for number in track(range(WRITES), "writing"):
        made = document(number * 10**6 + dice.randrange(10**6), dice, words)
        began = time.monotonic()
        engine.apply([made])
        commits.append((time.monotonic() - began) * 1000)
        for line in lines:
            line.send(made.text["title"])
        visible.append((max(line.recv() for line in lines) - began) * 1000)
    for line in lines:
        line.send("")
    held = max(line.recv() for line in lines)
    for process in readers:
        process.join()
    return commits, visible, held


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, *sys.argv[2:3])
