"""How many receipts a second one web process takes in: `python -m bench.door [--clients 64] [--threads 8 64]`.

Everything is real but the provider: the application on waitress and on granian, SQLite and PostgreSQL, signed status
callbacks over HTTP, each of them news about a delivery that exists. The calls are built beforehand, so that this side
costs little; but it shares the machine with the server, which therefore could do a little more than the table says.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
from cryptography.fernet import Fernet
from twilio.request_validator import RequestValidator

ROOT = Path(__file__).parent.parent
TOKEN = secrets.token_hex(16)
PUBLIC_URL = "https://city.example"
CALLS = 12_000  # built for each case; a case ends when they are used up or its time is
START_SECONDS = 20.0

CONSIGNMENT = """
    INSERT INTO consignments (id, agency_id, lane, state, policy, cadences, deadline_at, is_planned, created_at)
    SELECT {id}, min(id), 'notice', 'open', 'resend', '[]', '2099-01-01 00:00:00', {yes}, '2026-01-01 00:00:00'
    FROM agencies
"""
DELIVERIES = """
    INSERT INTO deliveries (consignment_id, subscriber_id, sender_id, state, attempt)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    SELECT {id}, n.i, senders.id, 'accepted', 1 FROM n, senders
"""
TALLY = """
    INSERT INTO tallies (consignment_id, sender_id, state, count) SELECT {id}, id, 'accepted', {count} FROM senders
"""
SETTLED = "SELECT count(*) FROM deliveries WHERE consignment_id = {id} AND state = 'delivered'"
COLUMNS = "{:12}{:10}{:>8}{:>9}{:>12}{:>9}{:>9}{:>9}"


@dataclass(frozen=True)
class Database:
    """A migrated database with one WhatsApp sender; `url` as the settings want it, `key` opens its door."""

    name: str
    url: str
    environment: dict[str, str]

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements in one transaction; the rows of the last."""
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///")) if self._is_sqlite else _postgres(self.url)
        with contextlib.closing(connection), connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def announce(self, consignment_id: int) -> None:
        """A consignment whose messages have all been accepted."""
        values = {"id": consignment_id, "count": CALLS, "yes": "1" if self._is_sqlite else "true"}
        self.run(*(statement.format(**values) for statement in (CONSIGNMENT, DELIVERIES, TALLY)))

    @property
    def _is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")


@dataclass(frozen=True)
class Result:
    """What came of one case."""

    answered: int
    refused: int
    seconds: float
    waits: list[float]


def main() -> None:
    """Measure every combination and print a table."""
    options = _options()
    print(COLUMNS.format("database", "server", "threads", "clients", "receipts/s", "p50 ms", "p99 ms", "not 200"))
    numbers = iter(range(1, 1000))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loudhailer-bench-")))
        for database in _databases(stack, folder, options.postgres):
            for server in ("waitress", "granian"):
                for threads in options.threads:
                    _measure(database, server, threads, options, next(numbers))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receipts a second through the door of one web process.")
    parser.add_argument("--clients", type=int, default=64, help="connections that call at the same time")
    parser.add_argument("--threads", type=int, nargs="+", default=[8, 64], help="WEB_THREADS of the process")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each case lasts at most")
    parser.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL"), help="a server for a new database")
    return parser.parse_args()


def _measure(database: Database, server: str, threads: int, options: argparse.Namespace, number: int) -> None:
    database.announce(number)
    [(key,)] = database.run("SELECT key FROM senders")
    with _serving(database, server, threads) as port:
        result = asyncio.run(_call(port, _calls(str(key), number), options.clients, options.seconds))
    [(settled,)] = database.run(SETTLED.format(id=number))
    if settled != result.answered:
        raise SystemExit(f"{result.answered} receipts were answered 200, and {settled} are in the ledger")
    centiles = statistics.quantiles(result.waits, n=100)
    rate, half, most = (
        f"{figure:,.1f}" for figure in (result.answered / result.seconds, centiles[49] * 1000, centiles[98] * 1000)
    )
    row = (database.name, server, threads, options.clients, rate, half, most, result.refused)
    print(COLUMNS.format(*row), flush=True)


