"""The servers tests run on: they answer, they are ours alone, and nothing of them stays behind."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, sessionmaker

from db.engine import create_engine
from staff.models import Agency
from tests import servers

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where servers started by this test keep their data."""
    for variable in ("TEST_DATABASE_URL", "TEST_REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_started_postgres_answers_and_leaves_nothing_behind(
    postgres_url: str, folder_for_temporary_files: Path
) -> None:
    with servers.Postgres() as server:
        with psycopg.connect(servers.libpq_url(server.url)) as connection:
            assert connection.execute("SELECT 'ä' || 1").fetchone() == ("ä1",)
        assert list(folder_for_temporary_files.iterdir())
    assert not list(folder_for_temporary_files.iterdir())


def test_a_started_valkey_answers_and_leaves_nothing_behind(
    redis_server_url: str, folder_for_temporary_files: Path
) -> None:
    with servers.Redis() as server, contextlib.closing(redis.Redis.from_url(server.url)) as client:
        client.set("word", "heard")
        assert client.get("word") == b"heard"
        assert list(folder_for_temporary_files.iterdir())
    assert not list(folder_for_temporary_files.iterdir())


def test_servers_end_when_the_test_run_is_killed(
    postgres_url: str, redis_server_url: str, folder_for_temporary_files: Path
) -> None:
    with _developers_servers() as (process, printed):
        assert [line.split("=")[0] for line in printed] == ["export TEST_DATABASE_URL", "export TEST_REDIS_URL"]
        os.kill(process.pid, signal.SIGKILL)
        _eventually(lambda: not list(folder_for_temporary_files.iterdir()))
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(servers.libpq_url(printed[0].partition("=")[2].strip()), connect_timeout=2)


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    server = servers.Server("Nothing", folder, ["/bin/sh", "-c", "echo no room on the disk >&2; exit 3"])
    with pytest.raises(servers.NotProvided, match="no room on the disk"):
        server.wait_until(lambda: False)
    server.stop()
    assert not folder.exists()


def test_a_given_address_that_does_not_answer_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(servers.NotProvided, match="TEST_DATABASE_URL does not answer"), servers.Postgres():
        pass


@pytest.mark.parametrize("run", ["first", "second"])
def test_a_redis_database_is_empty_at_the_start_of_each_test(redis_url: str, run: str) -> None:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


@pytest.mark.parametrize("run", ["first", "second"])
def test_a_database_is_migrated_and_empty_at_the_start_of_each_test(sessions: sessionmaker[Session], run: str) -> None:
    with sessions.begin() as session:
        assert session.scalars(select(Agency)).all() == []
        session.add(Agency(slug="left", name="Behind", locales=["en"], created_at=datetime(2026, 11, 23, tzinfo=UTC)))


def test_a_blank_database_has_no_table(blank_database_url: str) -> None:
    engine = create_engine(blank_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize(("required", "exit_code"), [("", 0), ("1", 1)])
def test_a_missing_server_is_named_in_the_summary_and_fails_where_servers_are_required(
    required: str, exit_code: int
) -> None:
    environment = {**os.environ, "TEST_REDIS_URL": "redis://127.0.0.1:1", "LOUDHAILER_REQUIRE_SERVERS": required}
    environment.pop("CI", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}", "-k", "redis_database"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stdout
    assert "not provided: Redis - TEST_REDIS_URL does not answer" in done.stdout
    assert ("(2 tests skipped)" in done.stdout) is (not required)


@contextlib.contextmanager
def _developers_servers() -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    command = [sys.executable, "-m", "tests.servers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process, [process.stdout.readline() for _ in range(2)]
        finally:
            process.kill()


def _eventually(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
