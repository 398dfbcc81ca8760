"""Work that goes on after an answer was given: webhooks, status callbacks, typing that ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """Keeps hold of tasks and timers, so that all can be stopped at once."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._era = 0

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start some work and keep it from being collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after some seconds, unless everything was cancelled meanwhile."""
        era = self._era
        asyncio.get_running_loop().call_later(seconds, lambda: act() if era == self._era else None)

    def cancel(self) -> None:
        """Stop everything under way and forget every timer."""
        self._era += 1
        for task in list(self._tasks):
            task.cancel()
