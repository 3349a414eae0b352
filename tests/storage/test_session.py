"""Transactions: return commits, raise rolls back, and what a database says becomes one of two errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from knowledge.storage import find, schema
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Record, Revision, SealedRevision
from knowledge.storage.models.site import Outbox
from knowledge.storage.session import Database, Held, StorageUnavailable, WriteConflict
from tests.conftest import Stage


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database of each kind with its tables."""
    opened = Database(database_url, timeout=0.5)
    schema.upgrade(opened)
    yield opened
    opened.close()


def person(email: str = "a@example.org") -> Person:
    return Person(email=email, name="A", password_hash="x")


def emails(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.scalars(select(Person.email)))


def test_return_commits_and_raise_rolls_back(db: Database) -> None:
    with db.transaction() as session:
        session.add(person())
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        session.add(person("b@example.org"))
        session.flush()
        raise ZeroDivisionError
    assert emails(db) == ["a@example.org"]


def test_changes_made_while_reading_are_thrown_away(db: Database) -> None:
    with db.transaction() as session:
        session.add(person())
    with db.reading() as session:
        found = find.person_by_email(session, "a@example.org")
        assert found is not None
        found.name = "Changed"
    with db.reading() as session:
        found = find.person_by_email(session, "a@example.org")
        assert found is not None
        assert found.name == "A"


def test_a_second_row_of_the_same_key_is_a_conflict(db: Database) -> None:
    with db.transaction() as session:
        session.add(person())
    with pytest.raises(WriteConflict), db.transaction() as session:
        session.add(person())
    assert emails(db) == ["a@example.org"]


def test_sqlite_runs_in_the_only_mode_that_survives_a_power_cut(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'p.db'}")
    with db.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    db.close()


def test_sqlite_that_refuses_wal_is_not_used(tmp_path: Path) -> None:
    """A database on a read-only medium in another journal mode stands for a file system without WAL."""
    import sqlite3

    file = tmp_path / "p.db"
    with sqlite3.connect(file) as plain:
        plain.execute("PRAGMA journal_mode=DELETE")
        plain.execute("CREATE TABLE t (x)")
        plain.commit()
    plain.close()
    db = Database(f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true")
    with pytest.raises(StorageUnavailable), db.reading() as session:
        session.execute(text("SELECT 1"))
    db.close()


def test_a_writer_holds_the_lock_from_its_first_moment(tmp_path: Path) -> None:
    """Otherwise two writers could read the same row, and the first one's change would be lost."""
    db = Database(f"sqlite:///{tmp_path / 'p.db'}", timeout=0.2)
    schema.upgrade(db)
    with db.transaction() as first:
        first.execute(text("SELECT 1"))
        with db.reading() as reader:
            assert reader.scalar(text("SELECT count(*) FROM person")) == 0
        with pytest.raises(StorageUnavailable), db.transaction() as second:
            second.execute(text("SELECT 1"))
    db.close()


def test_f5_a_locked_row_is_waited_for_only_so_long(stage_on: Stage) -> None:
    db = stage_on.site.db
    impatient = Database(db.url.render_as_string(hide_password=False), timeout=0.5)
    with db.transaction() as session:
        find.person_by_email(session, "author@example.org").name = "Held"  # type: ignore[union-attr]
        session.flush()
        before = time.monotonic()
        with pytest.raises(StorageUnavailable), impatient.transaction() as other:
            find.person_by_email(other, "author@example.org").name = "Mine"  # type: ignore[union-attr]
        assert 0.3 < time.monotonic() - before
    with impatient.transaction() as other:  # the control: once it is free, the same works
        find.person_by_email(other, "author@example.org").name = "Mine"  # type: ignore[union-attr]
    impatient.close()


@pytest.mark.case("C3")
def test_the_second_of_two_writers_of_a_record_is_told(stage_on: Stage) -> None:
    db, record_id = stage_on.site.db, stage_on.record(stage_on.actor("author"))
    with db.reading() as session:
        stale = find.record(session, record_id)
        assert stale is not None
    with db.transaction() as session:
        fresh = find.record(session, record_id, lock=True)
        assert fresh is not None
        version = fresh.version
        fresh.start_key = "first"
    with db.reading() as session:
        assert session.get(Record, record_id).version > version  # type: ignore[union-attr]
    with pytest.raises(WriteConflict), db.transaction() as session:
        session.add(stale)
        stale.start_key = "second"
    with db.reading() as session:
        assert session.get(Record, record_id).start_key == "first"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "value"),
    [("title", "Other"), ("values", {"title": "Other"}), ("language", "fr"), ("number", 9), ("by_id", None)],
)
def test_a_saved_revision_never_changes_its_text(stage: Stage, name: str, value: object) -> None:
    record_id = stage.record(stage.actor("author"))
    with pytest.raises(SealedRevision), stage.site.db.transaction() as session:
        setattr(session.scalar(select(Revision).where(Revision.record_id == record_id)), name, value)
    with stage.site.db.transaction() as session:  # the control: what is not text may change
        session.scalar(select(Revision).where(Revision.record_id == record_id)).sealed = True  # type: ignore[union-attr]


