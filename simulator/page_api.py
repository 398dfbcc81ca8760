"""The page and its JSON: what stands on every phone, and what a person does with it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from simulator import acts, attaching
from simulator.app_keys import WORLD
from simulator.phones import Phone
from simulator.telegram_phone import Impossible
from simulator.world import Bot, Link, World

LARGEST_BODY = 60 * 1024 * 1024
"""A bot may upload 50 MB."""
PAGE = Path(__file__).parent / "page"
HEADERS = {
    # Nothing from elsewhere, nothing inline: whatever somebody writes in a chat stays a text.
    # "blob:" are the pictures that somebody is about to send, as the browser itself holds them.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
Body = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application) -> None:
    """Serve the page, its files and its JSON."""
    route = app.router
    route.add_get("/", index)
    route.add_static("/page/", PAGE)
    route.add_get("/api/state", state)
    route.add_post("/api/phones", new_phone)
    route.add_post("/api/phones/bulk", new_crowd)
    route.add_get("/api/phones/{id}", one_phone)
    route.add_delete("/api/phones/{id}", remove_phone)
    route.add_post("/api/phones/{id}/{act}", act)
    route.add_post("/api/links", add_link)
    route.add_get("/api/files/{id}", one_file)
    app.on_response_prepare.append(never_store)
    app.on_response_prepare.append(guard)


async def never_store(request: web.Request, response: web.StreamResponse) -> None:
    """Keep browsers from showing yesterday's page."""
    if request.path == "/" or request.path.startswith("/page/"):
        response.headers["Cache-Control"] = "no-store"


