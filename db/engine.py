"""Engines and sessions for both databases.

SQLite: pysqlite's own transactions lose updates between processes, so we begin ours with BEGIN IMMEDIATE, in WAL mode
(measured in choices.md: 55,595 of 82,892 lost otherwise). PostgreSQL: psycopg 3.
"""

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]

BUSY_TIMEOUT_MS = 10_000


def create_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine with durable defaults. `pool_size` is the number of connections kept (PostgreSQL).

    Its errors name no parameters: they are logged, and the parameters are people's texts and addresses.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return sqlalchemy.create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
    )


def session_factory(engine: Engine) -> Sessions:
    """Sessions whose objects stay readable after commit. Only doors call `.begin()` on it."""
    return sessionmaker(engine, expire_on_commit=False)


def _sqlite(url: str) -> Engine:
    database = make_url(url).database
    if database and database != ":memory:":
        _make_private(Path(database))
    arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    engine = sqlalchemy.create_engine(url, connect_args=arguments, hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_private(file: Path) -> None:
    """A new database, and a new folder for it, that only their owner can read; SQLite's -wal and -shm follow the file.

    What is there already stays as whoever runs this made it.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _set_pragmas(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A reader that later writes would fail at once when somebody else wrote in between; taking the lock first waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
