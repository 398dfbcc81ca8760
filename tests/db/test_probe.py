"""A slow database is said to be slow and no process is taken out; one that is away is said to be away, in time."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from db.engine import create_engine, create_reader, session_factory
from db.probe import Answering, Heard, Probe, Terms, judge
from staff.models import Agency
from tests import servers

QUICK = Terms(every=0.05, slow=0.2, limit=0.5, away_after=3)
PATIENCE = 60  # s: the probe's own; whoever asks the probe waits for a fraction of it, on a busy machine as well
TERMS = Terms(every=2, slow=1, limit=5, away_after=3)


@contextlib.contextmanager
def probing(url: str, terms: Terms = QUICK) -> Iterator[Probe]:
    probe = Probe(create_reader(url, patience=PATIENCE), terms)
    probe.start()
    try:
        yield probe
    finally:
        probe.stop()


def turns(probe: Probe, state: Answering, seconds: float = 30.0) -> None:
    """Wait until the probe says this; it never makes us wait."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        said = probe.state()
        assert time.monotonic() - began < PATIENCE / 4
        if said is state:
            return
        assert time.monotonic() < deadline, f"still {said}, not {state}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("heard", "at", "state"),
    [
        (Heard(), 100.0, Answering.AWAY),
        (Heard(answered_at=99.0, took=0.01), 100.0, Answering.WELL),
        (Heard(answered_at=99.0, took=1.5), 100.0, Answering.SLOW),
        (Heard(answered_at=90.0, asked_at=99.5), 100.0, Answering.WELL),
        (Heard(answered_at=90.0, asked_at=98.0), 100.0, Answering.SLOW),
        (Heard(answered_at=80.0, asked_at=85.1), 100.0, Answering.SLOW),
        (Heard(answered_at=80.0, asked_at=84.9), 100.0, Answering.AWAY),
        (Heard(answered_at=80.0, failures=2), 100.0, Answering.SLOW),
        (Heard(answered_at=80.0, failures=3), 100.0, Answering.AWAY),
        (Heard(answered_at=80.0, failures=1, asked_at=90.0), 100.0, Answering.AWAY),
    ],
)
def test_only_repeated_failures_are_an_absence(heard: Heard, at: float, state: Answering) -> None:
    assert judge(heard, TERMS, at=at) is state


def test_a_database_that_answers_is_ready(database_url: str) -> None:
    with probing(database_url) as probe:
        assert probe.state() is Answering.WELL


def test_a_database_that_hangs_is_slow_first_and_away_later_and_well_again_when_it_answers(
    migrated_postgresql_url: str,
) -> None:
    with probing(migrated_postgresql_url) as probe:
        turns(probe, Answering.WELL)
        with standing_still(migrated_postgresql_url):
            turns(probe, Answering.SLOW)
            turns(probe, Answering.AWAY)
        turns(probe, Answering.WELL)


@contextlib.contextmanager
def standing_still(url: str) -> Iterator[None]:
    """Everybody else on this database waits, until the end, for a lock of ours on the one row the probe reads."""
    with psycopg.connect(servers.libpq_url(url)) as connection:
        connection.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_server_that_accepts_and_says_nothing_makes_nobody_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://somebody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        with probing(url) as probe:
            began = time.monotonic()
            assert probe.state() is Answering.AWAY  # it has never answered
            assert time.monotonic() - began < PATIENCE / 4


def test_a_database_that_was_away_is_found_again(migrated_postgresql_url: str, postgres_url: str) -> None:
    name = migrated_postgresql_url.rpartition("/")[2]
    with probing(migrated_postgresql_url) as probe:
        turns(probe, Answering.WELL)
        with psycopg.connect(servers.libpq_url(postgres_url), autocommit=True) as operator:
            operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            turns(probe, Answering.AWAY)
            operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
        turns(probe, Answering.WELL)


def test_the_probe_holds_one_connection_however_many_ask(migrated_postgresql_url: str) -> None:
    with probing(migrated_postgresql_url) as probe, standing_still(migrated_postgresql_url):
        askers = [threading.Thread(target=probe.state) for _ in range(20)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(PATIENCE / 4)
        assert not any(asker.is_alive() for asker in askers)
        with psycopg.connect(servers.libpq_url(migrated_postgresql_url), autocommit=True) as operator:
            until = time.monotonic() + PATIENCE / 2
            while not (found := asking(operator)) and time.monotonic() < until:
                time.sleep(0.02)  # for the probe's thread to come to its question
        assert found == 1


def asking(operator: psycopg.Connection) -> int:
    """How many connections ask the probe's question."""
    row = operator.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'version_num'"
        " AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(row[0]) if row else 0


def test_who_only_looks_can_write_nothing(database_url: str) -> None:
    reader = create_reader(database_url)
    with reader.connect() as connection:
        assert connection.execute(select(Agency.id)).all() == []
        with pytest.raises(DBAPIError):
            connection.execute(text("delete from agencies"))
    reader.dispose()


def test_who_only_looks_locks_no_writer_out_and_is_locked_out_by_none(database_url: str) -> None:
    engine, reader = create_engine(database_url), create_reader(database_url)
    with session_factory(engine).begin() as writing, session_factory(reader)() as reading:
        writing.execute(text("update alembic_version set version_num = version_num"))
        assert reading.scalars(select(Agency.id)).all() == []
        writing.execute(text("update alembic_version set version_num = version_num"))
    engine.dispose()
    reader.dispose()


def test_on_postgresql_a_look_that_takes_too_long_is_broken_off(migrated_postgresql_url: str) -> None:
    reader = create_reader(migrated_postgresql_url, statement_seconds=1)
    with reader.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("select pg_sleep(20)"))
    reader.dispose()
