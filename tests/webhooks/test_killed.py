"""A web process that is killed under a storm of receipts, or stopped while somebody holds it up: nothing is lost."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from db.crypto import Vault
from db.engine import create_engine, session_factory
from delivery.models import Delivery, Sender, Tally
from delivery.switchboard import hook_path
from tests.journeys.hosts import free_port
from tests.webhooks import gate as calls
from tests.webhooks.gate import CONSIGNMENT, PUBLIC_URL, Gate

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 30.0
STORM = range(1, 1001)
ENOUGH = 200  # answers, after which the process is killed


@pytest.mark.parametrize("size", ["embedded", "scaled out"])
def test_every_receipt_that_was_answered_200_survives_a_kill_and_the_rest_come_again(
    request: pytest.FixtureRequest, size: str
) -> None:
    with a_house(request, size) as (gate, environment):
        number = gate.number(gate.agency("health"))
        gate.announce(number)
        command = "up" if size == "embedded" else "web"
        with running(gate, command, environment) as process:
            answered = _storm(gate, number, killed=process)
        assert ENOUGH <= len(answered) < len(STORM)
        assert answered <= _settled(gate)
        assert _tallied(gate) == len(_settled(gate))
        with running(gate, command, environment):
            assert _storm(gate, number) == set(STORM)
        assert _settled(gate) == set(STORM)
        assert _tallied(gate) == len(STORM)


def test_a_web_process_stops_although_a_caller_holds_back_the_rest_of_its_body(
    request: pytest.FixtureRequest,
) -> None:
    with a_house(request, "scaled out") as (gate, environment):
        path = hook_path("telegram", gate.bot(gate.agency("water")).key)
        with running(gate, "web", environment) as process, socket.socket() as slow:
            slow.connect(("127.0.0.1", gate.port))
            slow.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc".encode())
            time.sleep(1)  # until one of its threads waits for the rest
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _storm(gate: Gate, number: Sender, *, killed: "subprocess.Popen[bytes] | None" = None) -> set[int]:
    """Every receipt once, over 16 lines; those that were answered 200. `killed` ends without a word in between."""
    answered: set[int] = set()

    def call(subscriber_id: int) -> None:
        body = calls.receipt(subscriber_id, "delivered")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if gate.whatsapp(number, body, query=f"?ref={CONSIGNMENT}-{subscriber_id}-1").status == 200:
                answered.add(subscriber_id)
        if killed is not None and len(answered) >= ENOUGH:
            _kill(killed)

    with ThreadPoolExecutor(16) as provider:
        list(provider.map(call, STORM))
    return answered


def _settled(gate: Gate) -> set[int]:
    with gate.sessions() as session:
        rows = session.execute(select(Delivery.subscriber_id, Delivery.state)).all()
    assert Counter(state for _, state in rows).keys() <= {"delivered"}
    return {subscriber_id for subscriber_id, _ in rows}


def _tallied(gate: Gate) -> int:
    with gate.sessions() as session:
        return sum(session.scalars(select(Tally.count)))


@contextlib.contextmanager
def a_house(request: pytest.FixtureRequest, size: str) -> Iterator[tuple[Gate, dict[str, str]]]:
    """A database with a door before it, and what the process behind that door finds in its environment."""
    key = Fernet.generate_key().decode()
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")}
    environment = {**kept, "PUBLIC_URL": PUBLIC_URL, "SECRET_KEYS": key, "LOG_LEVEL": "error", "PYTHONPATH": str(ROOT)}
    if size == "embedded":
        url = request.getfixturevalue("migrated_sqlite_url")
    else:
        url = request.getfixturevalue("migrated_postgresql_url")
        environment["REDIS_URL"] = request.getfixturevalue("redis_url")
    engine = create_engine(url)
    yield Gate(session_factory(engine), vault=Vault([key])), {**environment, "DATABASE_URL": url}
    engine.dispose()


@contextlib.contextmanager
def running(gate: Gate, command: str, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The process as an operator starts it, with a process group of its own; gone afterwards."""
    gate.port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", command],
        cwd=ROOT,
        env={**environment, "PORT": str(gate.port)},
        start_new_session=True,
    )
    try:
        _wait_for_door(gate.port, process)
        yield process
    finally:
        _kill(process)
        process.wait(10)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """At once and with its children, as a host that loses its power."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _wait_for_door(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2).close()
            return
        assert process.poll() is None
        time.sleep(0.1)
    raise AssertionError("the process did not come up")
