"""`/control`: registers bots and senders, sets limits, timing and faults, and reads the record."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from aiohttp import web

from simulator.app_keys import WORLD
from simulator.page_api import body_of, bot_of, reply, wrong
from simulator.world import TelegramBot, WhatsAppSender, World


def add_routes(app: web.Application) -> None:
    """Serve the control."""
    route = app.router
    route.add_get("/control/health", health)
    route.add_post("/control/bots", add_bot)
    route.add_post("/control/senders", add_sender)
    route.add_post("/control/limits", set_limits)
    route.add_post("/control/timing", set_timing)
    route.add_post("/control/windows", set_windows)
    route.add_post("/control/approvals", set_approvals)
    route.add_get("/control/faults", list_faults)
    route.add_post("/control/faults", add_fault)
    route.add_delete("/control/faults", clear_faults)
    route.add_delete("/control/faults/{id}", clear_faults)
    route.add_post("/control/reset", reset)
    route.add_get("/control/record", record)
    route.add_get("/control/record/summary", summary)


async def health(request: web.Request) -> web.Response:
    """Say that the simulator is up, and how much it holds."""
    world = request.app[WORLD]
    return reply({"ok": True, "phones": len(world.phones), "bots": len(world.bots), "calls": len(world.record.entries)})


async def add_bot(request: web.Request) -> web.Response:
    """Register a Telegram bot by its token, `<number>:<secret>`; an old one with this number keeps its chats."""
    world, body = request.app[WORLD], await body_of(request)
    number, _, secret = str(body.get("token", "")).partition(":")
    if not number.isdigit() or not secret:
        raise wrong("token is <number>:<secret>")
    handle = str(body.get("username") or f"sim{number}_bot").lstrip("@")
    old = world.bots.get(number)
    bot = TelegramBot(number, f"{number}:{secret}", handle, str(body.get("name") or handle))
    if isinstance(old, TelegramBot):
        world.by_token.pop(old.token, None)
        bot = dataclasses.replace(old, token=bot.token, handle=bot.handle, name=bot.name)
    world.add_bot(bot)
    return reply({"id": bot.id, "username": handle, "name": bot.name}, 201)


async def add_sender(request: web.Request) -> web.Response:
    """Register a WhatsApp number with its Twilio account; again with the same number changes it."""
    world, body = request.app[WORLD], await body_of(request)
    number = str(body.get("number", "")).removeprefix("whatsapp:")
    if not number.startswith("+") or not number[1:].isdigit():
        raise wrong("number is in E.164, with its plus")
    account, token = str(body.get("account_sid", "")), str(body.get("auth_token", ""))
    if not account or not token:
        raise wrong("account_sid or auth_token is missing")
    name, webhook = str(body.get("name") or number), str(body.get("webhook_url") or "")
    sender = WhatsAppSender(number[1:], account, token, number, name, webhook)
    world.add_bot(sender)
    return reply({"id": sender.id, "number": number, "name": name}, 201)


async def set_limits(request: web.Request) -> web.Response:
    """Switch all brakes (`enabled`), set those of chats (`chat_rate`, `chat_burst`) or of a `bot` (`rate`, `burst`)."""
    world, body = request.app[WORLD], await body_of(request)
    world.limits.enabled = bool(body.get("enabled", world.limits.enabled))
    world.limits.chat_rate = float(body.get("chat_rate", world.limits.chat_rate))
    world.limits.chat_burst = float(body.get("chat_burst", world.limits.chat_burst))
    if "bot" in body:
        pace = bot_of(world, body).pace
        pace.rate = float(body.get("rate", pace.rate))
        pace.burst = float(body.get("burst", pace.rate))
    world.revision += 1
    return reply(dataclasses.asdict(world.limits))


async def set_timing(request: web.Request) -> web.Response:
    """Set delays and shares by the names in timing.py; {"quick": true} takes out delays, {"certain": true} chance."""
    world, body = request.app[WORLD], await body_of(request)
    if body.pop("quick", False):
        world.timing.quicken()
    if body.pop("certain", False):
        world.timing.settle()
    known = {field.name: getattr(world.timing, field.name) for field in dataclasses.fields(world.timing)}
    if unknown := body.keys() - known.keys():
        raise wrong(f"unknown: {', '.join(sorted(unknown))}")
    for name, value in body.items():
        setattr(world.timing, name, _like(known[name], value))
    return reply(dataclasses.asdict(world.timing))


def _like(old: Any, value: Any) -> Any:
    if not isinstance(old, tuple):
        return float(value)
    return (float(value[0]), float(value[1])) if isinstance(value, list) else (float(value), float(value))


async def set_windows(request: web.Request) -> web.Response:
    """Let WhatsApp's 24-hour windows with a bot end in `seconds` (0: now), for one phone or for all."""
    world, body = request.app[WORLD], await body_of(request)
    bot, until = bot_of(world, body), time.time() + float(body.get("seconds", 0))
    for phone in _phones(world, body):
        if bot.id in phone.chats:
            phone.chats[bot.id].window_until = until
            world.touch(phone)
    return reply({"ok": True})


def _phones(world: World, body: dict[str, Any]) -> list[Any]:
    if "phone" not in body:
        return list(world.phones.values())
    if body["phone"] not in world.phones:
        raise wrong("no such phone", 404)
    return [world.phones[body["phone"]]]


async def set_approvals(request: web.Request) -> web.Response:
    """Set what WhatsApp says of templates, `status`, `reason`: of one `content` (sid or name), else of all to come."""
    world, body = request.app[WORLD], await body_of(request)
    status = str(body.get("status", "approved"))
    wanted = str(body.get("content", ""))
    found = [each for each in world.contents.values() if wanted and wanted in (each.sid, each.name)]
    content = found[-1] if found else None
    if "content" in body and content is None:
        raise wrong("no such content", 404)
    if content is None:
        world.approval = status
    else:
        content.approval, content.rejection_reason = status, str(body.get("reason", ""))
    return reply({"ok": True})


async def list_faults(request: web.Request) -> web.Response:
    """Give the faults in force."""
    return reply({"faults": [fault.as_json() for fault in request.app[WORLD].faults.active]})


async def add_fault(request: web.Request) -> web.Response:
    """Put a fault in force: kind, and as wanted channel, bot, chat, method, probability, count, duration, seconds."""
    body = await body_of(request)
    try:
        fault = request.app[WORLD].faults.add(body)
    except (KeyError, TypeError, ValueError) as problem:
        raise wrong(f"no such fault: {problem}") from None
    return reply(fault.as_json(), 201)


async def clear_faults(request: web.Request) -> web.Response:
    """End one fault, or all."""
    one = request.match_info.get("id")
    request.app[WORLD].faults.clear(int(one) if one else None)
    return reply({"ok": True})


async def reset(request: web.Request) -> web.Response:
    """Forget everybody and everything; limits and timing stay."""
    request.app[WORLD].clear()
    return reply({"ok": True})


async def record(request: web.Request) -> web.Response:
    """Give what was received, in order, after the entry `after`, at most `limit` (1,000)."""
    after, limit = (int(request.query.get(name, otherwise)) for name, otherwise in (("after", 0), ("limit", 1000)))
    entries = request.app[WORLD].record.since(after, limit)
    return reply({"entries": [entry.as_json() for entry in entries]})


async def summary(request: web.Request) -> web.Response:
    """Give how many messages were accepted for each recipient, and totals."""
    return reply(request.app[WORLD].record.summary())
