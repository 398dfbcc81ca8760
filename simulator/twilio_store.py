"""Where Twilio keeps what people sent, over HTTP: its API sends callers on to the store, which asks for nothing."""

from __future__ import annotations

from aiohttp import web

from simulator.app_keys import WORLD
from simulator.twilio_api import account_of
from simulator.twilio_errors import TwilioRefused, json_reply, not_found, refusal
from simulator.twilio_media import PATH


def add_routes(app: web.Application) -> None:
    """Serve what people sent."""
    app.router.add_get(PATH, sent_on)
    app.router.add_get("/twilio-media/{account}/{media}", stored)


async def sent_on(request: web.Request) -> web.StreamResponse:
    """Send whoever has the credentials on to where the file is, as Twilio does."""
    try:
        account = account_of(request)
    except TwilioRefused as refused:
        return refusal(refused)
    kept = request.app[WORLD].files.find(account, request.match_info["media"])
    if kept is None:
        return refusal(not_found(request.path))
    raise web.HTTPTemporaryRedirect(f"{request.app[WORLD].url}/twilio-media/{account}/{kept.id}")


async def stored(request: web.Request) -> web.StreamResponse:
    """Give the file itself."""
    kept = request.app[WORLD].files.find(request.match_info["account"], request.match_info["media"])
    if kept is None:
        return json_reply({"status": 404}, 404)
    return web.Response(body=kept.content, content_type=kept.mime_type)