async def guard(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell browsers what no answer of ours may do."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def own_page_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no other website make a visitor's browser touch the phones: browsers say whose page asks."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise wrong("another website may not ask this", 403)
    return await handler(request)


def reply(body: object, status: int = 200) -> web.Response:
    """Answer with JSON; our dataclasses become objects."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def wrong(why: str, status: int = 400) -> web.HTTPException:
    """Give the exception that answers an impossible wish with {"error": why}."""
    kind = {403: web.HTTPForbidden, 404: web.HTTPNotFound, 409: web.HTTPConflict}.get(status, web.HTTPBadRequest)
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


async def body_of(request: web.Request) -> Body:
    """Read the JSON object a call carries; no body is an empty one."""
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        raise wrong("the body is not JSON") from None
    except web.HTTPRequestEntityTooLarge:
        raise wrong(f"a call may have {LARGEST_BODY // 1024**2} MB, in base64 a third more than the files") from None
    if not isinstance(body, dict):
        raise wrong("the body is not a JSON object")
    return body


def phone_of(request: web.Request) -> Phone:
    """Find the phone in the path."""
    phone = request.app[WORLD].phones.get(request.match_info["id"])
    if phone is None:
        raise wrong("no such phone", 404)
    return phone


def bot_of(world: World, body: Body) -> Bot:
    """Find the bot a wish names."""
    bot = world.bots.get(str(body.get("bot", "")))
    if bot is None:
        raise wrong("no such bot", 404)
    return bot


async def index(_request: web.Request) -> web.StreamResponse:
    """Show the page."""
    return web.FileResponse(PAGE / "index.html")


async def state(request: web.Request) -> web.Response:
    """Give everything the page shows; of phones made in bulk only the first few."""
    world, now = request.app[WORLD], time.time()
    phones = [phone.as_json(now) for phone in world.phones.values() if phone.shown]
    return reply(around(world) | {"phones": phones, "revision": world.revision})


def around(world: World) -> Body:
    """Give what the page shows beside the phones: it is small, so every piece of news carries it whole."""
    bots = [{"id": b.id, "channel": b.channel, "name": b.name, "handle": b.handle} for b in world.bots.values()]
    return {"bots": bots, "links": world.links, "limits": world.limits.enabled}


async def new_phone(request: web.Request) -> web.Response:
    """Put a new phone on the table; on WhatsApp with `is_hidden` one whose number is told to nobody."""
    world, body = request.app[WORLD], await body_of(request)
    channel = _channel(body)
    language, name = str(body.get("language_code") or "en"), body.get("name")
    hidden = bool(body.get("is_hidden", False))
    phone = world.add_phone(channel, name=str(name) if name else None, language_code=language, is_hidden=hidden)
    return reply(phone.as_json(time.time()), 201)


def _channel(body: Body) -> str:
    if body.get("channel") not in ("telegram", "whatsapp"):
        raise wrong("channel is telegram or whatsapp")
    return str(body["channel"])


async def new_crowd(request: web.Request) -> web.Response:
    """Make many phones, the languages in turn; with `started_with` they have already written to that bot."""
    world, body = request.app[WORLD], await body_of(request)
    channel, languages = _channel(body), [str(code) for code in body.get("languages") or ["en"]]
    bot = bot_of(world, {"bot": body["started_with"]}) if body.get("started_with") else None
    ids: list[str] = []
    for number in range(int(body.get("count", 1))):
        language = languages[number % len(languages)]
        phone = world.add_phone(channel, name=None, language_code=language, crowd=True)
        if bot is not None:
            acts.begin(world, bot, phone)
        ids.append(phone.id)
    return reply({"ids": ids}, 201)


async def one_phone(request: web.Request) -> web.Response:
    """Give one phone, also one the page does not show."""
    return reply(phone_of(request).as_json(time.time()))


async def one_file(request: web.Request) -> web.Response:
    """Give the content of a picture or a file that stands in a chat. What is no picture is for saving, never opened."""
    kept = request.app[WORLD].files.kept.get(request.match_info["id"])
    if kept is None:
        raise wrong("no such file", 404)
    saved = {} if kept.mime_type in attaching.PICTURES else {"Content-Disposition": "attachment"}
    return web.Response(body=kept.content, content_type=kept.mime_type, headers=saved)


async def remove_phone(request: web.Request) -> web.Response:
    """Throw a phone away."""
    request.app[WORLD].remove_phone(phone_of(request))
    return reply({"ok": True})


async def add_link(request: web.Request) -> web.Response:
    """Show something to try beside the phones."""
    world, body = request.app[WORLD], await body_of(request)
    title, url, note = (str(body.get(name, "")) for name in ("title", "url", "note"))
    if not url:
        raise wrong("url is missing")
    world.links = [link for link in world.links if link.url != url] + [Link(title, url, note)]
    world.revision += 1
    return reply({"ok": True}, 201)


async def act(request: web.Request) -> web.Response:
    """Do something with a phone; what the app would not let a person do is a 409 with the reason."""
    world, phone, body = request.app[WORLD], phone_of(request), await body_of(request)
    doing = ACTS.get(request.match_info["act"])
    if doing is None:
        raise wrong("no such thing to do", 404)
    try:
        outcome = doing(world, phone, body)
    except Impossible as why:
        raise wrong(str(why), 409) from None
    return reply({"ok": True} | outcome)


def _say(world: World, phone: Phone, body: Body) -> Body:
    return {"message": acts.say(world, bot_of(world, body), phone, str(body.get("text", ""))).id}


def _send(world: World, phone: Phone, body: Body) -> Body:
    return {"message": attaching.send(world, bot_of(world, body), phone, body).id}


def _album(world: World, phone: Phone, body: Body) -> Body:
    return {"messages": [each.id for each in attaching.send_album(world, bot_of(world, body), phone, body)]}


def _tap(world: World, phone: Phone, body: Body) -> Body:
    url = acts.tap(world, bot_of(world, body), phone, str(body.get("message")), str(body.get("key")))
    return {"open": url} if url else {}


def _open(world: World, phone: Phone, body: Body) -> Body:
    return {"bot": acts.follow(world, phone, str(body.get("url", ""))).id}


def _deactivate(world: World, phone: Phone, _body: Body) -> Body:
    acts.deactivate(world, phone)
    return {}


def _language(world: World, phone: Phone, body: Body) -> Body:
    phone.language_code = str(body.get("language_code") or "en")
    world.touch(phone)
    return {}


def _with_bot(doing: Callable[[World, Bot, Phone], None]) -> Callable[[World, Phone, Body], Body]:
    def do(world: World, phone: Phone, body: Body) -> Body:
        doing(world, bot_of(world, body), phone)
        return {}

    return do


ACTS: dict[str, Callable[[World, Phone, Body], Body]] = {
    "say": _say,
    "send": _send,
    "album": _album,
    "tap": _tap,
    "open": _open,
    "block": _with_bot(acts.block),
    "unblock": _with_bot(acts.unblock),
    "read": _with_bot(acts.read),
    "deactivate": _deactivate,
    "language": _language,
}
