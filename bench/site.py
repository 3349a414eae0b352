"""A site full of made-up records, for what is measured from the outside: `filled(folder, 10_000)`."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge import setup
from knowledge.app import join
from knowledge.content.site import registry
from knowledge.services import accounts
from knowledge.services.site import Site
from knowledge.settings import Settings

WORDS = 200  # of prose in a record


@contextmanager
def silent(what: str, total: int | None) -> Iterator[object]:
    """A progress bar that shows nothing."""
    yield lambda count: None


def words() -> tuple[list[str], list[float]]:
    """A vocabulary that is distributed as language is: words, the most frequent first, and their weights."""
    dice = random.Random(1)
    made = ["".join(dice.choices("abcdefghilmnoprstu", k=dice.randint(3, 9))) for _ in range(8000)]
    return made, [1 / (n + 10) for n in range(len(made))]


def lines(count: int) -> Iterator[str]:
    """So many records, as lines to import; the same every time."""
    dice = random.Random(2)
    made, weights = words()
    terms = {
        name: [t.id for t in registry().vocabularies[name].choosable()] for name in ("countries", "stages", "topics")
    }
    for number in range(count):
        prose = " ".join(dice.choices(made, weights, k=WORDS))
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


def questions(count: int) -> list[str]:
    """One to three words each, frequent and rare ones."""
    dice = random.Random(3)
    made, weights = words()
    return [" ".join(dice.choices(made, weights, k=dice.randint(1, 3))) for _ in range(count)]


def search_url() -> str:
    """Where the index is to be; never that of the site whose settings are in the environment."""
    return os.environ.get("BENCH_SEARCH_URL", "")


def prepared(folder: Path) -> Site:
    """A new site with a manager, and nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    site = join(Settings(data_dir=str(folder), log_level="ERROR", search_url=search_url()), registry())
    setup.prepare(site, silent)  # type: ignore[arg-type]
    site.act(accounts.add_person, name="Bench", email="bench@example.org", password="three bench words", manager=True)
    return site


def imported(site: Site, count: int, file: Path) -> None:
    """Import so many published records; they are in the index after a rebuild, or after the outbox."""
    file.write_text("\n".join(lines(count)))
    setup.import_file(site, setup.actor_of(site, ""), file, True, silent)  # type: ignore[arg-type]
