"""The senders as they were a moment ago, so that no call at the door costs the database anything."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.exc import SQLAlchemyError

from db.engine import Sessions
from delivery import senders
from delivery.models import Sender

log = structlog.get_logger(__name__)

MEMORY_SECONDS = 5.0
ASKED_AGAIN_SECONDS = 0.5


class Senders:
    """All senders, read together every few seconds; for a key nobody has, at most twice a second.

    So neither a call nor somebody who tries keys costs the database anything. Where calls come all the time they are
    read anew beforehand, in a thread beside: at the end of each memory a crowd would have to wait.
    """

    def __init__(self, sessions: Sessions, memory: float) -> None:
        """`memory` is for how many seconds a sender is known without reading its row again."""
        self._sessions = sessions
        self._memory = memory
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(1, "senders")
        self._asked_beside_at = float("-inf")
        self._read_at = float("-inf")
        self._known: dict[tuple[str, str], Sender] = {}

    def remembered(self, channel: str, key: str) -> Sender | None:
        """Whoever is known and was read not too long ago; waits for nobody."""
        now = time.monotonic()
        age = now - self._read_at
        if age > self._memory:
            return None
        if age > self._memory / 2 and now - self._asked_beside_at > ASKED_AGAIN_SECONDS:
            self._asked_beside_at = now
            self._beside.submit(self._read_beside)
        return self._known.get((channel, key))

    def find(self, channel: str, key: str) -> Sender | None:
        """The sender with this door, or None."""
        if (sender := self.remembered(channel, key)) is not None:
            return sender
        with self._lock:
            age = time.monotonic() - self._read_at
            is_known = (channel, key) in self._known
            if age > (self._memory if is_known else min(self._memory, ASKED_AGAIN_SECONDS)):
                self._read()
            return self._known.get((channel, key))

    def _read_beside(self) -> None:
        try:
            with self._lock:
                if time.monotonic() - self._read_at > self._memory / 2:
                    self._read()
        except SQLAlchemyError as error:
            log.warning("senders.not_read", error=type(error).__name__)

    def _read(self) -> None:
        with self._sessions() as session:
            self._known = {(sender.channel, sender.key): sender for sender in senders.everyone(session)}
        self._read_at = time.monotonic()