# --- the other side of the door --------------------------------------------------------------------------------------


def _calls(key: str, consignment_id: int) -> Iterator[bytes]:
    validator = RequestValidator(TOKEN)
    made = []
    for number in range(1, CALLS + 1):
        sid = f"SM{consignment_id:08x}{number:024x}"
        path = f"/hooks/whatsapp/{key}?ref={consignment_id}-{number}-1"
        fields = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": "delivered", "SmsStatus": "delivered"}
        fields |= {"From": "whatsapp:+6531230000", "To": f"whatsapp:+65{80000000 + number}", "ApiVersion": "2010-04-01"}
        body = urlencode(fields).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: city.example\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {validator.compute_signature(PUBLIC_URL + path, fields)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return iter(made)


async def _call(port: int, calls: Iterator[bytes], clients: int, seconds: float) -> Result:
    begun = time.perf_counter()
    deadline = begun + seconds
    each = await asyncio.gather(*(_client(port, calls, deadline) for _ in range(clients)))
    elapsed = time.perf_counter() - begun
    answers = [answer for client in each for answer in client]
    taken = [wait for status, wait in answers if status == 200]
    return Result(len(taken), len(answers) - len(taken), elapsed, taken)


async def _client(port: int, calls: Iterator[bytes], deadline: float) -> list[tuple[int, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    while time.perf_counter() < deadline and (call := next(calls, None)):
        asked = time.perf_counter()
        writer.write(call)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        answers.append((int(head.split(b" ", 2)[1]), time.perf_counter() - asked))
    writer.close()
    return answers


# --- what is measured ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _serving(database: Database, server: str, threads: int) -> Iterator[int]:
    """One web process, as the commands `up` (waitress) and `web` (granian) start it; its port."""
    port = _free_port()
    commands = {
        "waitress": f"waitress-serve --listen=127.0.0.1:{port} --threads={threads} --call",
        "granian": f"granian --interface=wsgi --factory --host=127.0.0.1 --port={port} --workers=1"
        f" --blocking-threads={threads} --log-level=warning",
    }
    program, *arguments = [*commands[server].split(), "app:web"]
    command = [str(Path(sys.executable).parent / program), *arguments]
    environment = {**database.environment, "WEB_THREADS": str(threads)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def _databases(stack: contextlib.ExitStack, folder: Path, server_url: str | None) -> Iterator[Database]:
    yield _prepared("sqlite", f"sqlite:///{folder / 'bench.db'}")
    yield _prepared("postgresql", stack.enter_context(_new_database(server_url or _own_server(stack))))


def _prepared(name: str, url: str) -> Database:
    environment = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")},
        "DATABASE_URL": url,
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "WHATSAPP_ACCOUNT_SID": "AC" + "1" * 32,
        "WHATSAPP_AUTH_TOKEN": TOKEN,
        "LOG_LEVEL": "error",
    }
    for words in (
        ["migrate"],
        ["agency", "create", "bench", "--name", "Bench"],
        ["sender", "add", "bench", "whatsapp", "--handle", "+6531230000", "--no-connect"],
    ):
        _command(environment, words)
    return Database(name, url, environment)


def _command(environment: dict[str, str], words: Sequence[str]) -> None:
    command = [sys.executable, "-m", "cli", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"loudhailer {' '.join(words)}: {done.stderr}")


def _own_server(stack: contextlib.ExitStack) -> str:
    """What `make servers` starts. It does not wait for the disk (fsync is off)."""
    command = [sys.executable, "-m", "tests.servers"]
    servers = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    stack.callback(servers.wait, 20)
    stack.callback(servers.terminate)
    assert servers.stdout is not None
    return servers.stdout.readline().partition("=")[2].strip()


@contextlib.contextmanager
def _new_database(server_url: str) -> Iterator[str]:
    name = f"loudhailer_bench_{secrets.token_hex(4)}"
    with contextlib.closing(_postgres(server_url)) as connection:
        connection.autocommit = True
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _postgres(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
