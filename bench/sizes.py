"""How large things are, and what it costs to let them leave: what docs/capacity.md multiplies.

A real announcement through the real worker fills the tables. What would take a provider (receipts) or a crowd with
phones (calls, letters) is written with the statements' own effect in SQL, in the groups in which the door writes.
"""

import contextlib
import random
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench import sending, servers
from bench.house import TELEGRAM, WHATSAPP, House
from bench.processes import ROOT, Failed, python
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import Ready

GROUP = 64  # receipts the door settles in one transaction, in a busy minute
STEP = 5_000  # deliveries that leave in one sweep
TALKED = 5_000  # calls and letters
PEOPLE = ("subscribers", "addresses", "subscriptions", "consents")

PARTS = """
    SELECT CAST('{table}' AS regclass) relid
    UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST('{table}' AS regclass)
"""
HEAP = f"SELECT sum(pg_table_size(relid)) FROM ({PARTS}) parts"
INDEX = f"SELECT sum(pg_indexes_size(relid)) FROM ({PARTS}) parts"
NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
RECEIVED = """
    UPDATE deliveries SET state = %(state)s, {state}_at = now()
    WHERE consignment_id = %(consignment)s AND subscriber_id = ANY(%(ids)s)
"""
GONE = """
    DELETE FROM deliveries WHERE consignment_id = %(consignment)s AND subscriber_id <=
    (SELECT max(subscriber_id) FROM (SELECT subscriber_id FROM deliveries WHERE consignment_id = %(consignment)s
     ORDER BY subscriber_id LIMIT %(step)s) step)
"""
CALLS = """
    INSERT INTO calls (sender_id, event_id, address, url, content_type, body, state, attempts, received_at, handled_at)
    SELECT 1, 'update:' || (700000000 + n), (6580000000 + n)::text,
        'https://city.example/hooks/telegram/' || repeat('k', 24), 'application/json',
        convert_to(repeat('u', 420), 'UTF8'), 'handled', 0, now(), now()
    FROM generate_series(1, %(count)s) n
"""
LETTERS = """
    INSERT INTO letters (agency_id, sender_id, "to", text, choices, columns, list_label, variables, alternative,
        heeds_stop, encloses, state, revision, is_again, attempt, epoch, due_at, provider_id, created_at, sent_at)
    SELECT 1, 1, (6580000000 + n)::text, repeat('t', 180),
        '[["topics:open", "My topics", null], ["help:open", "Help", null]]',
        1, '', '{}', '', false, false, 'sent', 1, false, 1, 1, now(), n::text, now(), now()
    FROM generate_series(1, %(count)s) n
"""


def sizes(run: Run) -> Iterator[Figure]:
    """Bytes and WAL for each thing that grows, on PostgreSQL and on SQLite; the cost of what leaves."""
    people = run.size(100_000, 10_000)
    for channel in [run.channel] if run.channel else [TELEGRAM, WHATSAPP]:
        with sending.ready(run, channel, people) as to:
            yield from _announced(run, to, channel, people)
            if channel == WHATSAPP:
                yield from _receipts(to.house, people)
            yield from _sqlite(to.house, channel, people)
            if channel == TELEGRAM:
                yield from _people(to.house, people)
                yield from _talk(to.house)
            yield from _leaving(run, to.house, channel, people)


def _announced(run: Run, to: Ready, channel: str, people: int) -> Iterator[Figure]:
    before, numbered = _wal(to.house), to.house.number(NEXT_TRANSACTION)
    sending.send(run, to, people)
    yield figure(f"sizes.{channel}.wal", (_wal(to.house) - before) / people, "bytes / message")
    transactions = (to.house.number(NEXT_TRANSACTION) - numbered) * sending.PER / people
    yield figure(f"sizes.{channel}.transactions", transactions, "ids / 10,000 messages")
    for name, table in (("delivery", "deliveries"), ("batches", "batches")):
        yield from _bytes(to.house, f"sizes.{channel}.{name}", table, people, "bytes / message")
    yield figure(f"sizes.{channel}.batches.rows", to.house.number("SELECT count(*) FROM batches"), "rows")


