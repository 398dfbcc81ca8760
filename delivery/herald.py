"""Passing wake-ups on beside whoever asks for them: who has committed goes on at once, and waits for no broker."""

import contextlib
import itertools
import queue
import threading

import structlog

from db.wake import Waker
from delivery import meters

log = structlog.get_logger(__name__)

MOST = 10_000
TOGETHER = 4
"""How many one message carries, where so many wait: a message costs the door as much as Flask does."""
STOP_SECONDS = 2.0
STOP = None


class Herald:
    """Passes wake-ups on to `waker`, in order, in a thread of its own that begins with the first.

    Some at a time, where several of one task wait.

    What still waits when the process dies, or is too much while the broker hangs, is lost, and loses only time: the
    clock finds the rows.
    """

    def __init__(self, waker: Waker, *, most: int = MOST) -> None:
        """`most` is how many may wait."""
        self._waker = waker
        self._waiting: queue.Queue[tuple[str, int] | None] = queue.Queue(most)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self, task: str, subject_id: int) -> None:
        """Have this passed on soon; returns at once."""
        if self._thread is None:
            self._start()
        try:
            self._waiting.put_nowait((task, subject_id))
        except queue.Full:
            meters.wake_lost(task)

    def close(self, *, patience: float = STOP_SECONDS) -> None:
        """Pass on what waits, as far as that goes within so many seconds, and stop."""
        if self._thread is not None:
            with contextlib.suppress(queue.Full):
                self._waiting.put(STOP, timeout=patience)
            self._thread.join(patience)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._pass_on, name="herald", daemon=True)
                self._thread.start()

    def _pass_on(self) -> None:
        while (wish := self._waiting.get()) is not STOP:
            task, ids = wish[0], [wish[1], *self._more(wish[0])]
            try:
                self._waker(task, *ids)
            except Exception:  # the next ones are somebody else's
                log.exception("herald.failed", task=task, subject_ids=ids)

    def _more(self, task: str) -> list[int]:
        """Whose wake-ups of the same task wait right behind, as many as go along."""
        with self._waiting.mutex:
            behind = list(itertools.islice(self._waiting.queue, TOGETHER - 1))
        same = itertools.takewhile(lambda wish: wish is not STOP and wish[0] == task, behind)
        ids = [wish[1] for wish in same if wish is not STOP]
        for _ in ids:
            self._waiting.get()  # nobody else takes any
        return ids
