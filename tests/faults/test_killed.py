"""F1: a process that imports, publishes and rebuilds is killed without warning; what it told stays true."""

from __future__ import annotations

import json
import random
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bench.kills.acts import import_and_publish, opened
from bench.kills.forking import Said, forked
from knowledge.services import exporting, indexing
from knowledge.settings import Settings
from knowledge.storage import find
from knowledge.storage.models.records import Record
from tests.conftest import complete_experience, make_stage

RECORDS, KILLS = 48, 12


def settings(folder: Path) -> Settings:
    """Those of the site in a folder."""
    return Settings(data_dir=str(folder), log_level="ERROR")


def site_of(folder: Path) -> None:
    """A site with a manager and a coach."""
    stage = make_stage(folder, search=f"whoosh:{folder / 'index'}")
    stage.manager()
    stage.person("coach")
    stage.programme("reforms", coaches=("coach",))
    stage.site.engine.close()
    stage.site.db.close()


def run(folder: Path, lines: Path, kills: int) -> tuple[int, list[Said]]:
    """Let a child import and publish, kill it and start it again, at last let it finish; how often, and what it said."""
    dice, killed, said = random.Random(11), 0, list[Said]()
    for turn in range(100):
        child = forked(partial(import_and_publish, settings(folder), lines, turn))
        if killed < kills:
            time.sleep(dice.uniform(0.1, 0.6))
            child.kill()
        else:
            child.wait()
        said += child.said
        killed += not child.finished
        if child.finished and (killed >= kills or turn > kills):
            return killed, said
    raise AssertionError("it never came to an end")


def export(folder: Path) -> list[dict[str, object]]:
    """Everything, but the moments."""
    site = opened(settings(folder))
    with site.db.reading() as session:
        lines = [json.loads(t) for t in exporting.export_lines(session, find.record_ids_after(session, "", 1000))]
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
    killed, said = run(tmp_path / "disturbed", lines, KILLS)
    assert killed >= 10
    assert run(tmp_path / "undisturbed", lines, 0)[0] == 0
    told = {(line.kind, line.facts["record"]) for line in said}
    assert RECORDS < len(told) <= 2 * RECORDS  # a kill between commit and telling leaves something untold
    site = opened(settings(tmp_path / "disturbed"))
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
    child = forked(partial(import_and_publish, settings(tmp_path), lines, 1))
    while not child.ended and sum(line.kind == "publish" for line in child.said) < 9:
        child.listen(60)
    child.kill()
    assert len(child.said) > 9
    stage = opened(settings(tmp_path), mend=False)
    with stage.db.reading() as session:
        for line in child.said:
            record = find.record(session, line.facts["record"])
            assert record is not None, line
            assert line.kind == "import" or record.live is not None
        there = len([*session.scalars(select(Record.id))])
    assert there % 4 == 0, "a batch is there whole or not at all"
    assert there < len(rows)
    stage.db.close()
    stage.engine.close()
