"""Bringing the database to the schema this code needs, and refusing one that is newer."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from knowledge.storage.session import Database

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database was made by a newer version of the program; running this one could harm it."""


def upgrade(db: Database, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction each. Raises NewerSchema."""
    state(db)
    config = _config(db)
    with db._write_engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def state(db: Database) -> tuple[str | None, str]:
    """The revision the database has and the one this code needs. Raises NewerSchema for an unknown one."""
    scripts = ScriptDirectory.from_config(_config(db))
    head = scripts.get_current_head()
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current and current not in {s.revision for s in scripts.walk_revisions()}:
        raise NewerSchema(
            f"The database has schema {current}, which this version of Praxis does not know. "
            "Install the version that made it, or a newer one."
        )
    assert head is not None
    return current, head


def _config(db: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
