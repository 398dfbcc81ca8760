"""The pretended world: bots, WhatsApp senders, phones, and everything that happened to them. In memory, one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from simulator import people
from simulator.background import Background
from simulator.faults import Faults, Scope
from simulator.files import Files
from simulator.phones import Chat, Msg, Phone
from simulator.rates import TELEGRAM_BOT, TELEGRAM_PAID, WHATSAPP_SENDER, Limits, Pace
from simulator.record import Record
from simulator.telegram_updates import Callback, Hook
from simulator.timing import Timing
from simulator.twilio_state import Content, TwilioMessage

SHOWN_CROWD = 12
"""Of phones made in bulk the page shows only this many."""
TELEGRAM = "telegram"
WHATSAPP = "whatsapp"


@dataclass(slots=True)
class TelegramBot:
    """A registered bot: its token, its webhook, its numbering."""

    id: str
    token: str
    handle: str
    name: str
    pace: Pace = field(default_factory=lambda: Pace(TELEGRAM_BOT, TELEGRAM_BOT))
    paid_pace: Pace = field(default_factory=lambda: Pace(TELEGRAM_PAID, TELEGRAM_PAID))
    hook: Hook = field(default_factory=Hook)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    channel: str = TELEGRAM


@dataclass(slots=True)
class WhatsAppSender:
    """A registered WhatsApp number and the Twilio account it belongs to."""

    id: str
    account_sid: str
    auth_token: str
    handle: str
    """The number in E.164."""
    name: str
    webhook_url: str = ""
    pace: Pace = field(default_factory=lambda: Pace(WHATSAPP_SENDER, WHATSAPP_SENDER))
    channel: str = WHATSAPP


Bot = TelegramBot | WhatsAppSender


@dataclass(frozen=True, slots=True)
class Link:
    """Something to try, shown beside the phones."""

    title: str
    url: str
    note: str


class World:
    """Holds everything; methods keep the indexes and the page's news right."""

    def __init__(self, seed: int | None = None) -> None:
        """Make an empty world; the same seed invents the same people."""
        self.random = Random(seed)
        self.timing = Timing()
        self.limits = Limits()
        self.background = Background()
        self.post: Poster = _nowhere
        self.get: Getter = _nothing
        self.url = ""
        self.revision = 0
        self.born_at = time.time()
        self.clear()

    def clear(self) -> None:
        """Forget everybody and everything that happened, and stop what was under way; settings stay."""
        self.background.cancel()
        self.bots: dict[str, Bot] = {}
        self.by_token: dict[str, TelegramBot] = {}
        self.phones: dict[str, Phone] = {}
        self.by_number: dict[tuple[str, str], Phone] = {}
        self.links: list[Link] = []
        self.record = Record()
        self.faults = Faults(self.random, time.monotonic)
        self.files = Files()
        self.contents: dict[str, Content] = {}
        self.messages: dict[str, TwilioMessage] = {}
        self.approval = "approved"
        self.crowd = 0
        self.revision += 1
        self.changed: set[str] = set()
        self.removed: list[str] = []

    def add_bot(self, bot: Bot) -> None:
        """Register a bot or a sender, replacing the one with the same id."""
        self.bots[bot.id] = bot
        if isinstance(bot, TelegramBot):
            self.by_token[bot.token] = bot
        self.revision += 1

    def sender(self, account_sid: str, number: str) -> WhatsAppSender | None:
        """Find a WhatsApp sender of this account by its number."""
        bot = self.bots.get(number.lstrip("+"))
        fits = isinstance(bot, WhatsAppSender) and bot.account_sid == account_sid
        return bot if fits and isinstance(bot, WhatsAppSender) else None

    def auth_token(self, account_sid: str) -> str | None:
        """Give the auth token of a Twilio account that has a sender."""
        senders = (bot for bot in self.bots.values() if isinstance(bot, WhatsAppSender))
        return next((bot.auth_token for bot in senders if bot.account_sid == account_sid), None)

    def add_phone(
        self, channel: str, *, name: str | None, language_code: str, crowd: bool = False, is_hidden: bool = False
    ) -> Phone:
        """Put a new phone into the world, inventing its number and, where none is given, its owner's name.

        Of a WhatsApp phone that `is_hidden` no number is ever told, but a business-scoped user id in its place.
        """
        whatsapp = people.invent_user_id if is_hidden else people.invent_number
        invent = people.invent_telegram_id if channel == TELEGRAM else whatsapp
        number = invent(self.random)
        while (channel, number) in self.by_number:
            number = invent(self.random)
        name = name or people.invent_name(self.random, language_code)
        self.crowd += crowd
        shown = not crowd or self.crowd <= SHOWN_CROWD
        phone = Phone(f"{channel}-{number.lstrip('+')}", channel, name, number, language_code, shown)
        self.phones[phone.id] = self.by_number[channel, number] = phone
        self.touch(phone)
        return phone

    def remove_phone(self, phone: Phone) -> None:
        """Take a phone out of the world."""
        self.phones.pop(phone.id, None)
        self.by_number.pop((phone.channel, phone.number), None)
        self.revision += 1
        if phone.shown:
            self.removed.append(phone.id)

    def touch(self, phone: Phone) -> None:
        """Note that the page's picture of this phone is out of date."""
        self.revision += 1
        if phone.shown:
            self.changed.add(phone.id)

    def sid(self, prefix: str) -> str:
        """Invent a Twilio identifier: two letters and 32 hexadecimal digits."""
        return f"{prefix}{self.random.getrandbits(128):032x}"

    def scope(self, bot: Bot, phone: Phone | None) -> Scope:
        """Give the fault scope of something between this bot and this phone."""
        return Scope(bot.channel, bot.id, phone.number if phone else None)

    def say(self, phone: Phone, bot: Bot, message: Msg) -> tuple[Chat, Msg]:
        """Put a message into the chat and tell the page."""
        chat = phone.chat(bot.id)
        chat.add(message)
        self.touch(phone)
        return chat, message


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answered; status 0 means there was no answer, `fault` says why."""

    status: int
    body: bytes = b""
    content_type: str = ""
    retry_after: float | None = None
    fault: str = ""

    @property
    def is_ok(self) -> bool:
        """Any 2xx counts as delivered."""
        return 200 <= self.status < 300


Poster = Callable[[str, bytes, dict[str, str], float], Coroutine[Any, Any, Answer]]
"""Posts a body with headers to a URL and waits at most some seconds for the answer (outside.py)."""


Getter = Callable[[str, float], Coroutine[Any, Any, Answer]]
"""Gets what is at a URL within some seconds (outside.py)."""


async def _nothing(_url: str, _seconds: float) -> Answer:
    """Stands in until the server is up."""
    return Answer(0, fault="ct")


async def _nowhere(_url: str, _body: bytes, _headers: dict[str, str], _seconds: float) -> Answer:
    """Stands in until the server is up."""
    return Answer(0, fault="ct")
