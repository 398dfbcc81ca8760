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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import config
from app import switchboard_for
from db.crypto import Vault
from db.engine import create_engine, session_factory
from delivery.models import Delivery
from demo import agency
from demo.stage import BOT, NUMBER, approved_templates, note_templates
from tests.simulated import ROOT, Simulator

T = TypeVar("T")
START_SECONDS = 30.0


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Person:
    """Somebody with a phone, and the chat with our bot or number on it."""

    simulator: Simulator
    phone: str
    bot: str

    def open(self, url: str) -> None:
        """Follow a link."""
        self.simulator.open(self.phone, url)

    def say(self, text: str) -> None:
        """Type something."""
        self.simulator.say(self.phone, self.bot, text)

    def messages(self) -> list[dict[str, Any]]:
        """What is on the screen, oldest first."""
        return self.simulator.messages(self.phone, self.bot)

    def heard(self) -> list[str]:
        """The texts that came from us."""
        return self.simulator.heard(self.phone, self.bot)

    def screen(self) -> str:
        """Everything that came from us, for looking into."""
        return "\n".join(self.heard())

    def see(self, text: str, seconds: float = 15.0) -> str:
        """Wait until a text from us contains this; the newest that does."""

        def newest() -> str:
            return next((each for each in reversed(self.heard()) if text in each), "")

        return self._wait(newest, f"to see {text!r}", seconds)

    def see_new(self, text: str, seconds: float = 15.0) -> str:
        """Wait until we answer what they typed last with this; the answer."""

        def newest() -> str:
            answers: list[str] = []
            for message in self.messages():
                answers = [*answers, message["text"]] if message["from"] == "bot" else []
            return next((each for each in reversed(answers) if text in each), "")

        return self._wait(newest, f"for an answer with {text!r}", seconds)

    def tap_is_offered(self, wish: str, seconds: float = 15.0) -> None:
        """Wait until something can be tapped whose label or key contains this."""
        self._wait(lambda: self._choice(wish), f"for a choice {wish!r}", seconds)

    def choices(self) -> list[tuple[str, str, str]]:
        """What can be tapped on the newest message that offers anything: (message id, key, label)."""
        offers = [_choices(message) for message in self.messages() if message["from"] == "bot"]
        return next((each for each in reversed(offers) if each), [])

    def tap(self, wish: str, seconds: float = 15.0) -> None:
        """Wait until the newest offer has a choice whose label or key contains this, and tap it."""
        message, key, _ = self._found(lambda: self._choice(wish), f"for a choice {wish!r}", seconds)
        self.simulator.tap(self.phone, self.bot, message, key)

    def _found(self, look: Callable[[], T | None], what: str, seconds: float) -> T:
        found = self._wait(look, what, seconds)
        assert found is not None
        return found

    def _choice(self, wish: str) -> tuple[str, str, str] | None:
        return next((each for each in self.choices() if wish in each[1] or wish in each[2]), None)

    def _wait(self, look: Callable[[], T], what: str, seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                screen = f"{self.screen()}\n{self.choices()}"
                raise AssertionError(f"waited {seconds} s in vain {what}; the screen:\n{screen}")
            time.sleep(0.05)
        return found


def _choices(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    buttons = [(message["id"], button["key"], button["label"]) for row in message["buttons"] for button in row]
    items = (message["list"] or {}).get("items", [])
    return buttons + [(message["id"], item["key"], item["title"]) for item in items]


@dataclass
class Town:
    """Our processes on one database, one agency in it, and everybody's phones. `wishes` are settings of one's own."""

    simulator: Simulator
    database_url: str
    folder: Path
    redis_url: str | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    metrics: dict[str, int] = field(default_factory=dict)  # where each process shows itself

    def __enter__(self) -> Self:
        self.settings = self._settings()
        self.engine = create_engine(self.database_url)
        self.sessions = session_factory(self.engine)
        self._found_agency()
        if self.redis_url is None:
            self.start("up", "up")
        else:
            for name, command in (("web", "web"), ("worker", "worker"), ("clock", "clock")):
                self.start(name, command)
        self._wait_for_door()
        asyncio.run(self._introduce())
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.stop(name)
        self.engine.dispose()

    def start(self, name: str, command: str) -> None:
        """Start one of our processes; its log goes to a file in the town's folder."""
        self.metrics[name] = free_port()
        environment = {**self.process_environment(), "METRICS_PORT": str(self.metrics[name])}
        log = (self.folder / f"{name}-{secrets.token_hex(2)}.log").open("wb")
        with log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "cli", command], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """End a process, gently or (SIGKILL) not, and wait for it."""
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
            raise AssertionError(f"{name} did not stop within 20 s") from None

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

    def _wait_for_door(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2).close()
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
) -> Iterator[Town]:
    """A town with a simulator of its own, gone afterwards. `options` are the simulator's."""
    with Simulator(*options) as simulator:
        simulator.timing(read_share=0.0, skip_delivered_share=0.0)  # who reads is for the journey to say
        simulator.limits(chat_rate=50, chat_burst=50)  # an officer's preview is a dozen messages
        with Town(simulator, database_url, folder, redis_url, wishes or {}) as made:
            yield made
