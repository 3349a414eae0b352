"""Every benchmark runs at the smallest size and prints what the README says it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import http, search, speed, weight, writes
from bench.picture import picture
from bench.site import silent
from knowledge import setup
from knowledge.app import join
from knowledge.content.site import registry
from knowledge.settings import Settings


def test_the_picture_has_a_line_for_each_engine_that_rises_with_the_time() -> None:
    rows = [{"engine": e, "documents": n, "p50": ms} for e, n, ms in
            (("Praxis", 1000, 0.1), ("Praxis", 100_000, 1.0), ("A & B", 1000, 10.0), ("A & B", 100_000, 100.0))]  # fmt: skip
    drawn = ElementTree.fromstring(picture(rows))
    lines = [e.attrib["points"] for e in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    ends = [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]
    assert [len(line) for line in ends] == [2, 2]
    (ours, ours_later), (others, others_later) = ends
    assert ours[0] == others[0] < ours_later[0] == others_later[0], "a size has its place on the axis"
    assert ours[1] > ours_later[1] > others[1] > others_later[1], "what takes longer stands higher"
    texts = {e.text for e in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Praxis", "A & B", "1,000", "100,000", "0.1", "100", "documents"} <= texts


def test_the_engines_that_are_here_are_asked_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search, "OUT", tmp_path / "var" / "bench.json")
    monkeypatch.delenv("BENCH_POSTGRES", raising=False)
    monkeypatch.delenv("BENCH_OPENSEARCH", raising=False)
    search.main(["40"])
    told = capsys.readouterr()
    rows = {row["engine"]: row for row in json.loads((tmp_path / "var" / "bench.json").read_text())}
    assert {"Praxis", "Whoosh's own", "SQLite FTS5"} <= set(rows)
    assert all(0 < row["p50"] <= row["p95"] and row["cold"] > 0 and row["per_second"] > 0 for row in rows.values())
    assert all(row["bytes"] > 1000 and row["memory"] > 1e6 and row["found"] > 100 for row in rows.values())
    assert rows["Praxis"]["found"] == rows["Whoosh's own"]["found"] == rows["SQLite FTS5"]["found"], "the same answers"
    assert "40 documents of 200 words" in told.out and all(name in told.out for name in rows)
    assert "BENCH_POSTGRES" in told.err and "BENCH_OPENSEARCH" in told.err, "who is not here is named"
    assert (tmp_path / "var" / "bench.svg").read_text().startswith("<svg")


def test_an_index_is_filled_merged_and_asked_step_by_step(tmp_path: Path) -> None:
    def step(name: str) -> dict[str, float]:
        command = [sys.executable, "-m", "bench.search", "--one", name, "ours", "60", str(tmp_path)]
        return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))

    assert step("fill")["documents"] == 60
    assert step("merge") == {"segments": 1}
    assert step("ask")["found"] > 100


def test_from_commit_to_visible_is_measured_in_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writes, "WRITES", 3)
    writes.main(60, str(tmp_path / "index"))
    told = capsys.readouterr().out
    for name in writes.PAUSES:
        assert f"60 documents, 3 writes, 2 readers with {name}" in told
    for what in ("committed", "visible in every process", "after the commit"):
        assert len(re.findall(rf"  {what}: p50 \d+\.\d, p95 \d+\.\d\n", told)) == len(writes.PAUSES)
    assert told.count("a reader's own memory") == len(writes.PAUSES)


def test_import_index_and_search_of_whole_records_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    speed.main(12)
    told = capsys.readouterr().out
    assert re.findall(r"(?m)^(\w+) +[1-9][\d.]* records/s$", told) == ["import", "index"]
    assert re.findall(r"(?m)^search +\d+\.\d ms median, \d+\.\d ms p95, \d+ facets, (\w+) words$", told) == [
        "new",
        "seen",
    ]


def test_what_pages_weigh_is_told_beside_the_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = join(Settings(data_dir=str(tmp_path), log_level="ERROR"), registry())
    setup.prepare(site, silent)  # type: ignore[arg-type]
    setup.load_demo(site, silent)  # type: ignore[arg-type]
    site.engine.close()
    site.db.close()
    with http.served(tmp_path) as port:
        weight.main(f"http://127.0.0.1:{port}")
    rows = re.findall(r"│ ([a-z][^│]*?) +│ +([\d.]+) │ +(\d+) │ +([\d.]+) │ +(\d+) │", capsys.readouterr().out)
    forms, files = ([f"{what}: {kind}" for kind in weight.KINDS] for what in ("form", "file"))
    assert [row[0] for row in rows] == [*weight.PUBLIC, *forms, weight.LONG, *files]
    for name, later, most, first, most_first in rows:
        assert 1 < float(later) < float(most) and float(first) < float(most_first), name
        assert float(later) == float(first) if name in files else float(later) < float(first), name
