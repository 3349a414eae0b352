"""A process that works on a site and is killed without warning, again and again; run by test_killed.py.

    python -m tests.faults.victim FOLDER LINES KILLS

Everything that is acknowledged (committed, as far as the caller was told) goes to FOLDER/acknowledged.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from knowledge import setup
from knowledge.app import join
from knowledge.content.site import registry as declared
from knowledge.services import editorial, exchange, indexing
from knowledge.services.site import Site
from knowledge.settings import Settings
from knowledge.storage import find


def quiet(_: str, __: int | None) -> Any:
    """A progress bar nobody sees."""
    return nullcontext(lambda _: None)


def opened(folder: Path) -> Site:
    """The site of a folder, as a restart finds it."""
    site = join(Settings(data_dir=str(folder), log_level="ERROR"), declared())
    setup.prepare(site, quiet)
    return site


def work(folder: Path, lines: Path, seed: int) -> None:
    """Import what is not there, publish what waits, rebuild now and then; tell of each when it is safe."""
    dice = random.Random(seed)
    exchange.BATCH = 4
    with open(folder / "acknowledged", "a", buffering=1) as told:
        site = opened(folder)
        manager, coach = setup.actor_of(site, ""), setup.actor_of(site, "coach@example.org")
        with lines.open() as file:
            for batch in exchange.batches(file):
                tally = exchange.Tally()
                site.act(exchange.import_batch, manager, batch, tally, True)
                assert not tally.bad
                for _, text in batch:
                    told.write(f"imported {exchange.json.loads(text)['id']}\n")
                publish(site, coach, told, dice)
        site.engine.close()
        site.db.close()


def publish(site: Site, coach: Any, told: Any, dice: random.Random) -> None:
    """Publish everything that waits."""
    with site.db.reading() as session:
        waiting = [(r.id, r.latest.number) for r in find.in_state(session, "in_review")]
    for record_id, number in waiting:
        site.act(editorial.advance, coach, record_id, "publish", seen=number)
        told.write(f"published {record_id}\n")
        if dice.random() < 0.15:
            indexing.rebuild(site.db, site.engine)


def main(folder: Path, lines: Path, kills: int) -> None:
    """Start, kill, start again; at last let it finish."""
    dice, killed = random.Random(11), 0
    for turn in range(100):
        child = os.fork()
        if child == 0:
            try:
                work(folder, lines, turn)
            except BaseException as error:
                print(repr(error), flush=True)
                os._exit(1)
            os._exit(0)
        if killed < kills:
            time.sleep(dice.uniform(0.1, 0.6))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
            continue
        if os.WEXITSTATUS(status):
            sys.exit("a run failed")
        if killed >= kills or (killed and turn > kills):
            print(killed)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
