"""Where the application keeps what its handlers share."""

from aiohttp import web

from simulator.world import World

WORLD = web.AppKey("world", World)
