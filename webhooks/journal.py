"""Keeping calls by group commit: the requests of the same few milliseconds share one transaction.

Each request hands in its entry and waits; one thread takes whatever has gathered, writes it in one transaction, and
only then lets the requests answer. Nothing is held in memory that somebody was told is safe.
"""

import hashlib
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from sqlalchemy.orm import Session

from channels.contract import Event, Hook, Receipt
from db import bulk, wake
from db.engine import Sessions
from delivery import receipts
from delivery.models import Sender
from webhooks import meters
from webhooks.models import Call, CallState

log = structlog.get_logger(__name__)

GROUP_LIMIT = 500
LINGER_SECONDS = 0.001
LINGER_STEPS = 4
PATIENCE_SECONDS = 10.0
AWAY = (OperationalError, InterfaceError, PoolEmpty)
PASSING = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock: the other one went on
STOP = None

Row = Mapping[str, object]

# The widths of the columns: PostgreSQL refuses a row that is too wide, and with it the provider's every retry.
ID_LENGTH = 120
PROVIDER_ID_LENGTH = 80


class NotKept(Exception):
    """The call is not durable (the database is away, or refused it): answer 503, so that the provider calls again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one request brings: the events to keep and the receipts to settle, and the future its answer waits for."""

    sender: Sender
    hook: Hook
    events: Sequence[Event]
    received_at: datetime
    error: str | None = None  # set for a malformed call, which is kept for the operator
    is_kept: "Future[None]" = field(default_factory=Future)


class Journal:
    """The one writer of a web process. `keep` returns once the entry is durable."""

    def __init__(self, sessions: Sessions, *, patience: float = PATIENCE_SECONDS) -> None:
        """`patience` is for how many seconds a request waits for the commit. Nothing runs before the first `keep`."""
        self._sessions = sessions
        self._patience = patience
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, entry: Entry) -> None:
        """Make the entry durable, or raise NotKept. It may become durable all the same: then its repetition is none."""
        self.wait(self.take(entry))

    def wait(self, kept: "Future[None]") -> None:
        """Until what was taken is durable; or raise NotKept."""
        try:
            kept.result(self._patience)
        except Exception as error:
            raise NotKept(type(error).__name__) from error

    def take(self, entry: Entry) -> "Future[None]":
        """The same without waiting: the future of its being durable, or of why it is not."""
        if self._thread is None:
            self._start()
        self._waiting.put(entry)
        return entry.is_kept

    def close(self) -> None:
        """Write what waits, and stop."""
        if self._thread is not None:
            self._waiting.put(STOP)
            self._thread.join(timeout=self._patience)

    def _start(self) -> None:
        """One writer, whoever comes first; a worker and a clock, which have a journal and no door, get none."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
                self._thread.start()

    def _write_groups(self) -> None:
        while (group := self._gather()) is not STOP:
            self._write(group)

    def _gather(self) -> list[Entry] | None:
        """Wait for the first entry, and take with it whatever came while the last group was written, or comes now.

        A group costs as much as fifty entries do, so in a surge a few milliseconds' patience serves everybody sooner.
        """
        first = self._waiting.get()
        if first is STOP:
            return None
        group = [first]
        self._linger()
        while len(group) < GROUP_LIMIT and not self._waiting.empty():
            entry = self._waiting.get()
            if entry is STOP:
                self._waiting.put(STOP)
                break
            group.append(entry)
        return group

    def _linger(self) -> None:
        """Where others wait already, wait as well until no more come, but never for long."""
        waiting, before = self._waiting.qsize(), 0
        for _ in range(LINGER_STEPS):
            if waiting == before or waiting >= GROUP_LIMIT:
                return
            time.sleep(LINGER_SECONDS)
            waiting, before = self._waiting.qsize(), waiting

    def _write(self, group: Sequence[Entry]) -> None:
        began = time.monotonic()
        try:
            self._commit(group)
        except Exception as error:
            self._write_apart(group, error)
            return
        meters.committed(len(group), time.monotonic() - began)
        for entry in group:
            entry.is_kept.set_result(None)

    def _commit(self, group: Sequence[Entry]) -> None:
        """One transaction; a second one where the first met a deadlock or lost its connection."""
        try:
            with self._sessions.begin() as session:
                write(session, group)
        except DBAPIError as error:
            if not _is_passing(error):
                raise
            log.warning("journal.again", size=len(group), error=type(error.orig).__name__)
            with self._sessions.begin() as session:
                write(session, group)

    def _write_apart(self, group: Sequence[Entry], error: Exception) -> None:
        """One bad entry must not take its neighbours down; a database that is away fails them all alike."""
        log.warning("journal.group_failed", size=len(group), error=type(error).__name__)
        if len(group) == 1 or isinstance(error, AWAY):
            for entry in group:
                entry.is_kept.set_exception(error)
            return
        for entry in group:
            self._write([entry])


def _is_passing(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in PASSING


def write(session: Session, group: Sequence[Entry]) -> None:
    """Insert the group's new events, wake somebody for each, and settle its receipts. A repeated one is not new."""
    for call_id in sorted(_insert(session, [row for entry in group for row in _heard(entry)])):
        wake.later(session, "hear", call_id)
    _insert(session, [_malformed(entry, entry.error) for entry in group if entry.error is not None])
    _settle(session, group)


