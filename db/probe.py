"""Whether the database answers: asked in the background, told at once; a slow one is not taken for one that is away.

GC Notify's readiness asked the database itself: when that was slow every web process was taken out together, and
messages were lost. So nobody who asks us waits for the database: one thread asks it, over one connection, and an answer
that is late counts as a failure only after a while, and as an absence only after several.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

EVERY_SECONDS = 2.0
SLOW_SECONDS = 1.0
LIMIT_SECONDS = 5.0
AWAY_AFTER = 3
FIRST_WAIT_SECONDS = 1.0
STOP_SECONDS = 1.0
QUESTION = text("select version_num from alembic_version")
"""One row that is always there; on SQLite "select 1" would not even open the file."""


class Answering(StrEnum):
    """How the database answers."""

    WELL = "ready"  # within a second
    SLOW = "slow"  # late, or it has just failed once or twice: work goes on
    AWAY = "away"  # it failed three times in a row, or has never answered


@dataclass(frozen=True, slots=True)
class Terms:
    """How often the probe asks, and what it makes of the answers (all but `away_after` in seconds).

    Every `limit` seconds without an answer are a failure; `away_after` failures in a row are an absence.
    """

    every: float = EVERY_SECONDS
    slow: float = SLOW_SECONDS
    limit: float = LIMIT_SECONDS
    away_after: int = AWAY_AFTER


@dataclass(slots=True)
class Heard:
    """What the probe knows (monotonic seconds); `asked_at` while a question is open."""

    answered_at: float | None = None
    took: float = 0.0
    failures: int = 0
    asked_at: float | None = None


def judge(heard: Heard, terms: Terms, *, at: float) -> Answering:
    """What this amounts to at a moment. Pure."""
    open_for = at - heard.asked_at if heard.asked_at is not None else 0.0
    failures = heard.failures + int(open_for // terms.limit)
    if heard.answered_at is None or failures >= terms.away_after:
        return Answering.AWAY
    if failures or max(open_for, heard.took) > terms.slow:
        return Answering.SLOW
    return Answering.WELL


class Probe:
    """Asks the database again and again from `start` on. `state` says how it answers and never waits for it."""

    def __init__(self, reader: Engine, terms: Terms | None = None) -> None:
        """`reader` is the probe's own engine, of one connection."""
        self._reader = reader
        self._terms = terms or Terms()
        self._heard = Heard()
        self._has_asked = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self._clock: Callable[[], float] = time.monotonic

    def start(self) -> None:
        """Begin to ask; a second start changes nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def state(self) -> Answering:
        """How the database answers. Waits a second at most, and only for the first question after the start."""
        self._has_asked.wait(FIRST_WAIT_SECONDS)
        return judge(self._heard, self._terms, at=self._clock())

    def stop(self) -> None:
        """Ask no more; a question that hangs is left alone."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            self._reader.dispose()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._ask()
            self._has_asked.set()
            self._stopping.wait(self._terms.every)

    def _ask(self) -> None:
        began = self._clock()
        self._heard.asked_at = began
        try:
            with self._reader.connect() as connection:
                connection.execute(QUESTION)
        except SQLAlchemyError as error:
            open_for = self._clock() - began
            self._heard.failures += 1 + int(open_for // self._terms.limit)
            log.warning("probe.no_answer", error=type(error).__name__, failures=self._heard.failures)
        else:
            self._heard.answered_at, self._heard.took = self._clock(), self._clock() - began
            self._heard.failures = 0
        self._heard.asked_at = None
