"""Logs are structured, and carry no passwords, tokens or draft text."""

from __future__ import annotations

import json

import pytest

from knowledge.app import configure_logs
from knowledge.settings import Settings
from tests.conftest import Stage, post


def test_what_people_write_never_reaches_the_log(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs(Settings(log_level="DEBUG"))
    canary = "zanzicanary"
    record_id = stage.record(stage.actor("author"), "in_review", title=f"{canary} title of a draft")
    post(stage.client(), "/sign-in", email="author@example.org", password=f"{canary} as a password")
    post(stage.client("reader"), f"/records/{record_id}/publish", words=canary, seen="1")
    post(stage.client("author"), f"/records/{record_id}/publish", words=canary, seen="1")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"{canary} in an error")

    monkeypatch.setattr("knowledge.services.authoring.save", broken)
    stage.step(stage.actor("author"), record_id, "recall")
    answer = post(
        stage.client("author"),
        f"/work/{record_id}/edit",
        title=f"{canary} again",
        language="en",
        action="save",
        base="1",
    )
    assert answer.status_code == 500 and f"{canary} in an error" not in answer.text
    assert f"{canary} again" in answer.text, "what she wrote is hers: it comes back to her"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert {"step refused", "request failed"} <= {line["event"] for line in lines}  # the control: there is a log
    assert canary not in json.dumps(lines)
    failed = next(line for line in lines if line["event"] == "request failed")
    assert failed["error"] == "RuntimeError" and any("broken" in place for place in failed["at"])
