"""Puts the pretended platforms, the page and the control into one aiohttp application and serves it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web

from simulator import control, events, page_api, telegram_api, telegram_groups, twilio_api, twilio_content, twilio_store
from simulator.app_keys import WORLD
from simulator.outside import Outside
from simulator.world import World

log = structlog.get_logger()


def create_app(world: World) -> web.Application:
    """Give the application over this world."""
    app = web.Application(client_max_size=page_api.LARGEST_BODY, middlewares=[page_api.own_page_only])
    app[WORLD] = world
    app[events.READERS] = events.Readers()
    for room in (telegram_api, twilio_api, twilio_store, twilio_content, page_api, control, telegram_groups):
        room.add_routes(app)
    app.router.add_get("/api/events", events.events)
    app.cleanup_ctx.append(_alive)
    return app


async def _alive(app: web.Application) -> AsyncIterator[None]:
    """Keep the client open and the pages informed while the application runs."""
    outside = Outside()
    app[WORLD].post, app[WORLD].get = outside.post, outside.get
    telling = asyncio.create_task(app[events.READERS].tell(app[WORLD]))
    yield
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    app[WORLD].background.cancel()
    await outside.close()


async def serve(world: World, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` is told the address once it answers (port 0 takes any free one)."""
    runner = web.AppRunner(create_app(world), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=1024)
    await site.start()
    world.url = f"http://{host}:{runner.addresses[0][1]}"
    ready(world.url)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
