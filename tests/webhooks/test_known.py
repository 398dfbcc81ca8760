"""The door knows its senders without asking for each call, and without a crowd that waits when they are read anew."""

import time

import structlog
from sqlalchemy import update

from db.engine import session_factory
from delivery.models import Sender
from tests.databases import engine_on
from tests.webhooks.gate import Gate
from tests.webhooks.test_away import away
from webhooks.known import ASKED_AGAIN_SECONDS, Senders


def test_senders_in_use_are_read_anew_before_they_are_forgotten_and_nobody_waits(gate: Gate, bot: Sender) -> None:
    known = Senders(gate.sessions, memory=2.0)
    assert known.remembered("telegram", bot.key) is None  # never read
    assert known.find("telegram", bot.key) is not None
    with gate.sessions.begin() as session:
        session.execute(update(Sender).values(handle="renamed"))
    until, handles = time.monotonic() + 30, list[str]()
    while handles[-1:] != ["renamed"] and time.monotonic() < until:
        sender = known.remembered("telegram", bot.key)
        assert sender is not None  # not for one call is it forgotten
        handles.append(sender.handle)
        time.sleep(0.01)
    assert handles[0] == bot.handle
    assert handles[-1] == "renamed"


def test_a_database_that_is_away_is_not_asked_for_each_call(migrated_postgresql_url: str, postgres_url: str) -> None:
    with engine_on(migrated_postgresql_url) as engine:
        asks_seldom(Gate(session_factory(engine)), postgres_url)


def asks_seldom(gate: Gate, postgres_url: str) -> None:
    bot = gate.bot(gate.agency("water"))
    known = Senders(gate.sessions, memory=4.0)
    assert known.find("telegram", bot.key) is not None
    with away(gate.sessions, postgres_url), structlog.testing.capture_logs() as log:
        until, calls = time.monotonic() + 4.5, 0
        while known.remembered("telegram", bot.key) is not None and time.monotonic() < until:
            calls += 1
            time.sleep(0.002)
        assert known.remembered("telegram", bot.key) is None
        time.sleep(0.2)
    failed = [line for line in log if line["event"] == "senders.not_read"]
    assert 1 <= len(failed) <= 2.0 / ASKED_AGAIN_SECONDS + 1
    assert calls > 10 * len(failed)
