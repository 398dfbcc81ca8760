"""The PostgreSQL and the Redis of a run: durable as they are by default, on this host, their CPU known.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers of yours, which have to run on this machine, because their CPU is
read from /proc. Without them `python -m tests.servers --durable` starts a pair that goes when the run goes.
"""

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from bench import cpu
from bench.processes import ROOT, Failed, python


@dataclass(frozen=True, slots=True)
class Servers:
    """Where both are, and the processes whose CPU is theirs."""

    database_url: str
    redis_url: str
    postmaster: int
    redis_pid: int
    template: str | None = None  # the database that new ones are copies of

    def postgres_cpu(self) -> float:
        """CPU seconds of PostgreSQL since it started: every process of it, ended ones included."""
        return cpu.family(self.postmaster)

    def redis_cpu(self) -> float:
        """CPU seconds of Redis since it started."""
        return cpu.family(self.redis_pid)

    def version(self) -> str:
        """What measured figures were measured on, and whether it waits for its disk."""
        with connected(self.database_url) as connection:
            [(version, fsync, commit)] = connection.execute(
                "SELECT current_setting('server_version'), current_setting('fsync'),"
                " current_setting('synchronous_commit')"
            ).fetchall()
        return f"PostgreSQL {version} (fsync {fsync}, synchronous_commit {commit})"


@contextlib.contextmanager
def provided() -> Iterator[Servers]:
    """The pair for as long as the block lasts."""
    given = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if all(given):
        yield _known(str(given[0]), str(given[1]))
        return
    started = subprocess.Popen(
        python("tests.servers", "--durable"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        assert started.stderr is not None
        urls = [started.stdout.readline().partition("=")[2].strip() for _ in range(2)]
        if not all(urls):
            raise Failed(f"no servers: {started.stderr.read().strip()[-400:]}")
        yield _known(*urls)
    finally:
        started.terminate()
        started.communicate(timeout=60)


@contextlib.contextmanager
def new_database(servers: Servers) -> Iterator[str]:
    """A database for one measurement, a copy of the template if there is one; and an empty Redis."""
    name = f"loudhailer_bench_{secrets.token_hex(4)}"
    _empty(servers.redis_url)
    with connected(servers.database_url) as connection:
        copied = f' TEMPLATE "{servers.template}"' if servers.template else ""
        connection.execute(f'CREATE DATABASE "{name}"{copied}'.encode())
    try:
        yield urlunsplit(urlsplit(servers.database_url)._replace(path=f"/{name}"))
    finally:
        with connected(servers.database_url) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that commits each statement by itself."""
    with contextlib.closing(psycopg.connect(libpq(url), autocommit=True)) as connection:
        yield connection


def libpq(url: str) -> str:
    """The address as psycopg knows it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _known(database_url: str, redis_url: str) -> Servers:
    with connected(database_url) as connection:
        [(backend,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
        postmaster = cpu.parent(int(str(backend)))
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        process_id = int(client.info("server")["process_id"])
    return Servers(database_url, redis_url, postmaster, process_id)


def _empty(redis_url: str) -> None:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        client.flushdb()