def _receipts(house: House, people: int) -> Iterator[Figure]:
    """Sent, delivered and read for everybody, each in an order of its own."""
    ids = [int(str(row[0])) for row in house.query("SELECT subscriber_id FROM deliveries")]
    before = _wal(house)
    with servers.connected(house.url) as connection:
        for state in ("sent", "delivered", "read"):
            random.shuffle(ids)
            for start in range(0, len(ids), GROUP):
                values = {"state": state, "consignment": _consignment(house), "ids": sorted(ids[start : start + GROUP])}
                connection.execute(RECEIVED.format(state=state).encode(), values)
    yield figure("sizes.whatsapp.receipt.wal", (_wal(house) - before) / people / 3, "bytes / receipt")
    yield from _bytes(house, "sizes.whatsapp.delivery_with_receipts", "deliveries", people, "bytes / message")


def _people(house: House, people: int) -> Iterator[Figure]:
    for table in PEOPLE:
        yield from _bytes(house, f"sizes.person.{table}", table, people, "bytes / person")


def _talk(house: House) -> Iterator[Figure]:
    for name, table, statement in (("call", "calls", CALLS), ("letter", "letters", LETTERS)):
        before = _wal(house)
        with servers.connected(house.url) as connection:
            connection.execute(statement.encode(), {"count": TALKED})
        yield figure(f"sizes.{name}.wal", (_wal(house) - before) / TALKED, f"bytes / {name}")
        yield from _bytes(house, f"sizes.{name}", table, TALKED, f"bytes / {name}")


def _sqlite(house: House, channel: str, people: int) -> Iterator[Figure]:
    """The same deliveries in a file of ours."""
    with tempfile.TemporaryDirectory(prefix="loudhailer-bench-") as folder:
        path = Path(folder) / "sizes.db"
        environment = {**house.environment, "DATABASE_URL": f"sqlite:///{path}"}
        done = subprocess.run(python("cli", "migrate"), cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"loudhailer migrate: {done.stderr[-400:]}")
        rows = house.query("SELECT * FROM deliveries ORDER BY consignment_id, subscriber_id")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            before = _file_size(connection)
            insert = f"INSERT INTO deliveries VALUES ({', '.join('?' * len(rows[0]))})"
            connection.executemany(insert, [tuple(map(_plain, row)) for row in rows])
            connection.commit()
            grown = _file_size(connection) - before
        yield figure(f"sizes.{channel}.delivery.sqlite", grown / people, "bytes / message")


def _leaving(run: Run, house: House, channel: str, people: int) -> Iterator[Figure]:
    """What the rows cost to delete in steps, and to drop with their range."""
    consignment = _consignment(house)
    with servers.connected(house.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM deliveries")
        wal, cpu = _wal(house), run.servers.postgres_cpu()
        while connection.execute(GONE.encode(), {"consignment": consignment, "step": STEP}).rowcount:
            pass
        yield figure(f"sizes.{channel}.deleted.wal", (_wal(house) - wal) / people, "bytes / message")
        cost = (run.servers.postgres_cpu() - cpu) * sending.PER / people
        yield figure(f"sizes.{channel}.deleted.cpu", cost, "CPU s / 10,000")
        connection.execute("INSERT INTO deliveries SELECT * FROM kept")
        yield figure(f"sizes.{channel}.dropped.milliseconds", _dropped(connection), "ms")


def _dropped(connection: psycopg.Connection[tuple[object, ...]]) -> float:
    """How long nobody could write: from the lock to the end of taking the range out. Dropping it locks nobody out."""
    [(name,)] = connection.execute("SELECT DISTINCT tableoid::regclass::text FROM deliveries").fetchall()
    begun = time.perf_counter()
    with connection.transaction():
        connection.execute("LOCK TABLE ONLY deliveries IN ACCESS EXCLUSIVE MODE")
        connection.execute(f"ALTER TABLE deliveries DETACH PARTITION {name}".encode())
    took = time.perf_counter() - begun
    connection.execute(f"DROP TABLE {name}".encode())
    return took * 1000


def _bytes(house: House, name: str, table: str, count: int, unit: str) -> Iterator[Figure]:
    yield figure(f"{name}.heap", house.number(HEAP.format(table=table)) / count, unit)
    yield figure(f"{name}.index", house.number(INDEX.format(table=table)) / count, unit)


def _wal(house: House) -> float:
    return house.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")


def _consignment(house: House) -> int:
    return int(house.number("SELECT max(id) FROM consignments"))


def _file_size(connection: sqlite3.Connection) -> int:
    [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
    [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    return int(pages) * int(size)


def _plain(value: object) -> object:
    """As SQLAlchemy writes it: an instant is text of 26 characters."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if hasattr(value, "strftime") else value
