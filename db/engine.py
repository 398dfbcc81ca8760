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

from db import packed

Sessions = sessionmaker[Session]

BUSY_TIMEOUT_MS = 10_000
PATIENCE_SECONDS = 15


def create_engine(url: str, *, pool_size: int = 10, patience: int = PATIENCE_SECONDS) -> Engine:
    """An engine with durable defaults. `pool_size` is the number of connections kept (PostgreSQL).

    `patience` is for how many seconds a PostgreSQL is waited for that does not answer a connection or the network,
    and for how many it keeps a transaction open in which nothing happens: its host has died, and holds rows locked.

    Its errors name no parameters: they are logged, and the parameters are people's texts and addresses.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url, pool_size, patience)


def session_factory(engine: Engine) -> Sessions:
    """Sessions whose objects stay readable after commit. Only doors call `.begin()` on it."""
    return sessionmaker(engine, expire_on_commit=False)


def _postgresql(url: str, pool_size: int, patience: int) -> Engine:
    engine = sqlalchemy.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
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


def _make_private(file: Path) -> None:
    """A new database, and a new folder for it, that only their owner can read; SQLite's -wal and -shm follow the file.

    What is there already stays as whoever runs this made it.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")
    packed.teach(connection)


def _begin_immediate(connection: Connection) -> None:
    # A reader that later writes would fail at once when somebody else wrote in between; taking the lock first waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
