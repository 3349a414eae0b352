"""Bringing the database to the schema this code needs, and refusing one that is newer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from knowledge.storage.session import Database, translating

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database was made by a newer version of the program; running this one could harm it."""


def upgrade(db: Database, to: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction, one process at a time. Raises NewerSchema."""
    current, head = state(db)
    if to == "head" and current == head:
        return  # Alembic takes half a second to import, which every start would pay
    from alembic import command

    config = _config(db)
    with db.alone("schema"), translating(), db._write_engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)  # nothing to do if another process was first


def state(db: Database) -> tuple[str | None, str]:
    """The revision the database has and the one this code needs. Raises NewerSchema for an unknown one."""
    known = sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with translating(), db.engine.connect() as connection:
        there = inspect(connection).has_table("alembic_version")
        current = connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None
    if current and current not in known:
        raise NewerSchema(
            f"The database has schema {current}, which this version of Praxis does not know. "
            "Install the version that made it, or a newer one."
        )
    return current, known[-1]


def _config(db: Database) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
