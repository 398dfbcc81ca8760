"""The one event loop of a process, and the threads in which its database steps run.

Channel objects and everything that waits live in the loop: a batch that waits for tokens or for a provider costs no
thread. What talks to the database runs in a pool of threads; alerts, letters and everything else have pools of their
own, so that neither a slow statement nor a thousand bulletins stand before an alert.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import Any, TypeVar

import uvloop

STOP_SECONDS = 10.0
T = TypeVar("T")


class Pool(StrEnum):
    """Whose database steps a thread does."""

    ALERT = "alert"
    LETTERS = "letters"
    BULK = "bulk"


SHARES = {Pool.ALERT: 1, Pool.LETTERS: 1, Pool.BULK: 1}
"""Threads of each pool for each of WORKER_THREADS."""
POOL_THREADS = sum(SHARES.values())


class Loop:
    """A background thread with an event loop, running from the start until `stop`; `threads` is WORKER_THREADS."""

    def __init__(self, threads: int = 4) -> None:
        self._loop = uvloop.new_event_loop()
        self._pools = {pool: ThreadPoolExecutor(share * threads, f"db-{pool}") for pool, share in SHARES.items()}
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and give its result, or raise what it raised. Not from the loop itself."""
        return self.submit(work).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Begin a coroutine; its future."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def in_thread(self, pool: Pool, do: Callable[[], T]) -> T:
        """What a blocking call gives, made in a thread of this pool. From the loop."""
        return await self._loop.run_in_executor(self._pools[pool], do)

    def stop(self) -> None:
        """Cancel what runs, end the threads and close the loop; safe to call twice."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_everything(), self._loop).result(STOP_SECONDS)
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


async def _cancel_everything() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
