"""F3, F5, F15: the database is locked or the disk is full; the wait is bounded, nothing changes, nothing typed is lost."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from knowledge.app import configure_logs
from knowledge.services import authoring, editorial
from knowledge.settings import Settings
from knowledge.storage import find
from knowledge.storage.session import StorageUnavailable
from tests.conftest import Stage, complete_experience, make_stage, token, with_people
from workflows.definition import Refused


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Stage]:
    """A site that waits for a locked database for half a second."""
    made = with_people(make_stage(tmp_path, database_timeout=0.5))
    yield made
    made.site.db.close()


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Another program writes to the database, and takes its time."""
    other = sqlite3.connect(stage.site.db.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full(stage: Stage) -> Iterator[None]:
    """No page more fits into the database."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    stage.site.db.engine.dispose()
    event.listen(stage.site.db.engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(stage.site.db.engine, "connect", limit)
        stage.site.db.engine.dispose()


def latest(stage: Stage, record_id: str) -> Any:
    with stage.site.db.reading() as session:
        record = find.record(session, record_id)
        assert record is not None
        return record.state, record.latest.number, record.latest.title, record.live_id


def big(n: int) -> dict[str, Any]:
    """Answers that need room; Markdown of many paragraphs."""
    return complete_experience(title=f"Large text {n}", context=f"Paragraph {n} of a long story.\n\n" * 400)


def test_f5_a_locked_database_is_waited_for_only_so_long_and_then_works_again(hasty: Stage) -> None:
    author = hasty.actor("author")
    record_id = hasty.record(author)
    before = latest(hasty, record_id)
    with locked(hasty):
        begun = time.monotonic()
        with pytest.raises(StorageUnavailable):
            hasty.site.act(authoring.save, author, record_id, complete_experience(title="Second"), 1)
        assert 0.3 < time.monotonic() - begun
        assert latest(hasty, record_id) == before  # reading goes on
    hasty.site.act(authoring.save, author, record_id, complete_experience(title="Second"), 1)
    assert latest(hasty, record_id)[1:3] == (2, "Second")


def test_f5_over_http_the_answer_is_503_and_the_posted_text_is_on_the_page(hasty: Stage) -> None:
    record_id = hasty.record(hasty.actor("author"))
    client = hasty.client("author")
    form = {"title": "Typed <for> an hour", "language": "en", "base": "1", "context": "A long & careful story."}
    form["csrf_token"] = token(client, f"/work/{record_id}/edit")
    with locked(hasty):
        answer = client.post(f"/work/{record_id}/edit", data=form)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Nothing was changed" in answer.text
        assert "Typed &lt;for&gt; an hour" in answer.text
        assert "A long &amp; careful story." in answer.text
        assert client.get("/practices").status_code == 200
    assert latest(hasty, record_id)[1] == 1
    assert client.post(f"/work/{record_id}/edit", data=form).status_code in (200, 303)
    assert latest(hasty, record_id)[1:3] == (2, "Typed <for> an hour")


def test_f5_a_decision_that_could_not_be_kept_was_not_made(hasty: Stage) -> None:
    record_id = hasty.record(hasty.actor("author"), "in_review")
    client = hasty.client("coach")
    form = {"seen": "1", "words": "Please add the date.", "csrf_token": token(client)}
    with locked(hasty):
        answer = client.post(f"/records/{record_id}/request-changes", data=form)
        assert answer.status_code == 503
        assert "Please add the date." in answer.text
    assert latest(hasty, record_id)[0] == "in_review"
    assert client.post(f"/records/{record_id}/request-changes", data=form).status_code == 303


@pytest.mark.case("F3")
def test_f3_a_full_disk_changes_nothing_and_is_over_when_there_is_room(hasty: Stage) -> None:
    author = hasty.actor("author")
    record_id = hasty.record(author)
    failed = 0
    with full(hasty):
        for n in range(6):
            before = latest(hasty, record_id)
            try:
                hasty.site.act(authoring.save, author, record_id, big(n), before[1])
            except StorageUnavailable as error:
                failed += 1
                assert "full" in str(error)
                assert latest(hasty, record_id) == before
        assert failed
        assert hasty.client().get("/practices").status_code == 200
    number = latest(hasty, record_id)[1]
    hasty.site.act(authoring.save, author, record_id, big(99), number)
    assert latest(hasty, record_id)[2] == "Large text 99"


@pytest.mark.case("F3")
def test_f3_over_http_a_full_disk_is_503_and_the_text_is_kept_on_the_page(hasty: Stage) -> None:
    record_id = hasty.record(hasty.actor("author"))
    client = hasty.client("author")
    form = {"title": "Typed for an hour", "language": "en", "base": "1", "context": "A long story.\n\n" * 2000}
    form["csrf_token"] = token(client, f"/work/{record_id}/edit")
    with full(hasty):
        answer = client.post(f"/work/{record_id}/edit", data=form)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
        assert "Typed for an hour" in answer.text
    assert latest(hasty, record_id)[1] == 1


@pytest.mark.case("F15")
@pytest.mark.parametrize("kind", ["full", "closed"])
def test_f15_a_log_that_cannot_be_written_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    client = stage.client("author")
    form = {"seen": "1", "csrf_token": token(client)}
    broken = open("/dev/full", "w")
    if kind == "closed":
        broken.close()
    configure_logs(Settings(log_level="DEBUG"))
    monkeypatch.setattr(sys, "stderr", broken)
    with pytest.raises((OSError, ValueError)):  # the control: who writes there without care fails
        print("x" * 100_000, file=sys.stderr, flush=True)
    with pytest.raises(Refused):
        stage.site.act(editorial.advance, stage.actor("author"), record_id, "publish", seen=1)
    assert client.post(f"/records/{record_id}/publish", data=form).status_code == 403
    stage.step(stage.actor("coach"), record_id, "publish")
    assert client.get(f"/practices/{record_id}").status_code in (200, 301, 303, 404)
    monkeypatch.undo()
    try:
        broken.close()
    except OSError:
        pass
    assert latest(stage, record_id)[0] == "published"
