"""F1, F7, F11: killed in the middle of saves, uploads, decisions and mail; what was told is there, and nothing half.

The same as `python -m bench.kills`, which does it a thousand times. The controls: a seeded fault is found.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.kills.seeded import FAULTS

ROOT = Path(__file__).resolve().parents[2]
KILLS = 40


def kills(folder: Path, *arguments: str) -> str:
    """What the command prints. It runs in a process of its own: what is forked must have no threads."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "COLUMNS": "100"}
    command = [sys.executable, "-m", "bench.kills", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.case("F1", "F7", "F11", control="test_the_control_a_seeded_fault_is_found_by_its_name")
def test_F1_F7_F11_what_was_told_is_there_whole_whenever_the_process_dies(tmp_path: Path) -> None:
    said = kills(tmp_path, str(KILLS))
    assert f"{KILLS} kills in" in said
    rows = {name: [int(n) for n in more.split("│") if n.strip()] for name, more in re.findall(r"│ (\w+) +│(.+)│", said)}
    assert sum(killed for killed, *_ in rows.values()) > KILLS / 2, "most kills are in the middle of something"
    for kind in ("save", "upload", "file", "decision", "mail"):
        _, acknowledged, *wrong = rows[kind]
        assert acknowledged and wrong == [0, 0, 0, 0], said


@pytest.mark.parametrize("fault", FAULTS)
def test_the_control_a_seeded_fault_is_found_by_its_name(tmp_path: Path, fault: str) -> None:
    said = kills(tmp_path, "200", fault)
    assert f": {FAULTS[fault].sort}:" in said, said
