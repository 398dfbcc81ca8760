"""Calling the door: as fast as it answers, or so many a second whatever it does; and how long each call waited."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import uvloop

CLIENTS = 64
PATIENCE = 60.0
CONNECTIONS = 200  # of an open loop: Telegram opens the 100 we ask for, Twilio about as many


@dataclass(slots=True)
class Knocks:
    """What came of the calls: their places in the order given, by answer; waits in seconds; who got no answer.

    `begun` is when the first was due, in seconds since the epoch.
    """

    taken: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    seconds: float = 0.0
    begun: float = field(default_factory=time.time)

    @property
    def rate(self) -> float:
        """Calls answered 200, a second."""
        return len(self.taken) / self.seconds if self.seconds else 0.0

    def centile(self, wanted: int) -> float:
        """Milliseconds within which so many of a hundred calls were answered."""
        return statistics.quantiles(self.waits, n=100)[wanted - 1] * 1000


def as_fast_as_they_come(port: int, calls: Sequence[bytes], *, clients: int = CLIENTS) -> Knocks:
    """So many clients, each with its next call as soon as the last was answered. A lost connection ends its client."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_closed(port, calls, clients))


def at_a_rate(port: int, calls: Sequence[bytes], rate: float) -> Knocks:
    """So many calls a second, whether the earlier ones were answered or not; waits count from when a call was due."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_open(port, calls, rate))


async def _closed(port: int, calls: Sequence[bytes], clients: int) -> Knocks:
    knocks, places, begun = Knocks(), iter(range(len(calls))), time.perf_counter()
    await asyncio.gather(*(_client(port, calls, places, knocks) for _ in range(clients)))
    knocks.seconds = time.perf_counter() - begun
    return knocks


async def _client(port: int, calls: Sequence[bytes], places: Iterator[int], knocks: Knocks) -> None:
    try:
        line = await Line.opened(port)
    except OSError:
        return
    for place in places:
        asked = time.perf_counter()
        try:
            await line.call(calls[place], place, asked, knocks)
        except (OSError, EOFError, TimeoutError):  # IncompleteReadError is an EOFError
            knocks.unanswered += 1
            break
    line.close()


async def _open(port: int, calls: Sequence[bytes], rate: float) -> Knocks:
    knocks, idle, begun = Knocks(), list[Line](), time.perf_counter()
    free = asyncio.Semaphore(CONNECTIONS)

    async def knock(place: int) -> None:
        due = begun + place / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        async with free:
            try:
                line = idle.pop() if idle else await Line.opened(port)
                await line.call(calls[place], place, due, knocks)
                idle.append(line)
            except (OSError, EOFError, TimeoutError):
                knocks.unanswered += 1

    await asyncio.gather(*(knock(place) for place in range(len(calls))))
    knocks.seconds = time.perf_counter() - begun
    for line in idle:
        line.close()
    return knocks


@dataclass(frozen=True, slots=True)
class Line:
    """One kept-alive connection to the door."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def opened(cls, port: int) -> "Line":
        """A new one."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, call: bytes, place: int, asked: float, knocks: Knocks) -> None:
        """Make one call and note its answer."""
        async with asyncio.timeout(PATIENCE):
            self.writer.write(call)
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            await self.reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
        is_taken = int(head.split(b" ", 2)[1]) == 200
        (knocks.taken if is_taken else knocks.refused).append(place)
        knocks.waits.append(time.perf_counter() - asked)

    def close(self) -> None:
        """Let go of it."""
        self.writer.close()
