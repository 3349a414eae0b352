"""F1: the process is killed while somebody types; every keeping that was acknowledged is there, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.services import working
from knowledge.services.working import Place
from tests.conftest import make_stage
from tests.faults.test_killed import ROOT

KILLS = 8
WRITER = """
import sys
from pathlib import Path
from knowledge import setup
from knowledge.services import working
from tests.faults.victim import opened
site = opened(Path(sys.argv[1]))
author, place = setup.actor_of(site, "author@example.org"), working.Place(sys.argv[2])
copy = site.ask(working.of, author, place).copy
tag, number = (copy.tag, int(copy.key)) if copy else ("", 0)
with open(Path(sys.argv[1]) / "acknowledged", "a", buffering=1) as told:
    while True:
        number += 1
        tag = site.act(working.keep, author, place, [("title", f"T{number}"), ("context", "word " * number)], 1, str(number), tag).tag
        told.write(f"{number}\\n")
"""


@pytest.mark.case("F1")
def test_F1_every_acknowledged_working_copy_survives_kills_between_autosaves(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    author = stage.person("author")
    record_id = stage.record(author)
    told = tmp_path / "acknowledged"
    told.touch()
    for _ in range(KILLS):
        before = len(told.read_text().splitlines())
        command = [sys.executable, "-c", WRITER, str(tmp_path), record_id]
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        while child.poll() is None and len(told.read_text().splitlines()) < before + 7:
            time.sleep(0.005)
        assert child.poll() is None, "it died by itself"
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        acknowledged = int([line for line in told.read_text().splitlines() if line][-1])
        copy = stage.site.ask(working.of, author, Place(record_id)).copy
        assert copy is not None
        kept = int(copy.key)
        assert acknowledged <= kept <= acknowledged + 1  # one may be committed and not told
        assert copy.fields == [["title", f"T{kept}"], ["context", "word " * kept]]
    assert len(told.read_text().splitlines()) >= 7 * KILLS
    stage.site.db.close()
