"""From commit to visible: `python -m bench.writes [SIZE] [FOLDER]`, one process writes an index and two others read it.

A document is put into an index of SIZE, and both readers ask for its one unmistakable word until they find it; between
two writes they answer other questions, as on a site. Prints how long the commit took, when the document was visible in
both, and what a reader holds in memory at the end. An index in FOLDER is used again.
"""

from __future__ import annotations

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
from search.opening import open_engine
from search.query import Query
from search.schema import Document

WRITES, BETWEEN, READERS = 200, 3, 2


def reader(folder: Path, line: Connection) -> None:
    """Look for each word that comes until it is found, and say when; then other questions. At the end: memory."""
    engine = open_engine(f"whoosh:{folder}", SCHEMA)
    asked = [" ".join(q.words) for q in questions(200)]
    dice = random.Random(5)
    for text in asked:
        engine.search(Query(text, PUBLIC, facets=SCHEMA.facets, relax=False))
    line.send(0.0)
    while word := line.recv():
        while not engine.search(Query(word, PUBLIC, facets=SCHEMA.facets, relax=False)).total:
            time.sleep(0.001)
        line.send(time.monotonic())
        for text in dice.choices(asked, k=BETWEEN):
            engine.search(Query(text, PUBLIC, facets=SCHEMA.facets, relax=False))
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
        engine = open_engine(f"whoosh:{folder}", SCHEMA)
        if not engine.ready():
            engine.rebuild(documents(size))
        lines, readers = [], []
        for _ in range(READERS):
            ours, theirs = Pipe()
            readers.append(Process(target=reader, args=(folder, theirs)))
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
        engine.close()
    print(f"{size:,} documents, {WRITES} writes, {READERS} readers; ms from the beginning of the commit")
    for name, times in (("committed", commits), ("visible in every process", visible)):
        print(f"{name}: p50 {statistics.median(times):.1f}, p95 {statistics.quantiles(times, n=20)[-1]:.1f}")
    print(f"a reader's own memory: {held / 1e6:.0f} MB, {held / size / 1000:.1f} kB for each document")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, *sys.argv[2:3])
