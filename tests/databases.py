"""Databases for tests, made from a template and gone afterwards."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

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


def copied_sqlite(template: Path, copy: Path) -> str:
    """The address of a copy of this file."""
    with contextlib.closing(sqlite3.connect(template)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return f"sqlite:///{copy}"
