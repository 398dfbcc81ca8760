"""While the database is away the door asks providers to come back, and is well again by itself."""

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from db.engine import Sessions, create_engine, session_factory
from tests import servers
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate, opened


@contextlib.contextmanager
def away(sessions: Sessions, server_url: str) -> Iterator[None]:
    """SQLite: somebody holds the file. PostgreSQL: every connection is cut and no new one is let in."""
    bind = sessions.kw["bind"]
    if bind.dialect.name == "sqlite":
        with sessions() as somebody:
            somebody.connection()
            yield
        return
    with psycopg.connect(servers.libpq_url(server_url), autocommit=True) as connection:
        name = str(make_url(bind.url).database)
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


def test_while_the_database_is_away_providers_are_asked_to_call_again_and_nothing_is_lost(
    sessions: Sessions, request: pytest.FixtureRequest
) -> None:
    is_sqlite = sessions.kw["bind"].dialect.name == "sqlite"
    server_url = "" if is_sqlite else request.getfixturevalue("postgres_url")
    with opened(Gate(sessions, patience=0.5)) as gate:
        bot, number = gate.bot(gate.agency("water")), gate.number(gate.agency("health"))
        assert gate.telegram(bot, calls.update(1, 42, "before")).status == 200
        with away(sessions, server_url):
            refused = [
                gate.telegram(bot, calls.update(2, 42, "during")),
                gate.telegram(bot, b"rubbish"),
                gate.whatsapp(number, calls.receipt(1, "read"), query="?ref=1-1-1"),
            ]
        assert [(answer.status, answer.headers["Retry-After"]) for answer in refused] == [(503, "5")] * 3
        assert gate.telegram(bot, calls.update(2, 42, "during")).status == 200
        assert gate.telegram(bot, calls.update(3, 42, "after")).status == 200
        assert [call.event_id for call in gate.calls() if call.address] == ["1", "2", "3"]


def test_a_sender_that_cannot_be_looked_up_is_not_taken_for_unknown(
    migrated_postgresql_url: str, postgres_url: str
) -> None:
    engine = create_engine(migrated_postgresql_url)
    with opened(Gate(session_factory(engine), memory=0.0)) as gate:
        bot = gate.bot(gate.agency("water"))
        with away(gate.sessions, postgres_url):
            answer = gate.telegram(bot, calls.update(1, 42, "during"))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert gate.telegram(bot, calls.update(1, 42, "during")).status == 200
    engine.dispose()


def test_a_forged_call_is_turned_away_also_while_the_database_is_away(
    migrated_postgresql_url: str, postgres_url: str
) -> None:
    engine = create_engine(migrated_postgresql_url)
    with opened(Gate(session_factory(engine))) as gate:
        bot = gate.bot(gate.agency("water"))
        assert gate.telegram(bot, calls.update(1, 42, "before")).status == 200
        with away(gate.sessions, postgres_url):
            assert gate.telegram(bot, calls.update(2, 42, "during"), secret="forged").status == 403
    engine.dispose()
