"""The Bot API over HTTP: `/telegram/bot<token>/<method>`."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from simulator import faults, telegram_dispatch, telegram_files, telegram_params, telegram_profile
from simulator import telegram_params as take
from simulator.app_keys import WORLD
from simulator.faults import Call, Scope
from simulator.rates import whole_seconds
from simulator.telegram_errors import Refused, conflict, forbidden, not_found, too_many, unauthorized
from simulator.telegram_params import Params
from simulator.timing import draw
from simulator.world import TELEGRAM, TelegramBot, World

LONGEST_POLL = 50
telegram_dispatch.register(
    getMe=telegram_profile.get_me,
    setWebhook=telegram_profile.set_webhook,
    deleteWebhook=telegram_profile.delete_webhook,
    getWebhookInfo=telegram_profile.webhook_info,
    setMyCommands=telegram_profile.set_commands,
    getMyCommands=telegram_profile.get_commands,
    deleteMyCommands=telegram_profile.delete_commands,
    setMyDescription=telegram_profile.set_description,
    setMyShortDescription=telegram_profile.set_short_description,
)


def add_routes(app: web.Application) -> None:
    """Serve the Bot API."""
    app.router.add_get(r"/telegram/file/bot{token}/{path:.+}", download)
    app.router.add_route("*", r"/telegram/bot{token}/{method}", call)


def _reply(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def refusal(refused: Refused) -> web.Response:
    """Answer with a refusal; one that asks to wait says so in the header too."""
    response = _reply(refused.as_json(), refused.code)
    if refused.parameters and "retry_after" in refused.parameters:
        response.headers["Retry-After"] = str(refused.parameters["retry_after"])
    return response


async def download(request: web.Request) -> web.StreamResponse:
    """Give the content of a file that getFile named."""
    world = request.app[WORLD]
    bot = world.by_token.get(request.match_info["token"])
    kept = telegram_files.stored(world, bot, request.match_info["path"]) if bot else None
    if kept is None:
        return refusal(not_found() if bot else unauthorized())
    return web.Response(body=kept.content, content_type="application/octet-stream")


async def call(request: web.Request) -> web.StreamResponse:
    """Answer any call of the Bot API."""
    world, method = request.app[WORLD], request.match_info["method"]
    bot = world.by_token.get(request.match_info["token"])
    if bot is None:
        return refusal(unauthorized())
    try:
        params = await telegram_params.read(request)
    except Refused as refused:
        return refusal(refused)
    if world.timing.answer[1]:
        await asyncio.sleep(draw(world.random, world.timing.answer))
    if method.lower() == "getupdates":
        return await get_updates(bot, params)
    return await faults.answer(world.faults, request, _call(world, bot, method, params))


def _call(world: World, bot: TelegramBot, method: str, params: Params) -> Call:
    """Say what this call would do, for a fault to come between."""

    def act() -> web.Response:
        try:
            return _reply({"ok": True, "result": telegram_dispatch.run(world, bot, method, params)})
        except Refused as refused:
            return refusal(refused)

    def lost(why: str) -> None:
        world.record.refuse(telegram_dispatch.note(world, bot, method, params), why)

    scope = Scope(TELEGRAM, bot.id, take.text(params, "chat_id") or None, method)
    return Call(scope, act, lambda wait: refusal(too_many(whole_seconds(wait))), _broken, _blocked, lost)


def _broken(status: int) -> web.Response:
    return refusal(Refused(status, "Internal Server Error: restart" if status == 500 else "Bad Gateway"))


def _blocked() -> web.Response:
    return refusal(forbidden("bot was blocked by the user"))


async def get_updates(bot: TelegramBot, params: Params) -> web.Response:
    """Give waiting updates to a bot without a webhook, waiting up to `timeout` seconds for the first."""
    if bot.hook.url:
        return refusal(conflict())
    offset, limit = take.number(params, "offset"), take.number(params, "limit", 100)
    for _ in range(10 * min(take.number(params, "timeout"), LONGEST_POLL) + 1):
        for queue in bot.hook.pending.values():
            while queue and queue[0].id < offset:
                queue.popleft()
        if waiting := bot.hook.waiting():
            return _reply({"ok": True, "result": [orjson.loads(update.body) for update in waiting[:limit]]})
        await asyncio.sleep(0.1)
    return _reply({"ok": True, "result": []})
