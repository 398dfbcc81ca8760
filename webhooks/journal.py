"""Keeping calls by group commit: the requests of the same few milliseconds share one transaction.

Each request hands in its entry and waits; one thread takes whatever has gathered, writes it in one transaction, and
only then lets the requests answer. Nothing is held in memory that somebody was told is safe.
"""

import hashlib
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from channels.contract import Event, Hook, Receipt
from db import bulk, wake
from db.engine import Sessions
from delivery import receipts
from delivery.models import Sender
from webhooks.models import Call, CallState

log = structlog.get_logger(__name__)

GROUP_LIMIT = 500
STOP = None


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

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._thread.start()

    def keep(self, entry: Entry, *, timeout: float = 10.0) -> None:
        """Make the entry durable. Raises what the database raised, or TimeoutError after `timeout` seconds."""
        self._waiting.put(entry)
        entry.is_kept.result(timeout)

    def close(self) -> None:
        """Write what waits, and stop."""
        self._waiting.put(STOP)
        self._thread.join(timeout=10)

    def _write_groups(self) -> None:
        while (group := self._gather()) is not STOP:
            self._write(group)

    def _gather(self) -> list[Entry] | None:
        """Wait for the first entry, and take with it whatever came while the last group was written."""
        first = self._waiting.get()
        if first is STOP:
            return None
        group = [first]
        while len(group) < GROUP_LIMIT and not self._waiting.empty():
            entry = self._waiting.get()
            if entry is STOP:
                self._waiting.put(STOP)
                break
            group.append(entry)
        return group

    def _write(self, group: Sequence[Entry]) -> None:
        try:
            with self._sessions.begin() as session:
                write(session, group)
        except Exception as error:
            self._write_apart(group, error)
            return
        for entry in group:
            entry.is_kept.set_result(None)

    def _write_apart(self, group: Sequence[Entry], error: Exception) -> None:
        """One bad entry must not take its neighbours down; a database that is away fails them all alike."""
        log.warning("journal.group_failed", size=len(group), error=type(error).__name__)
        if len(group) == 1 or isinstance(error, OperationalError):
            for entry in group:
                entry.is_kept.set_exception(error)
            return
        for entry in group:
            self._write([entry])


def write(session: Session, group: Sequence[Entry]) -> None:
    """Insert the group's new events, wake somebody for each, and settle its receipts. A repeated one is not new."""
    rows = [row for entry in group for row in _rows(entry)]
    new = bulk.insert_new(session, Call, rows, Call.id)
    if len(new) < len(rows):
        log.info("journal.repeated", count=len(rows) - len(new))
    for call_id in sorted(new):
        wake.later(session, "hear", call_id)
    _settle(session, group)


def _settle(session: Session, group: Sequence[Entry]) -> None:
    for _, entries in groupby(sorted(group, key=_sender_id), key=_sender_id):
        together = list(entries)
        heard = [event for entry in together for event in entry.events if isinstance(event, Receipt)]
        if heard:
            receipts.settle(session, together[0].sender, heard, now=together[0].received_at)


def _sender_id(entry: Entry) -> int:
    return entry.sender.id


def _rows(entry: Entry) -> list[dict[str, object]]:
    shared: dict[str, object] = {
        "sender_id": entry.sender.id,
        "url": entry.hook.url,
        "content_type": entry.hook.headers.get("content-type", "")[:120],
        "body": entry.hook.body,
        "received_at": entry.received_at,
        "attempts": 0,
    }
    if entry.error is not None:
        event_id = f"malformed:{hashlib.sha256(entry.hook.body).hexdigest()[:32]}"
        return [{**shared, "event_id": event_id, "address": None, "state": CallState.MALFORMED, "error": entry.error}]
    return [
        {**shared, "event_id": event.event_id, "address": event.address, "state": CallState.WAITING, "error": None}
        for event in entry.events
        if not isinstance(event, Receipt)
    ]
