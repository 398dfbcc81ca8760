"""A whole town for journeys: the simulator, a database, and our real processes, spoken to only through the doors."""

import asyncio
import contextlib
import copy
import itertools
import secrets
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
from commands.fittings import switchboard_for
from db.crypto import Vault
from db.engine import create_engine, session_factory
from delivery.models import Consignment, Delivery
from demo import agency
from demo.stage import BOT, NUMBER, approved_templates, note_templates
from subscribers import topics
from tests.journeys.hosts import Hosts
from tests.journeys.person import Person as Person
from tests.simulated import Simulator

T = TypeVar("T")
EMBEDDED = {"up": "up"}
SCALED_OUT = {"web": "web", "worker": "worker", "clock": "clock"}


@dataclass(kw_only=True)
class Town(Hosts):
    """Our processes on one database, an agency in it, and everybody's phones. `wishes` are settings of one's own.

    `commands` says which processes run from the beginning: a name of ours and the `loudhailer` command.
    """

    simulator: Simulator
    database_url: str
    redis_url: str | None = None
    wishes: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    officers: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=itertools.count)  # of its agencies
    recorded: int = 0  # how much of the platforms' record is older than the agency

    def __enter__(self) -> Self:
        self.commands = self.commands or (SCALED_OUT if self.redis_url else EMBEDDED)
        self.settings = self._settings()
        self.engine = create_engine(self.database_url)
        self.sessions = session_factory(self.engine)
        self._found_agency()
        self.mend()
        asyncio.run(self._introduce())
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop_all()
        finally:
            self.engine.dispose()

    def mend(self) -> None:
        """End every fault, start what does not run but should, and wait until all is well."""
        self.simulator.clear_faults()
        for name, command in self.commands.items():
            if name not in self.processes or self.processes[name].poll() is not None:
                self.start(name, command)
        self.wait_for_door()

    def another(self) -> Self:
        """The same town as an agency founded just now sees it: it has nobody yet, and no past."""
        seen = copy.copy(self)
        seen.officers = set()
        seen.heard = {path: path.stat().st_size for path in self.logs()}
        seen.recorded = int(self.simulator.call("GET", "/control/health")["calls"])
        seen._found_agency()
        asyncio.run(seen._introduce())
        return seen

    def person(self, channel: str, language: str = "en") -> Person:
        """A new phone with nothing on it."""
        phone = self.simulator.new_phone(channel, language)["id"]
        return Person(self.simulator, phone, self.bots[channel])

    def link(self, channel: str, payload: str = "", words: str = "") -> str:
        """The link that opens a chat with us; where people send the first message themselves, these are its words."""
        sender = {"telegram": self.cast.telegram, "whatsapp": self.cast.whatsapp}[channel]
        return self.board.channel(sender).link(payload, words)

    def topic(self, key: str) -> int:
        """The id of one of the agency's topics."""
        found = self.in_session(lambda session: topics.by_key(session, self.cast.agency.id, key))
        assert found is not None, key
        return found.id

    def officer(self, language: str = "en") -> Person:
        """Somebody who has opened the invitation on a new Telegram phone."""
        person = self.person("telegram", language)
        self.officers.add(person.phone)
        person.open(self.link("telegram", f"o-{self.cast.invitation}"))
        person.see(agency.NAME if language == "en" else agency.NAMES.get(language, agency.NAME))
        return person

    def ledger(self) -> Counter[str]:
        """How many of the agency's deliveries are in each state, counted row by row."""
        query = select(Delivery.state, func.count()).join(Consignment, Consignment.id == Delivery.consignment_id)
        ours = query.where(Consignment.agency_id == self.cast.agency.id).group_by(Delivery.state)
        rows = self.in_session(lambda session: session.execute(ours).all())
        return Counter({str(state): count for state, count in rows})

    def record(self) -> list[dict[str, Any]]:
        """What the platforms were asked since the agency was founded, in order."""
        return self.simulator.record(self.recorded)

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
            **({"REDIS_URL": self.redis_url} if self.redis_url else {}),
            **self.wishes,
        }
        return config.load(**{name.lower(): value for name, value in self.environment.items()})

    def _found_agency(self) -> None:
        vault, number = Vault(self.settings.keys()), next(self.numbers)
        self.board = switchboard_for(self.settings, vault)
        self.secrets = _secrets(number)
        slug = f"{agency.SLUG}-{number}" if number else agency.SLUG
        with self.sessions.begin() as session:
            self.cast = agency.found(session, vault, self.secrets, now=datetime.now(UTC), slug=slug)
        bot, line = self.secrets["telegram"], self.secrets["whatsapp"]
        hook = self.board.channel(self.cast.whatsapp).hook_address()
        self.bots = {
            "telegram": self.simulator.add_bot(bot["token"], bot["handle"], agency.NAME),
            "whatsapp": self.simulator.add_whatsapp_sender(
                line["handle"], hook, line["account_sid"], line["auth_token"]
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


def _secrets(number: int) -> dict[str, dict[str, str]]:
    """The handle and the credentials of an agency's bot and number; the first one's are the demonstration's."""
    bot, _, rest = BOT["token"].partition(":")
    handle = BOT["handle"].replace("_bot", f"_{number}_bot") if number else BOT["handle"]
    account = f"{NUMBER['account_sid'][:-4]}{number:04}" if number else NUMBER["account_sid"]
    return {
        "telegram": {"handle": handle, "token": f"{int(bot) + number}:{rest}", "webhook_secret": secrets.token_hex(16)},
        "whatsapp": {
            "handle": f"+{int(NUMBER['handle']) + number}",
            "account_sid": account,
            "auth_token": secrets.token_hex(16),
        },
    }


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
        made = Town(
            simulator=simulator,
            database_url=database_url,
            folder=folder,
            redis_url=redis_url,
            wishes=wishes or {},
            commands=commands or {},
        )
        with made:
            yield made
