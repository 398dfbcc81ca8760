"""Server-sent events: the page learns what changed, at most ten times a second."""

from __future__ import annotations

import asyncio
import time

import orjson
from aiohttp import web

from simulator import page_api
from simulator.app_keys import WORLD
from simulator.world import World

PAUSE = 0.1
HEARTBEAT = 15.0


class Readers:
    """The pages that listen."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self.queues: set[asyncio.Queue[bytes]] = set()

    async def tell(self, world: World) -> None:
        """Go on telling every page what changed since the last time, until cancelled."""
        told = world.revision
        while True:
            await asyncio.sleep(PAUSE)
            if world.revision != told:
                told = world.revision
                self._tell_all(_news(world))

    def _tell_all(self, news: bytes) -> None:
        for queue in self.queues:
            if not queue.full():
                queue.put_nowait(news)


def _news(world: World) -> bytes:
    """Encode what changed, and begin a new list of changes."""
    changed, removed = world.changed, world.removed
    world.changed, world.removed = set(), []
    now = time.time()
    phones = [world.phones[phone_id].as_json(now) for phone_id in changed if phone_id in world.phones]
    news = {"revision": world.revision, "phones": phones, "removed": removed}
    return b"data: " + orjson.dumps(news | page_api.around(world)) + b"\n\n"


READERS = web.AppKey("readers", Readers)


async def events(request: web.Request) -> web.StreamResponse:
    """Stream the news to one page until it goes away."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=600)
    request.app[READERS].queues.add(queue)
    try:
        await response.write(b": hello, revision %d\n\n" % request.app[WORLD].revision)
        while True:
            await response.write(await _next(queue))
    except (ConnectionError, asyncio.CancelledError):
        return response
    finally:
        request.app[READERS].queues.discard(queue)


async def _next(queue: asyncio.Queue[bytes]) -> bytes:
    try:
        return await asyncio.wait_for(queue.get(), HEARTBEAT)
    except TimeoutError:
        return b": still here\n\n"
