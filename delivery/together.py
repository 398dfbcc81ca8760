"""What many ask for one by one, done for all of them at once: while one group is with the database the next gathers.

Whoever asks alone waits for nobody. A surge of a thousand letters costs tens of transactions instead of thousands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Do = Callable[[Sequence[K]], Awaitable[Sequence[V]]]


@dataclass(frozen=True, slots=True, eq=False)
class Asked(Generic[K, V]):
    """A key, and where its value is waited for."""

    key: K
    answer: "asyncio.Future[V]"

    def give(self, value: V) -> None:
        """Answer, unless whoever asked was cancelled meanwhile."""
        if not self.answer.done():
            self.answer.set_result(value)

    def fail(self, error: Exception) -> None:
        """The same for an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Together(Generic[K, V]):
    """Groups of at most `most`, one at a time, in the order in which they were asked for. It belongs to one loop.

    A group for which it raises is done again one by one, so that whoever is at fault hurts nobody else; not after an
    error that is `everybodys`.
    """

    def __init__(self, most: int, *, everybodys: tuple[type[Exception], ...] = ()) -> None:
        self._most = most
        self._everybodys = everybodys
        self._waiting: list[Asked[K, V]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, key: K, do: Do[K, V]) -> V:
        """The value of this key, or what its making raised. `do` gives a value for each key, in their order."""
        asked: Asked[K, V] = Asked(key, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._running is None:
            self._running = asyncio.ensure_future(self._run(do))
        return await asked.answer

    async def _run(self, do: Do[K, V]) -> None:
        group: list[Asked[K, V]] = []
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(group, do)
        finally:
            self._running = None
            for each in [*group, *self._waiting]:  # nobody waits any more, but where the loop is ended in the middle
                each.answer.cancel()
            self._waiting = []

    async def _answer(self, group: Sequence[Asked[K, V]], do: Do[K, V]) -> None:
        try:
            values = await do([each.key for each in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, self._everybodys):
                for each in group:
                    await self._answer([each], do)
            else:
                for each in group:
                    each.fail(error)
            return
        for each, value in zip(group, values, strict=True):
            each.give(value)
