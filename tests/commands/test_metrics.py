"""Metrics and health of a process: what is scraped is right, and nobody waits for a slow database."""

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from channels import registry
from channels.contract import Accepted, Misconfigured, Rejected, Throttled, Unavailable, Unreachable
from commands import gauges
from commands.exposition import Exposition
from commands.gauges import Gauges
from commands.vitals import Ticks, Vitals, loop_turns
from db.engine import READER_SECONDS, create_reader, session_factory
from db.probe import Probe, Terms
from delivery import meters
from delivery.loop import Loop
from delivery.meters import Spread
from tests import servers
from tests.house import tree

PROCESS = re.compile(r"^(python_|process_|loudhailer_.*_created$)")


def fetch(shown: Exposition, path: str) -> tuple[int, str]:
    """What a process shows."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{shown.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def utc_now() -> datetime:
    """The clock of a running process."""
    return datetime.now(UTC)


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    """What metrics are read with."""
    made = create_reader(database_url)
    yield made
    made.dispose()


@pytest.fixture
def read(reader: Engine) -> Iterator[Gauges]:
    """The figures of a database without a row."""
    with closing(Gauges(session_factory(reader), limits_of=registry.limits, now=utc_now)) as made:
        yield made


def names(collector: CollectorRegistry) -> set[str]:
    """The names of everything that is collected."""
    return {family.name for family in collector.collect()}


def test_every_metric_is_explained_to_operators(read: Gauges) -> None:
    made = CollectorRegistry()
    made.register(read)
    made.register(Ticks())
    found = {name for name in names(made) | names(REGISTRY) if not PROCESS.match(name)}
    text = tree.text_of("docs/operations.md")
    missing = [name for name in sorted(found) if f"`{name.removeprefix('loudhailer_')}" not in text]
    assert len(found) > 25
    assert not missing, "write these into docs/operations.md:\n" + "\n".join(missing)


def test_many_spans_are_counted_as_one_by_one() -> None:
    spread, made = Spread("x_seconds", "x", ("channel",), (0.1, 1.0)), CollectorRegistry()
    made.register(spread)
    for spans in ([0.05, 0.1, 0.5], [2.0], []):
        spread.add(("telegram",), spans)
    ends = {end: made.get_sample_value("x_seconds_bucket", {"channel": "telegram", "le": end}) for end in BUCKETS}
    assert ends == {"0.1": 2, "1.0": 3, "+Inf": 4}
    assert made.get_sample_value("x_seconds_count", {"channel": "telegram"}) == 4
    assert made.get_sample_value("x_seconds_sum", {"channel": "telegram"}) == pytest.approx(2.65)


BUCKETS = ("0.1", "1.0", "+Inf")


@pytest.mark.parametrize(
    ("came", "name"),
    [
        (Accepted("1"), "accepted"),
        (Throttled("x", retry_after=timedelta(seconds=1)), "throttled"),
        (Unavailable("x"), "unavailable"),
        (Unavailable("x", may_be_sent=True), "in_doubt"),
        (Rejected("x"), "rejected"),
        (Unreachable("x"), "unreachable"),
        (Misconfigured("x"), "misconfigured"),
    ],
)
def test_every_outcome_has_its_name(came: Accepted, name: str) -> None:
    assert meters.tally([came, came]) == {name: 2}


@pytest.fixture
def hanging(migrated_postgresql_url: str) -> Iterator[psycopg.Connection]:
    """Somebody who can make everybody on this database wait: `hanging.execute(LOCK)`, until `hanging.rollback()`."""
    with psycopg.connect(servers.libpq_url(migrated_postgresql_url)) as connection:
        yield connection


LOCK = "LOCK TABLE alembic_version, agencies, batches IN ACCESS EXCLUSIVE MODE"


def test_a_scrape_of_a_database_that_hangs_gives_old_figures_their_age_and_then_none(
    migrated_postgresql_url: str, hanging: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "FRESH", timedelta(0))
    monkeypatch.setattr(gauges, "PATIENCE_SECONDS", 0.3)
    reader, made, ahead = create_reader(migrated_postgresql_url), CollectorRegistry(), [timedelta(0)]
    read = Gauges(session_factory(reader), limits_of=registry.limits, now=lambda: utc_now() + ahead[0])
    made.register(read)
    _eventually(lambda: made.get_sample_value("loudhailer_database_read") == 1)
    hanging.execute(LOCK)
    began = time.monotonic()
    ahead[0] = timedelta(seconds=30)
    age = made.get_sample_value("loudhailer_database_read_age_seconds")
    assert age is not None
    assert age >= 30
    ahead[0] = timedelta(minutes=2)
    assert made.get_sample_value("loudhailer_database_read") == 0
    assert made.get_sample_value("loudhailer_in_doubt") is None
    assert time.monotonic() - began < READER_SECONDS  # nobody waited for what the server breaks off only then
    hanging.rollback()
    _eventually(lambda: made.get_sample_value("loudhailer_in_doubt") == 0)
    read.close()
    reader.dispose()


def test_health_and_readiness_of_a_process_whose_database_hangs(
    migrated_postgresql_url: str, hanging: psycopg.Connection
) -> None:
    probe = Probe(create_reader(migrated_postgresql_url), Terms(every=0.05, slow=0.2, limit=0.5, away_after=3))
    loop = Loop()
    probe.start()
    vitals = Vitals(probe, alive={"loop": loop_turns(loop)})
    with closing(Exposition("127.0.0.1", 0, vitals=vitals, registry=CollectorRegistry())) as shown:
        assert fetch(shown, "/ready") == (200, "ready\n")
        hanging.execute(LOCK)
        _eventually(lambda: fetch(shown, "/ready") == (200, "slow\n"))
        _eventually(lambda: fetch(shown, "/ready") == (503, "the database is away\n"))
        assert fetch(shown, "/health") == (200, "ok\n")
        hanging.rollback()
        _eventually(lambda: fetch(shown, "/ready") == (200, "ready\n"))
    probe.stop()
    loop.stop()


def test_a_loop_that_stands_still_is_no_health(migrated_sqlite_url: str) -> None:
    loop, let_go = Loop(), threading.Event()
    vitals = Vitals(Probe(create_reader(migrated_sqlite_url)), alive={"loop": loop_turns(loop)})
    assert vitals.health().is_well

    async def stand_still() -> None:
        let_go.wait(10)

    standing = loop.submit(stand_still())
    assert vitals.health().status == 503
    assert "loop" in vitals.health().text
    let_go.set()
    standing.result(5)
    assert vitals.health().is_well
    loop.stop()


def test_a_clock_that_does_not_tick_is_not_ready() -> None:
    at = [0.0]
    ticks = Ticks(missed_after=30, clock=lambda: at[0])
    at[0] = 29.0
    assert ticks.check() is None
    at[0] = 31.0
    assert ticks.check() == "has not ticked for 31 s"
    ticks.beat()
    assert ticks.check() is None


def test_a_scrape_is_what_prometheus_reads(read: Gauges, migrated_sqlite_url: str) -> None:
    made = CollectorRegistry()
    made.register(read)
    vitals = Vitals(Probe(create_reader(migrated_sqlite_url)))
    with closing(Exposition("127.0.0.1", 0, vitals=vitals, registry=made)) as shown:
        status, text = fetch(shown, "/metrics")
        assert status == 200
        found = {sample.name: sample.value for f in text_string_to_metric_families(text) for sample in f.samples}
        assert found["loudhailer_database_read"] == 1
        assert found["loudhailer_calls_failed"] == 0
        assert fetch(shown, "/else")[0] == 404


def _eventually(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
