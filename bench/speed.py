"""What import, indexing and search cost on this machine: `python -m bench.speed [RECORDS]`.

Prints medians and the share of each, not promises: run it before and after a change, on the same machine.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge import setup
from knowledge.app import join
from knowledge.content.site import registry
from knowledge.services import accounts
from knowledge.services.site import Site
from knowledge.settings import Settings
from search.query import Query

WORDS = 200  # of prose in a record
QUERIES = 200


@contextmanager
def silent(what: str, total: int | None) -> Iterator[object]:
    """A progress bar that shows nothing."""
    yield lambda count: None


def lines(count: int, dice: random.Random) -> Iterator[str]:
    """Made-up records with a vocabulary that is distributed as language is."""
    words = ["".join(dice.choices("abcdefghilmnoprstu", k=dice.randint(3, 9))) for _ in range(8000)]
    weights = [1 / (n + 10) for n in range(len(words))]
    terms = {
        name: [t.id for t in registry().vocabularies[name].choosable()] for name in ("countries", "stages", "topics")
    }
    for number in range(count):
        prose = " ".join(dice.choices(words, weights, k=WORDS))
        yield json.dumps(
            {
                "id": f"b-{number}",
                "kind": "experience",
                "state": "published",
                "title": f"{prose[:60]} {number}",
                "summary": prose[:300],
                "language": dice.choice(("en", "en", "fr", "es")),
                "countries": dice.sample(terms["countries"], 1),
                "stage": dice.choice(terms["stages"]),
                "topics": dice.sample(terms["topics"], 2),
                "start": str(dice.randint(2000, 2024)),
                "what_we_did": prose,
            }
        )


def main(count: int) -> None:
    """Import `count` records, index them, and ask for one to three words with all facets."""
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        site = join(Settings(data_dir=folder, log_level="ERROR"), registry())
        setup.prepare(site, silent)  # type: ignore[arg-type]
        site.act(
            accounts.add_person, name="Bench", email="bench@example.org", password="three bench words", manager=True
        )
        file = Path(folder) / "lines.jsonl"
        file.write_text("\n".join(lines(count, dice)))
        began = time.perf_counter()
        setup.import_file(site, setup.actor_of(site, ""), file, True, silent)  # type: ignore[arg-type]
        imported = time.perf_counter()
        setup.rebuild(site, silent)  # type: ignore[arg-type]
        indexed = time.perf_counter()
        print(f"import   {count / (imported - began):8.0f} records/s")
        print(f"index    {count / (indexed - imported):8.0f} records/s")
        _search(site, dice, file)
        site.engine.close()
        site.db.close()


def _search(site: Site, dice: random.Random, file: Path) -> None:
    words = " ".join(json.loads(line)["what_we_did"] for line in file.read_text().splitlines()[:50]).split()
    facets = tuple(registry().facets)
    first, again = [], []
    for _ in range(QUERIES):
        query = Query(" ".join(dice.sample(words, dice.randint(1, 3))), frozenset({"public"}), facets=facets)
        for times in (first, again):
            began = time.perf_counter()
            site.engine.search(query)
            times.append((time.perf_counter() - began) * 1000)
    for name, times in (("new words", first), ("seen words", again)):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"search   {statistics.median(times):8.1f} ms median, {p95:.1f} ms p95, {len(facets)} facets, {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
