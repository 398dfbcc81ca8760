"""How many messages a second the sink itself takes from a bare client: more than what is measured with it has to be."""

import asyncio
import time
from collections.abc import Iterator
from typing import cast

import uvloop

from bench.report import Figure, figure
from bench.run import Run

CONNECTIONS = 64
BODY = b'{"chat_id":%d,"text":"Pasir Ris Drive 3 is closed between Loyang Ave and Jalan Loyang Besar."}'
CALL = b"POST /bot700100:token/sendMessage HTTP/1.1\r\nHost: sink\r\nContent-Length: %d\r\n\r\n%b"


class Client(asyncio.Protocol):
    """One connection: the next message as soon as the last was answered."""

    def __init__(self, calls: Iterator[bytes], ended: asyncio.Future[None]) -> None:
        self._calls, self._ended = calls, ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say the first."""
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """An answer came; on loopback it comes in one piece."""
        self._next()

    def connection_lost(self, reason: Exception | None) -> None:
        """This one has said all it will."""
        if not self._ended.done():
            self._ended.set_result(None)

    def _next(self) -> None:
        call = next(self._calls, None)
        if call is None:
            self._transport.close()
        else:
            self._transport.write(call)


def capacity(run: Run) -> Iterator[Figure]:
    """The sink against a client that does nothing but write and wait, both in Python, a core each."""
    messages = run.size(200_000, 50_000)
    run.sink.reset()
    begun = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_say(run.sink.port, messages))
    seconds = time.perf_counter() - begun
    yield figure("sink.capacity", run.sink.seen().of().people / seconds, "messages/s")


async def _say(port: int, messages: int) -> None:
    loop = asyncio.get_running_loop()
    calls = (CALL % (len(body), body) for body in (BODY % number for number in range(1, messages + 1)))
    all_ended = [loop.create_future() for _ in range(CONNECTIONS)]
    for ended in all_ended:
        await loop.create_connection(lambda ended=ended: Client(calls, ended), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*all_ended)
