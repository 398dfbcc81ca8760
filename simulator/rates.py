"""The platforms' brakes: how many calls per second they take, and what to wait when it was too many.

Telegram: about 30 messages a second for each bot, about one a second in one chat with short bursts tolerated
(core.telegram.org/bots/faq). Twilio: 80 a second for each WhatsApp sender.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

TELEGRAM_BOT = 30.0
TELEGRAM_PAID = 1000.0
TELEGRAM_CHAT = 1.0
TELEGRAM_CHAT_BURST = 5.0
WHATSAPP_SENDER = 80.0


@dataclass(slots=True)
class Pace:
    """A brake of `rate` calls a second that tolerates `burst` calls at once (GCRA: one number is its whole memory)."""

    rate: float
    burst: float
    free_at: float = 0.0

    def take(self, now: float) -> float:
        """Take one call at `now` (monotonic seconds): 0.0 if it fits, else the seconds until it would."""
        free_at, wait = advance(self.free_at, now, self.rate, self.burst)
        self.free_at = free_at
        return wait


def advance(free_at: float, now: float, rate: float, burst: float) -> tuple[float, float]:
    """Give the brake's next memory and the seconds to wait; a call that has to wait leaves the memory as it was."""
    start = max(free_at, now)
    wait = start - now - (burst - 1) / rate
    if wait > 1e-9:
        return free_at, wait
    return start + 1 / rate, 0.0


@dataclass(slots=True)
class Limits:
    """Whether brakes apply at all, and the brake of one chat."""

    enabled: bool = True
    chat_rate: float = TELEGRAM_CHAT
    chat_burst: float = TELEGRAM_CHAT_BURST


def whole_seconds(wait: float) -> int:
    """Round a wait as Telegram tells it: whole seconds, at least one."""
    return max(1, math.ceil(wait))
