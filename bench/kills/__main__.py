"""The command: `python -m bench.kills [TIMES] [FAULT]`, a thousand times unless told.

A real site (SQLite, the index, files, a mail server on the loopback) works in a child that is killed with SIGKILL in
the middle of saves, autosaves, uploads, decisions, mails, imports, rebuilds and restarts; after each kill everything
that it had acknowledged is looked for. FAULT seeds one on purpose (early, new-ids, in-place): then it must be found.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench.kills import checks, rounds
from bench.kills.rounds import Outcome

out = Console(highlight=False)


def table(outcome: Outcome) -> Table:
    """The figures."""
    made = Table(
        title=f"{outcome.kills.total()} kills in {outcome.seconds:.0f} s, {outcome.kills['']} between two acts"
    )
    for name in ("act", "killed", "acknowledged", *checks.SORTS):
        made.add_column(name, justify="left" if name == "act" else "right")
    others = sorted({f.kind for f in outcome.faults} - {*rounds.AT})
    for kind in (*rounds.AT, *others):
        figures = [outcome.kills[kind], outcome.done[kind]]
        made.add_row(kind, *map(str, figures + [outcome.count(kind, sort) for sort in checks.SORTS]))
    return made


def main(times: int = 1000, fault: str = "") -> int:
    """Run it with a bar. 1 when something was lost, torn, doubled or half; with a seeded fault, 1 when nothing was."""
    # no thread of its own for the bar: what is forked has none
    columns = (TextColumn("killing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=out, auto_refresh=False) as bar:
        task = bar.add_task("", total=times)

        def done(count: int) -> None:
            bar.update(task, completed=count)
            bar.refresh()

        outcome = rounds.run(Path(folder), times, fault, done)
    out.print(table(outcome))
    again = f"{outcome.again} of them came once more with the same Message-ID"
    out.print(f"{outcome.files} files. {outcome.mails} mails; {again}.")
    for each in sorted(outcome.faults, key=str)[:20]:
        out.print(f"{each.kind}: {each.sort}: {each.sentence}", style="red")
    return int(bool(outcome.faults) != bool(fault))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, *sys.argv[2:3]))
