"""Between the engine and the loop: a task begins here as a coroutine, and no process takes on more than it can carry.

The engine's thread that brings one more waits until there is room, so the rest stays with the broker, for other hosts.
"""

import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future

import structlog

from delivery import meters
from delivery.loop import Loop

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5

Work = Callable[[], Coroutine[object, object, object]]


class Floor:
    """Room for `most` tasks of one kind at a time. After `stopping` is set nothing more begins."""

    def __init__(self, loop: Loop, *, name: str, most: int, stopping: threading.Event) -> None:
        self._loop = loop
        self._name = name
        self._most = most
        self._free = threading.BoundedSemaphore(most)
        self._stopping = stopping

    def begin(self, work: Work) -> None:
        """Begin a task as soon as there is room, and do not wait for its end."""
        while not self.try_begin(work) and not self._stopping.is_set():
            if self._free.acquire(timeout=LOOK_SECONDS):
                self._free.release()

    def try_begin(self, work: Work) -> bool:
        """Begin a task if there is room for it now; whether there was."""
        if self._stopping.is_set() or not self._free.acquire(blocking=False):
            return False
        self._loop.submit(work()).add_done_callback(self._ended)
        return True

    def drain(self, until: float, clock: Callable[[], float]) -> bool:
        """Wait until everything has ended, or until this instant of the clock; whether everything has."""
        taken = 0
        while taken < self._most and self._free.acquire(timeout=max(0.0, until - clock())):
            taken += 1
        if taken:
            self._free.release(taken)
        return taken == self._most

    def _ended(self, future: "Future[object]") -> None:
        self._free.release()
        if not future.cancelled() and (error := future.exception()) is not None:
            meters.task_failed(self._name)
            log.error("floor.task_failed", task=self._name, exc_info=error)
