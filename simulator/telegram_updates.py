"""What a Telegram bot is told: its webhook's settings and the updates waiting for it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from simulator.phones import Msg, Phone

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LIFETIMES = {"callback_query": 150.0}
"""Seconds an update waits for a bot that does not answer (tdlib/telegram-bot-api, Client.cpp)."""
LIFETIME = 24 * 3600.0


@dataclass(slots=True)
class Update:
    """One update, encoded as it will be posted."""

    id: int
    kind: str
    body: bytes
    at: float
    phone: Phone
    message: Msg | None = None
    """The phone's own message, whose tick turns when the bot has it."""

    def expires_at(self) -> float:
        """Give the instant after which it is dropped."""
        return self.at + LIFETIMES.get(self.kind, LIFETIME)


@dataclass(frozen=True, slots=True)
class Callback:
    """A tap that waits for answerCallbackQuery."""

    phone: Phone
    message: Msg
    at: float


@dataclass(slots=True)
class Hook:
    """A bot's webhook as setWebhook left it, and what waits to be delivered, each chat in order."""

    url: str = ""
    secret: str = ""
    allowed: frozenset[str] | None = None
    max_connections: int = 40
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(40))
    """As many calls of the webhook may be under way at once as setWebhook allowed."""
    next_id: int = 0
    pending: dict[str, deque[Update]] = field(default_factory=dict)
    workers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    last_error: str = ""
    last_error_at: float = 0.0

    def wants(self, kind: str) -> bool:
        """Say whether updates of this kind are delivered."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def waiting(self) -> list[Update]:
        """Give everything not yet delivered, oldest first."""
        updates = [update for queue in self.pending.values() for update in queue]
        return sorted(updates, key=lambda update: update.id)
