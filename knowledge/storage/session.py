"""Opening the database and its transactions: return commits, raise rolls back.

SQLite runs in WAL mode with `synchronous=FULL` (the only pair that survives power cuts without loss) and takes the
write lock at the start of a writing transaction: its default lets two writers read the same row and loses one.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError


class StorageUnavailable(Exception):
    """The database is locked, full or away. Nothing was changed; try again later."""


class Held(StorageUnavailable):
    """Somebody else does just now what only one at a time may do."""


class WriteConflict(Exception):
    """Somebody else changed or created the same thing first. Nothing was changed."""


class Database:
    """An engine and the two ways to use it. `info` is handed to every session (services read it from there)."""

    def __init__(self, url: str, *, timeout: float = 5.0, info: dict[str, Any] | None = None) -> None:
        self.url = make_url(url)
        self.info = info or {}
        self._timeout, self._alone = timeout, threading.Lock()
        self.engine = _sqlite(url, timeout) if self.sqlite else _server(url, timeout)
        self._write_engine = self.engine.execution_options(praxis_write=True)

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing transaction. Raises StorageUnavailable or WriteConflict with nothing changed."""
        with Session(self._write_engine, expire_on_commit=False, info=self.info) as session:
            try:
                yield session
                session.commit()
            except BaseException as error:
                session.rollback()
                raise _translated(error) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view to read from; changes made in it are thrown away."""
        with Session(self.engine, expire_on_commit=False, autoflush=False, info=self.info) as session:
            try:
                yield session
            except DBAPIError as error:
                raise _translated(error) from error

    @contextmanager
    def alone(self, what: str, wait: bool = True) -> Iterator[None]:
        """Only one at a time, of all threads and processes that use this database, does `what`.

        A process that dies lets go. Raises StorageUnavailable when somebody else takes too long; without `wait`, Held
        at once when somebody else does it.
        """
        if not self.sqlite:
            with self.engine.connect() as connection, translating():
                _advisory_lock(connection, what, wait)
                try:
                    yield
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(hashtext(:what))"), {"what": what})
        elif self.url.database and self.url.database != ":memory:":
            with _file_lock(f"{self.url.database}.{what}.lock", self._timeout if wait else 0):
                yield
        else:
            if not self._alone.acquire(wait):
                raise Held(what)
            try:
                yield
            finally:
                self._alone.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _advisory_lock(connection: Connection, what: str, wait: bool) -> None:
    if wait:
        connection.execute(text("SELECT pg_advisory_lock(hashtext(:what))"), {"what": what})
    elif not connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:what))"), {"what": what}):
        raise Held(what)


@contextmanager
def _file_lock(path: str, patience: float) -> Iterator[None]:
    deadline = time.monotonic() + patience
    with open(path, "w") as lock:  # noqa: PTH123  # beside the database, whose name is a string too
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise Held(f"{path} is held by another process") from error
                time.sleep(0.01)
        yield


@contextmanager
def translating() -> Iterator[None]:
    """For what happens outside a session: the database's own errors become StorageUnavailable or WriteConflict."""
    try:
        yield
    except DBAPIError as error:
        raise _translated(error) from error


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, StaleDataError | IntegrityError):
        return WriteConflict(str(error.__class__.__name__))
    # of a damaged file SQLite says no more than DatabaseError
    away = isinstance(error, OperationalError) or type(error) is DatabaseError
    if isinstance(error, DBAPIError) and (away or error.connection_invalidated):
        return StorageUnavailable(str(error.orig))
    return error


def _server(url: str, timeout: float) -> Engine:
    connect_args = {
        "connect_timeout": int(max(timeout, 2)),
        "options": f"-c lock_timeout={int(timeout * 1000)}",
    }
    return create_engine(url, pool_pre_ping=True, pool_size=10, connect_args=connect_args)


def _sqlite(url: str, timeout: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": timeout, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        _to_wal(connection, timeout)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        level = connection.execute("PRAGMA synchronous").fetchone()[0]
        in_memory = not connection.execute("PRAGMA database_list").fetchone()[2]
        if not in_memory and (mode, level) != ("wal", 2):
            raise sqlite3.OperationalError(f"SQLite refused WAL with synchronous=FULL (got {mode}, {level})")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("praxis_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _to_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Switch a new file to WAL. SQLite does not wait here when another process is just doing the same; so we do."""
    until = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
