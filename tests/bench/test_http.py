"""The benchmark of whole pages asks a real server, and tells what it saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import http


def test_every_page_is_asked_for_by_one_client_and_by_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(http, "QUERIES", 3)
    monkeypatch.setattr(http, "ROUNDS", 1)
    http.main(12)
    rows = json.loads((tmp_path / "var/bench_http.json").read_text())
    assert [(r["page"], r["clients"]) for r in rows] == [(page, n) for page in http.PAGES for n in http.CLIENTS]
    assert all(0 < r["p50"] <= r["p95"] and r["per_second"] > 0 for r in rows)
    assert all(r["bytes"] > 1000 for r in rows if r["page"] != "suggestions")
    assert "HTML page" in capsys.readouterr().out


def test_an_error_of_the_server_is_no_figure(tmp_path: Path) -> None:
    http.fill(tmp_path, 3)
    with http.served(tmp_path) as port, pytest.raises(RuntimeError, match="404"):
        http.ask(port, ["/nowhere"], [])
