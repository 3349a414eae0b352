"""Start, kill, look; again and again. Each kill is aimed at a moment within some kind of act."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.kills import acts, checks
from bench.kills.checks import Act, Fault, Letters
from bench.kills.forking import Child, Tell, forked
from bench.kills.seeded import FAULTS
from bench.site import prepared
from knowledge import setup
from knowledge.services import accounts, indexing, programmes
from knowledge.services.actor import Actor
from knowledge.services.site import Site
from knowledge.settings import Settings

OFTEN = 100  # kills between two looks at everything
PATIENCE = 3.0  # seconds until a child that never does what is aimed at is killed all the same
AT = ("open", *acts.ACTS, "file")
USUAL, LONGER = 0.03, 1.15  # seconds that an act takes, until it is known better; what one is allowed more then


@dataclass
class Outcome:
    """What came of it: kills by the act they hit ("" between two), acknowledged acts, and what was wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    faults: set[Fault] = field(default_factory=set)
    again: int = 0
    files: int = 0
    mails: int = 0
    seconds: float = 0

    def count(self, kind: str, sort: str) -> int:
        """How many faults of a sort there were in acts of a kind."""
        return sum(f.kind == kind and f.sort == sort for f in self.faults)


def run(folder: Path, times: int, fault: str = "", done: Callable[[int], None] = lambda _: None) -> Outcome:
    """Kill so many times in a folder, and say what came of it. With a seeded `fault` it ends as soon as one is seen."""
    with post_office(folder / "mails") as port:
        settings = Settings(
            data_dir=str(folder / "site"), smtp_url=f"smtp://127.0.0.1:{port}", base_url="https://praxis.example",
            log_level="ERROR", files_per_person=100_000,
        )  # fmt: skip
        rounds = Rounds(settings, people(settings), Letters(folder / "mails"), fault)
        tempfile.tempdir = str(folder)  # what the dead leave there goes with it
        warm(folder / "warm")
        began = time.monotonic()
        for turn in range(times):
            rounds.one(turn)
            done(turn + 1)
            if fault and any(f.sort == FAULTS[fault].sort for f in rounds.outcome.faults):
                break
        rounds.everything(mended=not fault)
        tempfile.tempdir = None
        rounds.outcome.seconds = time.monotonic() - began
        return rounds.outcome


@dataclass
class Rounds:
    """The one who kills and looks."""

    settings: Settings
    actors: dict[str, Actor]
    letters: Letters
    fault: str
    outcome: Outcome = field(default_factory=Outcome)
    known: list[Act] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    usual: dict[str, float] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def one(self, turn: int) -> None:
        """One kill, and what there is after it."""
        wanted = FAULTS[self.fault].at if self.fault else AT
        at = wanted[turn % len(wanted)]
        first = "upload" if at == "file" else at
        answers = acts.answers()

        def work(tell: Tell) -> None:
            told = FAULTS[self.fault].patch(tell) if self.fault else tell
            acts.Victim(self.settings, self.actors, turn, told, random.Random(turn), answers).work(first)

        child = forked(work)
        self.aim(child, at)
        child.kill()
        self.learn(child)
        fresh = checks.acts_of(child.said)
        self.outcome.kills[fresh[-1].kind if fresh and not fresh[-1].done else ""] += 1
        self.outcome.done.update(act.kind for act in fresh if act.done)
        self.known += fresh
        if (turn + 1) % OFTEN == 0:
            self.everything(mended=False)
        else:
            with self.left_behind() as site:
                self.outcome.faults |= {*checks.look_at(site, fresh), *checks.store(site, self.seen)}
                self.outcome.faults |= {*checks.mails(site, self.letters, turn + 1)}

    def aim(self, child: Child, at: str) -> None:
        """Wait for an act of this kind to begin, and for a part of the time that it takes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not child.ended:
            if any(said.what == "begun" and said.kind == at for said in child.listen(until - time.monotonic())):
                break
        time.sleep(self.dice.uniform(0, 1.3) * self.usual.get(at, USUAL))

    def learn(self, child: Child) -> None:
        """How long acts take here. One that was never answered may take longer than was thought."""
        for begun, done in zip(child.said, child.said[1:], strict=False):
            if (begun.what, done.what, begun.kind) == ("begun", "done", done.kind) and self.fault != "early":
                known = self.usual.get(done.kind, done.at - begun.at)
                self.usual[done.kind] = 0.8 * known + 0.2 * (done.at - begun.at)
        if child.said and (last := child.said[-1]).what == "begun":
            self.usual[last.kind] = self.usual.get(last.kind, USUAL) * LONGER

    def everything(self, mended: bool) -> None:
        """Look at all that was ever acknowledged; `mended`: after a restart, the index too."""
        kills = self.outcome.kills.total()
        with self.left_behind() as site:
            found = {*checks.look_at(site, self.known), *checks.store(site, self.seen), *checks.whole(site)}
            self.outcome.faults |= found | {*checks.mails(site, self.letters, kills)}
            self.outcome.again, self.outcome.mails = self.letters.again, len(self.letters.ids)
            self.outcome.files = sum(not name.startswith(("parts", "aside")) for name in self.seen)
        if mended:
            site = acts.opened(self.settings)
            if not indexing.compare(site.db, site.engine).same:
                self.outcome.faults.add(Fault("rebuild", checks.LOST, "index and database differ after a restart"))
            acts.closed(site)

    @contextmanager
    def left_behind(self) -> Iterator[Site]:
        """The site as it is now, nothing mended."""
        site = acts.opened(self.settings, mend=False)
        try:
            yield site
        finally:
            acts.closed(site)


def people(settings: Settings) -> dict[str, Actor]:
    """A site with a manager, a coach, an author and the record in whose form she types."""
    acts.closed(prepared(settings.data))
    site = acts.opened(settings)
    actors = {"manager": setup.actor_of(site, "")}
    for name in ("coach", "author"):
        email = f"{name}@example.org"
        made = site.act(accounts.add_person, name=name.title(), email=email, password="three bench words")
        actors[name] = Actor(made.id, made.name)
    site.act(programmes.put_programme, actors["manager"], acts.PROGRAMME, {"title": "Kills"})
    for name, role in (("coach", "coach"), ("author", "apprentice")):
        site.act(programmes.put_member, actors["manager"], acts.PROGRAMME, f"{name}@example.org", role)
    line = f'{{"id": "{acts.TYPED}", "kind": "experience", "title": "Typed in", "language": "en"}}'
    file = settings.data / "typed.jsonl"
    file.write_text(line)
    setup.import_file(site, actors["author"], file, False, acts.silent, own=True)  # type: ignore[arg-type]
    acts.closed(site)
    return actors


def warm(folder: Path) -> None:
    """Do a little of everything here first, on another site: what is made at first use is then there in every child."""
    settings = Settings(data_dir=str(folder), base_url="https://praxis.example", log_level="ERROR")
    victim = acts.Victim(settings, people(settings), 0, lambda *_, **__: None, random.Random(3), acts.answers())
    victim.open()
    for act in (acts.save, acts.autosave, acts.upload, acts.decide, acts.decide, acts.mail, acts.import_):
        act(victim)
    acts.closed(victim.site)


@contextmanager
def post_office(file: Path) -> Iterator[int]:
    """A mail server in a process of its own; its port."""
    command = [sys.executable, "-m", "bench.kills.box", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as box:
        assert box.stdout is not None
        try:
            yield int(box.stdout.readline())
        finally:
            box.kill()
