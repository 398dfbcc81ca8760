"""The office: what every task of the post office is given, once, by whoever puts the process together."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from db.engine import Sessions
from delivery.chats import FullChats
from delivery.loop import Loop, Pool
from delivery.switchboard import Switchboard
from delivery.throttle import Throttle
from delivery.together import Together

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError)
"""The database cannot be asked now: what was to be done is done again."""

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.5
GROUP = 64
"""Letters that share a transaction at most."""
GRACE = 5.0
"""Seconds a process that ends waits for what is in the air; after that it is in doubt."""
LOOK_SECONDS = 1.0
PATIENCE = 120.0
"""Seconds a database may be away before what was heard is given up. Far longer than a lease: the epoch keeps whoever
comes too late from writing, and whoever comes back at once is there before the batch is sent again."""


@dataclass(frozen=True, slots=True)
class Office:
    """Sessions, channels, brakes, the loop, the clock, how long a lease lasts, and the sign that the process ends.

    `freezing` and `freezing_alerts` are the ids whose audiences this process is freezing, alerts apart; meanwhile it
    carries one batch of each sender at a time, but alerts: whoever sends takes the processor from whoever plans.
    `aboard` counts what this process has in hand by sender, `leasing` and `settling` are where letters gather; only
    the loop's thread touches them.
    """

    sessions: Sessions
    switchboard: Switchboard
    throttle: Throttle
    loop: Loop
    now: Callable[[], datetime]
    lease_for: timedelta
    stopping: threading.Event = field(default_factory=threading.Event)
    freezing: set[int] = field(default_factory=set)
    freezing_alerts: set[int] = field(default_factory=set)
    chats: FullChats = field(default_factory=FullChats)
    aboard: Counter[tuple[Pool, int]] = field(default_factory=Counter)
    leasing: Together[int, Any] = field(default_factory=lambda: Together(GROUP, everybodys=AWAY))
    settling: Together[Any, bool] = field(default_factory=lambda: Together(GROUP, everybodys=AWAY))

    def has_alert_in_hand(self, sender_id: int) -> bool:
        """Whether this process works on an alert that all else of this sender makes way for: one of the sender, or any
        whose audience is being frozen."""
        return bool(self.freezing_alerts) or self.aboard[Pool.ALERT, sender_id] > 0

    async def step(self, pool: Pool, do: Callable[[Session], T]) -> T:
        """Do something in a transaction of its own, in a thread of this pool."""
        return await self.loop.in_thread(pool, lambda: self._transact(do))

    async def patient_step(self, pool: Pool, do: Callable[[Session], T]) -> T:
        """The same for what must not be lost: while the database is away, try again for two minutes.

        A process that ends tries on for the length of a lease only.
        """
        gives_up, pause, is_ending = time.monotonic() + PATIENCE, FIRST_PAUSE, False
        while True:
            try:
                return await self.step(pool, do)
            except AWAY as error:
                if self.stopping.is_set() and not is_ending:
                    is_ending, gives_up = True, min(gives_up, time.monotonic() + self.lease_for.total_seconds())
                if time.monotonic() + pause > gives_up:
                    raise
                log.warning("office.database_away", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def awaited(self, pool: Pool, work: Coroutine[Any, Any, T], renew: Callable[[Session], object]) -> T | None:
        """The result of something in the air; while it takes long, renew the lease every third of its time.

        A process that ends waits for `GRACE` seconds only, then gives the answers up: None.
        """
        flying = asyncio.ensure_future(work)
        third = self.lease_for.total_seconds() / 3
        loop = asyncio.get_running_loop()
        renewed_at, ends_at = loop.time(), float("inf")
        while not flying.done():
            await asyncio.wait({flying}, timeout=min(third, LOOK_SECONDS))
            if self.stopping.is_set():
                ends_at = min(ends_at, loop.time() + GRACE)
            if loop.time() >= ends_at:
                flying.cancel()
                await asyncio.wait({flying})
                return None
            if not flying.done() and loop.time() - renewed_at >= third:
                await self.patient_step(pool, renew)
                renewed_at = loop.time()
        return flying.result()

    def _transact(self, do: Callable[[Session], T]) -> T:
        with self.sessions.begin() as session:
            return do(session)