def _insert(session: Session, rows: Sequence[Row]) -> list[int]:
    """In the order of the unique key, so that two web processes given the same calls wait and do not deadlock."""
    new = bulk.insert_new(session, Call, sorted(rows, key=_unique_key), Call.id)
    if repeated := len(rows) - len(new):
        meters.repeated(repeated)
        log.info("journal.repeated", count=repeated)
    return new


def can_be_kept(events: Iterable[Event]) -> bool:
    """Whether the ids and addresses of these events fit into their columns."""
    return all(_fits(event.event_id, ID_LENGTH) and _fits(_whose(event), _width(event)) for event in events)


def _whose(event: Event) -> str:
    return event.provider_id if isinstance(event, Receipt) else event.address


def _width(event: Event) -> int:
    return PROVIDER_ID_LENGTH if isinstance(event, Receipt) else ID_LENGTH


def _fits(text: str, length: int) -> bool:
    return len(text) <= length and "\0" not in text


def _settle(session: Session, group: Sequence[Entry]) -> None:
    for _, entries in groupby(sorted(group, key=_sender_id), key=_sender_id):
        together = list(entries)
        heard = [event for entry in together for event in entry.events if isinstance(event, Receipt)]
        if heard:
            receipts.settle(session, together[0].sender, heard, now=together[0].received_at)


def _sender_id(entry: Entry) -> int:
    return entry.sender.id


def _unique_key(row: Row) -> tuple[object, object]:
    return row["sender_id"], row["event_id"]


def _heard(entry: Entry) -> list[Row]:
    """A row for each event somebody has to handle; receipts are settled instead."""
    return [
        {**_raw(entry), "event_id": event.event_id, "address": event.address, "state": CallState.WAITING, "error": None}
        for event in entry.events
        if not isinstance(event, Receipt)
    ]


def _malformed(entry: Entry, error: str) -> Row:
    """The same rubbish is one row, however often it comes."""
    event_id = f"malformed:{hashlib.sha256(entry.hook.body).hexdigest()[:32]}"
    return {**_raw(entry), "event_id": event_id, "address": None, "state": CallState.MALFORMED, "error": error}


def _raw(entry: Entry) -> Row:
    return {
        "sender_id": entry.sender.id,
        "url": entry.hook.url,
        "content_type": entry.hook.headers.get("content-type", "")[:120],
        "body": entry.hook.body,
        "received_at": entry.received_at,
        "attempts": 0,
    }