def test_an_outbox_id_is_never_used_again(stage_on: Stage) -> None:
    """A slow drain deletes rows by id: it must not delete a newer row that took the id of an old one."""
    db, seen = stage_on.site.db, []
    for _ in range(3):
        with db.transaction() as session:
            session.add(row := Outbox(record_id="x"))
            session.flush()
            seen.append(row.id)
        with db.transaction() as session:
            session.delete(session.get(Outbox, seen[-1]))
    assert seen == sorted(set(seen))


def test_a_moment_without_a_zone_is_refused_and_others_are_kept_in_utc(db: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 11, 23, 8, 0, tzinfo=tokyo)
    with db.transaction() as session:
        session.add(Person(email="a@example.org", name="A", password_hash="x", created=at))
    with db.reading() as session:
        kept = session.scalar(select(Person.created))
    assert kept == at
    assert kept.isoformat() == "2026-11-22T23:00:00+00:00"
    with pytest.raises(StatementError, match="without a time zone"), db.transaction() as session:
        session.add(Person(email="b@example.org", name="B", password_hash="x", created=datetime(2026, 1, 1)))


def test_moments_are_read_in_utc_whatever_zone_the_server_lives_in(db: Database) -> None:
    if db.sqlite:
        pytest.skip("SQLite has no zone of its own")
    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    with db.transaction() as session:
        session.add(Person(email="a@example.org", name="A", password_hash="x", created=at))
    with db.transaction() as session:
        session.execute(text("SET TIME ZONE 'Asia/Tokyo'"))
        kept = session.scalar(select(Person.created))
        assert kept is not None
        assert kept.isoformat() == "2026-11-23T08:00:00+00:00"


def test_readers_are_not_disturbed_by_a_writer(db: Database) -> None:
    with db.transaction() as session:
        session.add(person())
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with db.transaction() as session:
            session.add(person("b@example.org"))
            session.flush()
            held.set()
            done.wait(5)

    thread = threading.Thread(target=write)
    thread.start()
    held.wait(5)
    assert emails(db) == ["a@example.org"]
    done.set()
    thread.join()
    assert emails(db) == ["a@example.org", "b@example.org"]


def test_one_at_a_time_does_what_must_be_done_alone(database_url: str) -> None:
    one, other = Database(database_url, timeout=0.3), Database(database_url, timeout=0.3)
    with one.alone("thing"):
        with other.alone("another thing"):
            pass
        with pytest.raises(Held), other.alone("thing", wait=False):
            pytest.fail("two at a time")
        with pytest.raises(StorageUnavailable), other.alone("thing"):
            pass
    with other.alone("thing", wait=False):
        pass
    with other.alone("thing"):
        pass
    one.close()
    other.close()


def test_a_database_in_memory_lets_one_at_a_time_too() -> None:
    db = Database("sqlite://")
    with db.alone("thing"), pytest.raises(Held), db.alone("thing", wait=False):
        pytest.fail("two at a time")
    with db.alone("thing", wait=False):
        db.close()
