"""Fixtures every test may ask for: databases of both kinds, a Valkey, sessions on a migrated and empty database.

A test that asks for `database_url`, `sessions` or `session` runs twice, on SQLite and on PostgreSQL; of tests/bot one
in three does, and a journey goes through one size of the product, unless EVERY_DATABASE is set. Servers start when the
first test asks; under pytest-xdist each worker has its own.
"""

import contextlib
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

import logs  # noqa: F401 - imports structlog without rich, which would take seconds to draw the traceback of a test
from tests import databases, servers

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy one is slow, and an example's time says nothing

TESTS = Path(__file__).parent
NOT_PROVIDED = "not provided: "
LONG = ("journeys", "chaos", "bench", "web")
LASTING = 8  # of the sixteen logical databases a Redis has by default, one for each worker each


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server whose role may create databases; its own database is not for writing to."""
    with contextlib.ExitStack() as stack:
        yield _url_of(stack, servers.Postgres())


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """A Redis-compatible server; each worker of a parallel run gets a logical database of its own."""
    with contextlib.ExitStack() as stack:
        yield _with_database_of(_worker_number(), _url_of(stack, servers.Redis()))


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """An empty logical database on a real Redis-compatible server."""
    with contextlib.closing(redis.Redis.from_url(redis_server_url)) as client:
        client.flushdb()
    return redis_server_url


@pytest.fixture(scope="session")
def lasting_redis_url(redis_server_url: str) -> str:
    """Another logical database, for processes that live longer than a test: nobody empties it meanwhile."""
    return _with_database_of(LASTING, redis_server_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, for tests of the migrations themselves."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    with databases.postgresql(request.getfixturevalue("postgres_url"), template="template0") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without a row, one for each test, gone afterwards."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file without a row."""
    return databases.copied_sqlite(sqlite_template, tmp_path / "loudhailer.db")


@pytest.fixture
def migrated_postgresql_url(spare_databases: databases.Spares) -> Iterator[str]:
    """A migrated PostgreSQL database without a row, emptied afterwards."""
    with spare_databases.lent() as url:
        yield url


@pytest.fixture(scope="session")
def spare_databases(postgres_url: str, postgres_template: str) -> Iterator[databases.Spares]:
    """Migrated PostgreSQL databases of this worker."""
    with contextlib.closing(databases.Spares(postgres_url, postgres_template)) as spares:
        yield spares


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file migrated once, to copy."""
    from db import migrate  # here, so that tests of pure modules start without Alembic

    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database migrated once, to copy."""
    from db import migrate

    with databases.postgresql(postgres_url, template="template0") as url:
        migrate.upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """What opens sessions on a fresh migrated database: `with sessions.begin() as session: ...`."""
    from db import engine

    with databases.engine_on(database_url) as made:
        yield engine.session_factory(made)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """An open session on a fresh migrated database; what a test does not commit is rolled back."""
    with sessions() as opened:
        yield opened


def _url_of(stack: contextlib.ExitStack, server: servers.Provided) -> str:
    try:
        return stack.enter_context(server).url
    except servers.NotProvided as missing:
        reason = f"{NOT_PROVIDED}{server.name} - {missing}"
    if os.environ.get("CI") or os.environ.get("LOUDHAILER_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def _with_database_of(worker: int, url: str) -> str:
    parsed = make_url(url)
    return parsed.set(database=str(int(parsed.database or 0) + worker)).render_as_string(hide_password=False)


def _is_told_twice(item: pytest.Item) -> bool:
    """Whether this says again what is shown elsewhere: which do follows from a test's name, and all its cases with it.

    A conversation on PostgreSQL, unless it is one of the third that is kept: dialogs ask the database through the rooms
    below them, whose tests all run on both. And a journey through one of the product's two sizes: every other journey
    goes through one process on SQLite, the rest through all processes on PostgreSQL.
    """
    number = zlib.crc32(item.name.partition("[")[0].encode())
    if TESTS / "bot" in item.path.parents:
        return "postgresql" in item.name and number % 3 != 0
    if TESTS / "journeys" in item.path.parents:
        return ("embedded", "scaled out")[number % 2 == 0] in item.name
    return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Nothing twice that says the same (`_is_told_twice`), unless EVERY_DATABASE is set.

    Long tests first: where several workers share the work, none of them waits at the end for another's journey.

    pytest-xdist's worksteal gives the beginning of the list to one worker, who so starts the journeys' towns alone,
    and each once: those of one size come before those of the other.
    """
    if "EVERY_DATABASE" not in os.environ:
        twice = [item for item in items if _is_told_twice(item)]
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]
    first = {TESTS / name: place for place, name in enumerate(LONG)}

    def place(item: pytest.Item) -> tuple[int, bool]:
        folder = min((first[each] for each in item.path.parents if each in first), default=len(LONG))
        return folder, folder < len(LONG) and "scaled out" in item.name

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the summary which servers were missing, how many tests that cost, and what the house would like mended."""
    reports = [report for group in terminalreporter.stats.values() for report in group if hasattr(report, "longrepr")]
    reasons = [report.longrepr[2] for report in reports if report.skipped and isinstance(report.longrepr, tuple)]
    missing = Counter(reason.removeprefix("Skipped: ") for reason in reasons if NOT_PROVIDED in reason)
    for reason, tests in missing.items():
        terminalreporter.write_line(f"{reason} ({tests} tests skipped)", yellow=True, bold=True)
    properties = [pair for report in reports for pair in getattr(report, "user_properties", ())]
    wishes = {str(value) for name, value in properties if name == "house"}
    for wish in sorted(wishes):
        terminalreporter.write_line(f"house: {wish}", yellow=True)
