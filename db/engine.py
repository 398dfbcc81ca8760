"""Engines and sessions for both databases.

SQLite: pysqlite's own transactions lose updates between processes, so we begin ours with BEGIN IMMEDIATE, in WAL mode
(measured in choices.md: 55,595 of 82,892 lost otherwise). PostgreSQL: psycopg 3.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import Connection, Engine, QueuePool, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from db import packed

if TYPE_CHECKING:
    from sqlite3 import Connection as SqliteConnection

Sessions = sessionmaker[Session]

BUSY_TIMEOUT_MS = 30_000  # its queue is unfair: whoever waits may be overtaken for long
PATIENCE_SECONDS = 15
READER_SECONDS = 10


def create_engine(url: str, *, pool_size: int = 10, patience: int = PATIENCE_SECONDS) -> Engine:
    """An engine with durable defaults. `pool_size` is the number of connections kept (PostgreSQL).

    `patience` is for how many seconds a PostgreSQL is waited for that does not answer a connection or the network,
    and for how many it keeps a transaction open in which nothing happens: its host has died, and holds rows locked.

    Its errors name no parameters: they are logged, and the parameters are people's texts and addresses.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url, pool_size, patience)


def create_reader(url: str, *, patience: int = PATIENCE_SECONDS, statement_seconds: int = READER_SECONDS) -> Engine:
    """An engine for who only looks: one connection, never a second; it can write nothing and locks nobody out.

    On PostgreSQL the server breaks off what takes longer than `statement_seconds`.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite_reader(url)
    engine = _postgresql(url, 1, patience, overflow=0)

    def limit(connection: Any, _record: Any) -> None:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute(f"SET statement_timeout = {statement_seconds * 1000}")
        connection.commit()

    event.listen(engine, "connect", limit)
    return engine


def session_factory(engine: Engine) -> Sessions:
    """Sessions whose objects stay readable after commit. Only doors call `.begin()` on it."""
    return sessionmaker(engine, expire_on_commit=False)


def _postgresql(url: str, pool_size: int, patience: int, *, overflow: int | None = None) -> Engine:
    engine = sqlalchemy.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size if overflow is None else overflow,
        pool_pre_ping=True,
        hide_parameters=True,
        # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
        connect_args={"connect_timeout": patience, "tcp_user_timeout": patience * 1000, "keepalives_idle": patience},
    )

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = {patience * 1000}")
        connection.commit()

    event.listen(engine, "connect", limit)
    return engine


def _sqlite(url: str) -> Engine:
    database = make_url(url).database
    if database and database != ":memory:":
        _make_private(Path(database))
    arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = sqlalchemy.create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _sqlite_reader(url: str) -> Engine:
    """Without BEGIN IMMEDIATE: in WAL mode a reader then waits for nobody, and nobody for it."""
    arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = sqlalchemy.create_engine(
        url, connect_args=arguments, hide_parameters=True, poolclass=QueuePool, pool_size=1, max_overflow=0
    )

    def look_only(connection: "SqliteConnection", _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "query_only=ON"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", look_only)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _make_private(file: Path) -> None:
    """A new database, and a new folder for it, that only their owner can read; SQLite's -wal and -shm follow the file.

    What is there already stays as whoever runs this made it, and is not even opened: closing it would take away every
    lock this process has on it (sqlite.org/howtocorrupt.html, 2.2), and whoever closes next would remove the -wal file.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(connection: "SqliteConnection", _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")
    packed.teach(connection)


def _begin_immediate(connection: Connection) -> None:
    # A reader that later writes would fail at once when somebody else wrote in between; taking the lock first waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
