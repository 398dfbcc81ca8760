"""The door knows its senders without asking for each call, and without a crowd that waits when they are read anew."""

import time
from typing import cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.engine import Sessions, session_factory
from delivery.models import Sender
from tests.databases import engine_on
from tests.webhooks.gate import Gate
from tests.webhooks.test_away import away
from webhooks.known import Senders

MEMORY = 60.0


def read_a_while_ago(gate: Gate, bot: Sender) -> Senders:
    """Senders whose memory is two thirds over."""
    known = Senders(gate.sessions, memory=MEMORY)
    assert known.remembered("telegram", bot.key) is None  # never read
    assert known.find("telegram", bot.key) is not None
    known._read_at -= MEMORY * 2 / 3
    return known


def test_senders_in_use_are_read_anew_before_they_are_forgotten_and_nobody_waits(gate: Gate, bot: Sender) -> None:
    known = read_a_while_ago(gate, bot)
    with gate.sessions.begin() as session:
        session.execute(update(Sender).values(handle="renamed"))
    until, handles = time.monotonic() + MEMORY / 4, list[str]()
    while handles[-1:] != ["renamed"] and time.monotonic() < until:
        sender = known.remembered("telegram", bot.key)
        assert sender is not None  # not for one call is it forgotten
        handles.append(sender.handle)
        time.sleep(0.01)
    assert handles[-1] == "renamed"


def test_a_database_that_is_away_is_not_asked_for_each_call(migrated_postgresql_url: str, postgres_url: str) -> None:
    with engine_on(migrated_postgresql_url) as engine:
        gate = Gate(session_factory(engine))
        bot = gate.bot(gate.agency("water"))
        known, asked = read_a_while_ago(gate, bot), list[bool]()

        def counted() -> Session:
            asked.append(True)
            return gate.sessions()

        known._sessions = cast("Sessions", counted)  # not what was logged: an earlier test may have kept the logger
        with away(gate.sessions, postgres_url):
            for _ in range(1_000):
                assert known.remembered("telegram", bot.key) is not None
            known._beside.shutdown(wait=True)
    assert 1 <= len(asked) <= 50
