"""A whole town for journeys: the simulator, a database, and our real processes, spoken to only through the doors."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import config
from app import switchboard_for
from bench.processes import procfile_environment
from db.crypto import Vault
from db.engine import create_engine, session_factory
from delivery.models import Delivery
from demo import agency
from demo.stage import BOT, NUMBER, approved_templates, note_templates
from tests.journeys.person import Person as Person
from tests.simulated import ROOT, Simulator

T = TypeVar("T")
START_SECONDS = 30.0
STOP_SECONDS = 20.0


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


EMBEDDED = {"up": "up"}
SCALED_OUT = {"web": "web", "worker": "worker", "clock": "clock"}


@dataclass
class Town:
    """Our processes on one database, one agency in it, and everybody's phones. `wishes` are settings of one's own.

    `commands` says which processes run from the beginning: a name of ours and the `loudhailer` command.
    """

    simulator: Simulator
    database_url: str
    folder: Path
    redis_url: str | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    officers: set[str] = field(default_factory=set)
    port: int = field(default_factory=free_port)
    metrics: dict[str, int] = field(default_factory=dict)  # where each process shows itself

    def __enter__(self) -> Self:
        self.settings = self._settings()
        self.engine = create_engine(self.database_url)
        self.sessions = session_factory(self.engine)
        self._found_agency()
        for name, command in (self.commands or (SCALED_OUT if self.redis_url else EMBEDDED)).items():
            self.start(name, command)
        self.wait_for_door()
        asyncio.run(self._introduce())
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop_all()
        finally:
            self.engine.dispose()

    def stop_all(self) -> None:
        """End whatever runs, gently; AssertionError names who had to be killed."""
        late = []
        for name in list(self.processes):
            try:
                self.stop(name)
            except AssertionError as error:
                late.append(str(error))
        assert not late, late

    def start(self, name: str, command: str, *, launcher: Sequence[str] = ("cli",), **settings: str) -> None:
        """Start one of our processes as if on a host of its own: its own folder, home and (`settings`) environment."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.metrics[name] = free_port()
        shown = {"METRICS_PORT": str(self.metrics[name])}
        if command in SCALED_OUT.values():
            shown |= procfile_environment(command)
        with (self.folder / f"{name}-{secrets.token_hex(2)}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *launcher, command],
                cwd=folder,
                env={**self.process_environment(), **shown, "HOME": str(folder), **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, name: str, number: int = signal.SIGTERM) -> float:
        """End a process, gently or (SIGKILL, with its children) not, and wait for it; the seconds it took."""
        began, process = time.monotonic(), self.processes[name]
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)  # it leads a session of its own
        else:
            process.send_signal(number)
        return self.wait_for_end(name, began)

    def wait_for_end(self, name: str, began: float) -> float:
        """Wait for a process that was asked to end at this moment (monotonic seconds); the seconds it took."""
        process = self.processes.pop(name)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
            raise AssertionError(f"{name} did not stop within {STOP_SECONDS:.0f} s") from None
        return time.monotonic() - began

    def person(self, channel: str, language: str = "en") -> Person:
        """A new phone with nothing on it."""
        phone = self.simulator.new_phone(channel, language)["id"]
        return Person(self.simulator, phone, self.bots[channel])

    def link(self, channel: str, payload: str = "") -> str:
        """The link that opens a chat with us."""
        sender = {"telegram": self.cast.telegram, "whatsapp": self.cast.whatsapp}[channel]
        return self.board.channel(sender).link(payload)

    def look(self, name: str, path: str) -> tuple[int, str]:
        """What a process shows of itself at /metrics, /health or /ready: the status and the text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics[name]}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def officer(self, language: str = "en") -> Person:
        """Somebody who has opened the invitation on a new Telegram phone."""
        person = self.person("telegram", language)
        self.officers.add(person.phone)
        person.open(self.link("telegram", f"o-{self.cast.invitation}"))
        person.see(agency.NAME if language == "en" else agency.NAMES.get(language, agency.NAME))
        return person

    def ledger(self) -> Counter[str]:
        """How many deliveries are in each state, counted row by row."""
        with self.sessions() as session:
            rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
        return Counter({str(state): count for state, count in rows})

    def log_text(self) -> str:
        """Everything our processes wrote."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def command(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Type a `loudhailer` command, with further variables in its environment; what it printed and how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env={**self.process_environment(), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def in_session(self, ask: Callable[[Session], T]) -> T:
        """Ask the database something."""
        with self.sessions() as session:
            return ask(session)

    def _settings(self) -> config.Settings:
        self.environment = {
            "DATABASE_URL": self.database_url,
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
            "SECRET_KEYS": Fernet.generate_key().decode(),
            "TELEGRAM_API_URL": f"{self.simulator.url}/telegram",
            "TWILIO_API_URL": self.simulator.twilio_url,
            "TWILIO_CONTENT_URL": self.simulator.content_url,
            "TWILIO_MEDIA_URL": self.simulator.media_url,
            "LOG_FORMAT": "console",
            "LEASE_SECONDS": "3",
            "TICK_SECONDS": "0.3",
        }
        if self.redis_url:
            self.environment["REDIS_URL"] = self.redis_url
        self.environment |= self.wishes
        return config.load(**{name.lower(): value for name, value in self.environment.items()})

    def process_environment(self) -> dict[str, str]:
        """What a process of ours finds in its environment: nothing of the test run but the path."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")}
        return {**kept, **self.environment, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}

    def _found_agency(self) -> None:
        vault = Vault(self.settings.keys())
        self.board = switchboard_for(self.settings, vault)
        token = secrets.token_hex(16)
        credentials = {
            "telegram": {**BOT, "webhook_secret": secrets.token_urlsafe(24)},
            "whatsapp": {**NUMBER, "auth_token": token},
        }
        with self.sessions.begin() as session:
            self.cast = agency.found(session, vault, credentials, now=datetime.now(UTC))
        self.bots = {
            "telegram": self.simulator.add_bot(BOT["token"], BOT["handle"], agency.NAME),
            "whatsapp": self.simulator.add_whatsapp_sender(
                NUMBER["handle"], self.board.channel(self.cast.whatsapp).hook_address(), NUMBER["account_sid"], token
            ),
        }

    async def _introduce(self) -> None:
        try:
            await self.board.channel(self.cast.telegram).connect()
            await self.board.channel(self.cast.whatsapp).connect()
            templates = await approved_templates(self.board.channel(self.cast.whatsapp))
        finally:
            await self.board.aclose()
        with self.sessions.begin() as session:
            note_templates(session, self.cast.whatsapp, templates)

    def wait_for_door(self) -> None:
        """Return once the web server answers and reaches its database, and every process shows itself."""
        deadline = time.monotonic() + START_SECONDS
        for url in (
            f"http://127.0.0.1:{self.port}/ready",
            *(f"http://127.0.0.1:{self.metrics[name]}/health" for name in self.processes),
        ):
            self._wait_for(url, deadline)

    def _wait_for(self, url: str, deadline: float) -> None:
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(url, timeout=2).close()
                return
            assert all(each.poll() is None for each in self.processes.values()), self.log_text()
            time.sleep(0.1)
        raise AssertionError("our processes did not come up:\n" + self.log_text())


@contextlib.contextmanager
def town(
    *options: str,
    database_url: str,
    folder: Path,
    redis_url: str | None = None,
    wishes: Mapping[str, str] | None = None,
    commands: Mapping[str, str] | None = None,
) -> Iterator[Town]:
    """A town with a simulator of its own, gone afterwards. `options` are the simulator's."""
    with Simulator(*options) as simulator:
        simulator.timing(read_share=0.0, skip_delivered_share=0.0)  # who reads is for the journey to say
        simulator.limits(chat_rate=50, chat_burst=50)  # an officer's preview is a dozen messages
        with Town(simulator, database_url, folder, redis_url, wishes or {}, commands or {}) as made:
            yield made
