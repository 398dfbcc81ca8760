"""How long things take: what the platforms do within tens to hundreds of milliseconds, or at once for tests."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

Span = tuple[float, float]
"""Seconds, from and to; a delay is drawn evenly between."""


@dataclass(slots=True)
class Timing:
    """All delays (seconds) and shares (0 to 1) that can be set through /control/timing."""

    answer: Span = (0.0, 0.0)
    """Before an API call is answered."""
    sent: Span = (0.02, 0.1)
    """From accepting a WhatsApp message to `sent`, `delivered` and `read`, each after the one before."""
    delivered: Span = (0.05, 0.3)
    read: Span = (0.2, 1.5)
    read_share: float = 0.7
    """How many people read what they got, with receipts switched on."""
    skip_delivered_share: float = 0.05
    """How many of the read ones never report `delivered` (Meta sends none when a message is read at once)."""
    scramble_share: float = 0.02
    """How many messages report their statuses in another order."""
    retry: float = 1.0
    """The first delay before a webhook is tried again; it doubles."""
    retry_most: Span = (60.0, 120.0)
    callback_expires: float = 60.0
    """How long a Telegram callback query can be answered."""
    window: float = 86400.0
    """How long free text is allowed after a WhatsApp message came in."""

    def quicken(self) -> None:
        """Make everything happen at once; the order stays realistic."""
        self.sent = self.delivered = self.read = (0.0, 0.01)
        self.retry = 0.05

    def settle(self) -> None:
        """Take out chance: everybody reads, every status comes, in order."""
        self.read_share, self.skip_delivered_share, self.scramble_share = 1.0, 0.0, 0.0


def draw(random: Random, span: Span) -> float:
    """Draw a delay."""
    return random.uniform(*span)
