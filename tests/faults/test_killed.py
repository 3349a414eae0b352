"""F1: a process that imports, publishes and rebuilds is killed without warning; what it told stays true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select, text

from knowledge.app import join
from knowledge.content.site import registry as declared
from knowledge.services import exchange, indexing
from knowledge.services.site import Site
from knowledge.settings import Settings
from knowledge.storage import find
from knowledge.storage.models.records import Record
from tests.conftest import complete_experience, make_stage
from tests.faults.victim import opened

ROOT = Path(__file__).resolve().parents[2]
RECORDS, KILLS = 48, 12


def site_of(folder: Path) -> None:
    """A site with a manager and a coach."""
    stage = make_stage(folder, search=f"whoosh:{folder / 'index'}")
    stage.manager()
    stage.person("coach")
    stage.programme("reforms", coaches=("coach",))
    stage.site.engine.close()
    stage.site.db.close()


def run(folder: Path, lines: Path, kills: int) -> int:
    """Let the victim work; how often it was killed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.victim", str(folder), str(lines), str(kills)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[-1])


def export(folder: Path) -> list[dict[str, object]]:
    """Everything, but the moments."""
    site = opened(folder)
    with site.db.reading() as session:
        lines = [json.loads(t) for t in exchange.export_lines(session, find.record_ids_after(session, "", 1000))]
    site.engine.close()
    site.db.close()
    return [{k: v for k, v in line.items() if k != "published"} for line in lines]


@pytest.mark.case("F1")
def test_f1_what_was_told_is_there_nothing_is_half_done_and_the_end_is_the_same(tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    with lines.open("w") as file:
        for n in range(RECORDS):
            given = complete_experience(title=f"Phone quotations {n}")
            line = {"id": f"r{n:03}", "kind": "experience", "state": "in_review", "programme": "reforms", **given}
            file.write(json.dumps(line) + "\n")
    for name in ("disturbed", "undisturbed"):
        site_of(tmp_path / name)
    killed = run(tmp_path / "disturbed", lines, KILLS)
    assert killed >= 10
    assert run(tmp_path / "undisturbed", lines, 0) == 0
    told = {tuple(line.split()) for line in (tmp_path / "disturbed" / "acknowledged").read_text().splitlines()}
    assert RECORDS < len(told) <= 2 * RECORDS  # a kill between commit and telling leaves something untold
    site = opened(tmp_path / "disturbed")
    with site.db.reading() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        for record_id in session.scalars(select(Record.id)):
            assert [s.transition for s in find.steps(session, record_id)] == ["publish", "import"]
            assert [r.number for r in find.revisions(session, record_id)] == [1]
    assert indexing.compare(site.db, site.engine).same
    generations = [*(tmp_path / "disturbed" / "index").glob("g-*")]
    assert len(generations) <= 2, "unfinished builds are cleared away"
    site.engine.close()
    site.db.close()
    assert export(tmp_path / "disturbed") == export(tmp_path / "undisturbed")


@pytest.mark.case("F1")
def test_f1_what_was_told_before_a_kill_is_there_right_after_it(tmp_path: Path) -> None:
    """One kill in the middle, looked at before anybody mends anything: acknowledged is a subset of what is there."""
    site_of(tmp_path)
    lines = tmp_path / "lines.jsonl"
    rows = [
        {"id": f"r{n}", "kind": "experience", "state": "in_review", "programme": "reforms", **complete_experience()}
        for n in range(200)
    ]
    lines.write_text("".join(json.dumps(r) + "\n" for r in rows))
    script = "import sys; from pathlib import Path; from tests.faults.victim import work; work(Path(sys.argv[1]), Path(sys.argv[2]), 1)"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), str(lines)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    told = tmp_path / "acknowledged"
    while child.poll() is None and (not told.exists() or told.read_text().count("published") < 9):
        time.sleep(0.01)
    child.kill()
    child.wait()
    acknowledged = [line.split() for line in told.read_text().splitlines() if line.count(" ") == 1]
    assert len(acknowledged) > 9
    stage = make_stage_again(tmp_path)
    with stage.db.reading() as session:
        for what, record_id in acknowledged:
            record = find.record(session, record_id)
            assert record is not None, record_id
            assert what == "imported" or record.live is not None
        there = len([*session.scalars(select(Record.id))])
    assert there % 4 == 0, "a batch is there whole or not at all"
    assert there < len(rows)
    stage.db.close()
    stage.engine.close()


def make_stage_again(folder: Path) -> Site:
    """The site as the dead process left it, nothing mended."""
    return join(Settings(data_dir=str(folder), log_level="ERROR"), declared())
