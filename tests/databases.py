"""Databases for tests, made from a template and gone afterwards."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import Engine, Pool, event
from sqlalchemy.engine import make_url

from db.engine import create_engine
from tests import servers


@contextlib.contextmanager
def postgresql(server_url: str, template: str = "template0") -> Iterator[str]:
    """The address of a new database on this server."""
    name = f"loudhailer_test_{secrets.token_hex(6)}"
    with psycopg.connect(servers.libpq_url(server_url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(servers.libpq_url(server_url), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


class Spares:
    """Databases made from one template and used again: emptying one is quicker than making one.

    One whose tables are not the template's any more (ranges made or dropped) is thrown away.
    """

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url, self._template = server_url, template
        self._made = contextlib.ExitStack()
        self._free: list[str] = []
        self._relations: set[str] | None = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[str]:
        """The address of an empty one, for as long as the block lasts."""
        url = self._free.pop() if self._free else self._new()
        yield url
        if self._emptied(url):
            self._free.append(url)

    def close(self) -> None:
        """Drop them all."""
        self._made.close()

    def _new(self) -> str:
        """One more; of the first it is noted what a template's tables are, before any test can make or drop some."""
        url = self._made.enter_context(postgresql(self._server_url, self._template))
        if self._relations is None:
            with psycopg.connect(servers.libpq_url(url)) as connection:
                found = connection.execute(
                    "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                )
                self._relations = {name for (name,) in found}
        return url

    def _emptied(self, url: str) -> bool:
        with psycopg.connect(servers.libpq_url(url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND NOT (application_name = %s AND state = 'idle')",
                [KEPT],
            )
            relations, tables, sequences = connection.execute(
                "SELECT array_agg(relname::text),"
                " array_agg(oid::regclass::text) FILTER (WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relname <> 'alembic_version'),"
                " array_agg(oid::regclass::text) FILTER (WHERE relkind = 'S')"
                " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            ).fetchone() or ([], [], [])
            if set(relations) != self._relations:
                return False
            filled = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables)
            dirty = [name for (name,) in connection.execute(filled.encode())]
            if dirty:
                connection.execute(f"TRUNCATE {', '.join(dirty)} CASCADE".encode())
            again = ", ".join(f"setval('{sequence}', 1, false)" for sequence in sequences)
            connection.execute(f"SELECT {again}".encode())
        return True


def copied_sqlite(template: Path, copy: Path) -> str:
    """The address of a copy of this file."""
    with contextlib.closing(sqlite3.connect(template)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return f"sqlite:///{copy}"


_FIRST: dict[str, Engine] = {}
_POOLS: dict[str, Pool] = {}
KEPT = "kept between tests"


@contextlib.contextmanager
def engine_on(url: str) -> Iterator[Engine]:
    """An engine for one test. Of a spare PostgreSQL database the connections are kept for the next one.

    A new connection costs as much as a short test: PostgreSQL looks up again what every table of ours is.
    """
    made = sharing_statements(create_engine(url))
    if made.dialect.name != "postgresql":
        yield made
        made.dispose()
        return
    if url not in _POOLS:
        event.listen(made.pool, "connect", _name)
    made.pool = _POOLS.setdefault(url, made.pool)
    yield made
    if made.pool is not _POOLS[url] or _POOLS[url].checkedout():  # type: ignore[attr-defined]
        made.dispose()
        _POOLS.pop(url).dispose()


def _name(connection: psycopg.Connection, _record: object) -> None:
    connection.execute(f"SET application_name = '{KEPT}'".encode())
    connection.commit()


def sharing_statements(engine: Engine) -> Engine:
    """The engine, with the compiled statements of the first of its kind: a quarter of the time of a short test.

    SQLAlchemy keeps them by engine and by dialect, so a new engine for each test compiles everything again.
    """
    first = _FIRST.setdefault(engine.dialect.name, engine)
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return engine
