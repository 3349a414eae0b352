"""F2: the power goes at any moment. What the index had promised is in what is left, and it opens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from whoosh.filedb.filestore import FileStorage

from search.engines import whoosh_storage
from search.engines.whoosh import WhooshEngine
from tests.faults.power import Disk
from tests.search.contract import SCHEMA, doc

FEWEST = 100  # moments at which the power goes


class Promises:
    """What the engine has said is there, and what it is asked to do just now."""

    def __init__(self, scratch: Path) -> None:
        self.held: set[str] = set()
        self.soon: set[str] = set()
        self.served = False
        self.broken: list[str] = []
        self._scratch = scratch

    def check(self, disk: Disk) -> None:
        """Open every world that a power cut now may leave."""
        for world in disk.worlds(self._scratch):
            left = WhooshEngine(str(world), SCHEMA)
            there = set(left.held()) if left.ready() else None
            left.close()
            if (there is None and self.served) or (there is not None and there not in (self.held, self.soon)):
                self.broken.append(f"{world.name} at sync {disk.cuts}: {there}")
        shutil.rmtree(self._scratch)


def run(folder: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Promises:
    """Build, write, merge, rebuild; the power may go at every sync."""
    promises = Promises(scratch)
    folder.mkdir()
    with monkeypatch.context() as patched:
        disk = Disk(folder, patched, promises.check)
        engine = WhooshEngine(str(folder), SCHEMA)

        def build(ids: set[str]) -> None:
            promises.soon = ids
            engine.rebuild([doc(i, f"title of {i}") for i in sorted(ids)])
            promises.held, promises.served = ids, True
            disk.go_out()

        def apply(puts: set[str], drops: set[str]) -> None:
            promises.soon = (promises.held - drops) | puts
            engine.apply([doc(i, f"title of {i}") for i in sorted(puts)], drops)
            promises.held = promises.soon
            disk.go_out()

        build({f"r{n}" for n in range(12)})
        for n in range(20):  # more than eight segments of a size: some are merged
            apply({f"w{n}", f"x{n}"}, {f"r{n}", f"w{n - 3}"})
        build(promises.held | {"one more"})
        apply({"the last"}, {"one more"})
        engine.close()
    assert disk.cuts > FEWEST
    return promises


@pytest.mark.case("F2", control="test_F2_the_control_an_index_that_does_not_sync_is_lost")
def test_F2_whatever_was_promised_is_there_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path / "index", tmp_path / "left", monkeypatch).broken == []


@pytest.mark.case("F2")
@pytest.mark.parametrize("without", ["files", "names"])
def test_F2_the_control_an_index_that_does_not_sync_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    if without == "files":
        monkeypatch.setattr(whoosh_storage, "sync_file", lambda _: None)
    else:
        monkeypatch.setattr(whoosh_storage.DurableStorage, "rename_file", FileStorage.rename_file)
    monkeypatch.setattr("tests.faults.test_power_cut.FEWEST", 0)
    assert run(tmp_path / "index", tmp_path / "left", monkeypatch).broken
