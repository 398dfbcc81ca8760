"""Receipts through the door of one web process, each settled in the database before its 200; and a process killed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench import calls, cpu, knocking
from bench.house import WHATSAPP, House, built
from bench.knocking import Knocks
from bench.meter import Reading
from bench.processes import Failed, Program
from bench.report import Figure, figure
from bench.run import Run

CONSIGNMENT = """
    INSERT INTO consignments
        (id, agency_id, lane, state, policy, aim, of_ids, topic_ids, cadences, area_ids, deadline_at,
            is_planned, is_drill, launched_at, created_at)
    SELECT {id}, min(id), 'notice', 'open', 'resend', 'announce', '[]', '[]', '[]', '[]', now() + interval '1 day',
        true, false, now(), now()
    FROM agencies RETURNING 1
"""
DELIVERIES = """
    WITH made AS (INSERT INTO deliveries (consignment_id, subscriber_id, sender_id, state, attempt)
        SELECT {id}, n, senders.id, 'accepted', 1 FROM generate_series(1, {count}) n, senders
        WHERE channel = 'whatsapp' RETURNING 1)
    SELECT count(*) FROM made
"""
TALLY = """
    INSERT INTO tallies (consignment_id, sender_id, state, count)
    SELECT {id}, id, 'accepted', {count} FROM senders WHERE channel = 'whatsapp' RETURNING 1
"""
SETTLED = "SELECT subscriber_id FROM deliveries WHERE consignment_id = {id} AND state = 'delivered'"
KILLED_AFTER = 0.3  # of the time the calls take
PER = 10_000


@dataclass(frozen=True, slots=True)
class Door:
    """The open door of one number, and its process."""

    house: House
    web: Program
    key: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.house.environment["PORT"])

    def built(self, consignment_id: int, count: int) -> list[bytes]:
        """A consignment whose messages are all accepted, and a receipt for each of them."""
        for statement in (CONSIGNMENT, DELIVERIES, TALLY):
            self.house.query(statement.format(id=consignment_id, count=count))
        return list(calls.receipts(self.key, consignment_id, count))

    def settled(self, consignment_id: int) -> set[int]:
        """The places of the receipts that are in the ledger."""
        rows = self.house.query(SETTLED.format(id=consignment_id))
        return {int(str(number)) - 1 for (number,) in rows}


def receipts(run: Run) -> Iterator[Figure]:
    """How many a second, what they cost, and what a SIGKILL in the middle loses of what was answered 200."""
    count = run.size(50_000, 10_000)
    with built(run.servers, run.sink) as house:
        house.agency("bench").sender(WHATSAPP)
        [(key,)] = house.query("SELECT key FROM senders WHERE channel = 'whatsapp'")
        with house.running("web") as web:
            door = Door(house, web, str(key))
            knocking.as_fast_as_they_come(door.port, door.built(1, 1_000))  # so that everything is warm
            yield from _measured(run, door, door.built(2, count))
            yield from _killed(door, door.built(3, count))


def _measured(run: Run, door: Door, built_calls: list[bytes]) -> Iterator[Figure]:
    before = Reading.of(run.servers, {"web": door.web})
    knocks = knocking.as_fast_as_they_come(door.port, built_calls)
    used = Reading.of(run.servers, {"web": door.web}).since(before)
    if knocks.refused or knocks.unanswered or len(door.settled(2)) != len(knocks.taken):
        raise Failed(f"{len(knocks.taken)} receipts were answered 200, and {len(door.settled(2))} are in the ledger")
    yield figure("receipts.rate", knocks.rate, "receipts/s", ">= 2500")
    yield figure("receipts.p50", knocks.centile(50), "ms")
    yield figure("receipts.p99", knocks.centile(99), "ms")
    yield figure("receipts.cpu", sum(used.values()) * PER / len(built_calls), "CPU s / 10,000")


def _killed(door: Door, built_calls: list[bytes]) -> Iterator[Figure]:
    """Kill the process and its children while calls are coming: every receipt that got its 200 is in the ledger."""
    seconds = max(0.5, KILLED_AFTER * len(built_calls) / 4_000)
    killer = threading.Timer(seconds, _kill, [door.web.pid])
    killer.start()
    knocks: Knocks = knocking.as_fast_as_they_come(door.port, built_calls)
    killer.join()
    time.sleep(1.0)  # what PostgreSQL was just committing for a client that is gone
    if not knocks.taken or len(knocks.taken) == len(built_calls):
        raise Failed(
            f"{len(knocks.taken)} of {len(built_calls)} receipts were answered: it was not killed in the middle"
        )
    yield figure("receipts.killed.answered", len(knocks.taken), "receipts")
    yield figure("receipts.killed.lost", len(set(knocks.taken) - door.settled(3)), "receipts", "<= 0")


def _kill(pid: int) -> None:
    for each in (pid, *cpu.children(pid)):
        os.kill(each, signal.SIGKILL)
