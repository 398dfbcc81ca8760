"""Whether a process of ours is well: alive (/health) and fit for work (/ready), and the heartbeat that others see."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from db.engine import Sessions
from db.probe import Answering, Probe
from delivery import pulse
from delivery.loop import Loop
from delivery.pulse import Identity

log = structlog.get_logger(__name__)

LOOP_SECONDS = 0.5
TICKS_MISSED = 30.0
STOP_SECONDS = 1.0

Check = Callable[[], str | None]
"""What is wrong, or None."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is well, and a line that says so."""

    is_well: bool
    text: str

    @property
    def status(self) -> int:
        """As HTTP says it."""
        return 200 if self.is_well else 503


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a process is judged by: the database's answers, and what must run in it. No look takes longer than a second.

    `alive` are the checks without which a process should be started again; `fit` those without which it does no work.
    """

    probe: Probe
    alive: Mapping[str, Check] = field(default_factory=dict)
    fit: Mapping[str, Check] = field(default_factory=dict)

    def health(self) -> Verdict:
        """Whether this process lives. It asks nobody else, so a slow database does not take it out."""
        wrong = _wrong(self.alive)
        return Verdict(not wrong, "; ".join(wrong) or "ok")

    def ready(self) -> Verdict:
        """Whether it can do its work in principle: a slow database is said and no reason to take it out."""
        answering = self.probe.state()
        wrong = [*_wrong(self.alive), *_wrong(self.fit)]
        if answering is Answering.AWAY:
            wrong.insert(0, "the database is away")
        return Verdict(not wrong, "; ".join(wrong) or answering.value)


def _wrong(checks: Mapping[str, Check]) -> list[str]:
    return [f"{name}: {problem}" for name, check in checks.items() if (problem := check()) is not None]


def loop_turns(loop: Loop) -> Check:
    """Whether the loop of this process still turns."""

    async def turn() -> None:
        """Nothing: that it was done is the answer."""

    def check() -> str | None:
        try:
            loop.submit(turn()).result(LOOP_SECONDS)
        except (TookTooLong, RuntimeError):
            return f"has not turned for {LOOP_SECONDS} s"
        return None

    return check


class Ticks(Collector):
    """When the clock of this process last ticked, for /ready and for Prometheus."""

    def __init__(self, *, missed_after: float = TICKS_MISSED, clock: Callable[[], float] = time.monotonic) -> None:
        """Without a tick for `missed_after` seconds the clock is not well."""
        self._missed_after, self._clock = missed_after, clock
        self._ticked_at = clock()

    def beat(self) -> None:
        """It has ticked."""
        self._ticked_at = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last tick, or since the start."""
        return self._clock() - self._ticked_at

    def check(self) -> str | None:
        """Whether it ticks."""
        return f"has not ticked for {self.age:.0f} s" if self.age > self._missed_after else None

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        name = "loudhailer_clock_tick_age_seconds"
        yield GaugeMetricFamily(name, "Seconds since the clock of this process last ticked", value=self.age)


class Heart:
    """Says every few seconds that this process is alive, in a row that `loudhailer top` reads."""

    def __init__(self, sessions: Sessions, kind: str, *, now: Callable[[], datetime]) -> None:
        """`kind` is what this process runs: up, web, worker or clock."""
        self._sessions, self._now = sessions, now
        self._identity = Identity(kind, socket.gethostname(), os.getpid(), now())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take the row away; a database that is away is not waited for."""
        self._stopping.set()
        self._thread.join(STOP_SECONDS)

    def _beat(self) -> None:
        while not self._stopping.is_set():
            self._say(leaving=False)
            self._stopping.wait(pulse.EVERY.total_seconds())
        self._say(leaving=True)

    def _say(self, *, leaving: bool) -> None:
        try:
            with self._sessions.begin() as session:
                if leaving:
                    pulse.leave(session, self._identity)
                else:
                    pulse.beat(session, self._identity, now=self._now())
        except SQLAlchemyError as error:
            log.warning("heart.not_heard", error=type(error).__name__)
