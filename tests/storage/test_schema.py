"""Migrations: empty and filled databases, both kinds, up, down and up again; what is newer is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from knowledge.services import authoring, exporting
from knowledge.services.errors import Invalid
from knowledge.storage import find, schema
from knowledge.storage.models import people, programmes, records, site  # noqa: F401 (fills the metadata)
from knowledge.storage.models.base import Row
from knowledge.storage.session import Database
from tests.conftest import Stage, complete_experience


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty database of each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


def down(db: Database, to: str = "base") -> None:
    """Take migrations back."""
    config = schema._config(db)
    with db._write_engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def difference(db: Database) -> list[object]:
    """How the tables of the models differ from those of the database."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, Row.metadata)


def filled(stage: Stage) -> list[str]:
    """A record in every state, and the whole content as lines."""
    author = stage.actor("author")
    for state in ("draft", "in_review", "changes_requested", "published", "withdrawn"):
        stage.record(author, state, title=f"Phone quotations, {state}")
    return lines(stage)


def lines(stage: Stage) -> list[str]:
    """Everything as export lines."""
    with stage.site.db.reading() as session:
        return [*exporting.export_lines(session, find.record_ids_after(session, "", 100))]


def test_an_empty_database_gets_exactly_the_tables_of_the_models(db: Database) -> None:
    assert schema.state(db) == (None, ScriptDirectory(str(schema.MIGRATIONS)).get_current_head())
    assert difference(db), "an empty database must differ, or the comparison sees nothing"
    schema.upgrade(db)
    assert difference(db) == []
    current, head = schema.state(db)
    assert current == head


def test_upgrading_twice_changes_nothing(db: Database) -> None:
    schema.upgrade(db)
    schema.upgrade(db)
    assert difference(db) == []


def test_several_that_start_at_once_upgrade_it_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    failed: list[BaseException] = []

    def start(database: Database) -> None:
        try:
            schema.upgrade(database)
        except BaseException as error:  # whatever it is: the test names it
            failed.append(error)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert schema.state(databases[0])[0] == schema.state(databases[0])[1]
    for database in databases:
        database.close()


def test_down_to_nothing_and_up_again(db: Database) -> None:
    schema.upgrade(db)
    down(db)
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(db)
    assert difference(db) == []


def test_f13_every_released_schema_with_data_in_it_is_upgraded_without_loss(stage_on: Stage) -> None:
    """For each migration after the first: down to it with data, up again, and everything is there."""
    before, db = filled(stage_on), stage_on.site.db
    assert len(before) == 5
    released = [s.revision for s in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()]
    assert "0001" in released
    for revision in released:
        if revision != schema.state(db)[1]:
            down(db, revision)
        schema.upgrade(db)
        assert lines(stage_on) == before
    assert difference(db) == []


@pytest.mark.case("F1")
def test_f13_a_migration_that_fails_halfway_leaves_the_old_schema(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = command.upgrade

    def killed(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr("alembic.command.upgrade", killed)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(db)
    assert inspect(db.engine).get_table_names() == []
    monkeypatch.undo()
    schema.upgrade(db)
    assert difference(db) == []


def test_f14_a_newer_schema_is_refused_in_a_sentence_and_not_touched(db: Database) -> None:
    schema.upgrade(db)
    with db.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (schema.state, schema.upgrade):
        with pytest.raises(schema.NewerSchema, match=r"schema 9999, which this version .* does not know\. Install"):
            refused(db)
    with db.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_folder_with_a_percent_sign_in_its_name_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "100%done"
    folder.mkdir()
    db = Database(f"sqlite:///{folder / 'praxis.db'}")
    schema.upgrade(db)
    assert difference(db) == []
    db.close()


def test_a_record_needs_no_text_longer_than_its_columns(stage_on: Stage) -> None:
    """SQLite ignores the length of a column, PostgreSQL does not: the longest title that is accepted must fit."""
    author = stage_on.actor("author")
    longest = 0
    for size in (100, 200, 300, 400, 500):
        try:
            stage_on.site.act(authoring.start, author, "experience", complete_experience(title="t" * size), "")
            longest = size
        except Invalid:
            break
    assert longest >= 100
