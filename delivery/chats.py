"""Chats that are too fast by themselves, told from a sender that is too fast as a whole. Pure but for its memory.

Platforms do not say whom a 429 is about (https://github.com/tdlib/td/issues/715). So the first holds the sender, as it
asks, and lets others go before it afterwards; the same chat refused again when they got through is that chat's own.
Somebody who writes without end keeps their chat full, and one of them would otherwise hold back a whole broadcast.
"""

import time
from collections.abc import Callable

REMEMBERED = 60.0
"""Seconds after a hold ended in which the chat that caused it is known."""


class FullChats:
    """What one process remembers. Only the loop's thread touches it. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: dict[tuple[int, str], tuple[float, float]] = {}  # when a chat was noted, and until when it counts
        self._went: dict[int, float] = {}

    def went(self, sender_id: int) -> None:
        """Others got through by this sender."""
        self._went[sender_id] = self._clock()

    def is_alone(self, sender_id: int, to: str, seconds: float) -> bool:
        """Whether a chat that was refused for `seconds` is full by itself; it is noted from now on."""
        now = self._clock()
        noted_at, until = self._noted.get((sender_id, to), (now, 0.0))
        is_alone = now < until and self._went.get(sender_id, 0.0) > noted_at
        self._noted = {chat: kept for chat, kept in self._noted.items() if kept[1] > now}
        self._noted[sender_id, to] = (noted_at if is_alone else now, now + seconds + REMEMBERED)
        return is_alone
