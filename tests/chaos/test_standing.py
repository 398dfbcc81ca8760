"""The servers of the fault suite: killed and started again they are where they were, and leave nothing behind."""

import contextlib
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from tests.chaos import standing
from tests.servers import libpq_url


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the servers of this test keep their data."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_a_postgres_that_was_killed_still_has_what_was_committed(
    postgres_url: str, folder: Path, number: signal.Signals
) -> None:
    with standing.postgres() as server:
        with psycopg.connect(libpq_url(server.url)) as connection:
            connection.execute("CREATE TABLE words AS SELECT 'heard' AS word")
        server.end(number)
        assert not server.is_running
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(libpq_url(server.url))
        server.start()
        with psycopg.connect(libpq_url(server.url)) as connection:
            assert connection.execute("SELECT word FROM words").fetchone() == ("heard",)
    assert not list(folder.iterdir())


def test_a_valkey_that_was_killed_is_empty_at_the_same_address(redis_server_url: str, folder: Path) -> None:
    with standing.valkey() as server, contextlib.closing(redis.Redis.from_url(server.url)) as client:
        client.set("word", "heard")
        server.end()
        server.start()
        assert client.get("word") is None
    assert not list(folder.iterdir())
