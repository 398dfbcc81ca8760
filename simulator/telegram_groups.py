"""Groups on Telegram, as far as a bot with privacy mode meets them: put in, commands said there, put out, upgraded.

A group is kept as a phone: its number is the chat's id, so that the Bot API's methods find it like any other chat. The
page shows those that were made on a phone, as they stand there.
"""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from simulator import telegram_hooks
from simulator.app_keys import WORLD
from simulator.page_api import body_of, bot_of, reply, wrong
from simulator.phones import Msg, Phone
from simulator.telegram_objects import bot_user, chat_of, is_group, message_object, person
from simulator.world import TELEGRAM, TelegramBot, World


def add_routes(app: web.Application) -> None:
    """Serve what happens in groups."""
    app.router.add_post("/control/groups", new_group)
    app.router.add_get("/control/groups/{id}", one_group)
    app.router.add_post("/control/groups/{id}/say", say)
    app.router.add_post("/control/groups/{id}/tap", tap)
    app.router.add_post("/control/groups/{id}/put-out", put_out)
    app.router.add_post("/control/groups/{id}/upgrade", upgrade)


async def new_group(request: web.Request) -> web.Response:
    """Make a group with a bot in it: {"bot": id, "title": text}; with "phone" the page shows it as it stands there."""
    world, body = request.app[WORLD], await body_of(request)
    bot, holder = _bot(world, body), _member(world, body).id if body.get("phone") else ""
    group = _make(world, str(body.get("title") or "Group"), f"-{world.random.randrange(10**8, 10**9)}")
    _membership(world, bot, group, "left", "member")
    if holder:
        group.shown, group.held_by, world.phones[group.id] = True, holder, group
        world.touch(group)
    return reply({"id": group.number, "title": group.name}, 201)


async def one_group(request: web.Request) -> web.Response:
    """Give what stands in a group."""
    group = _group(request)
    messages = [message.as_json() for chat in group.chats.values() for message in chat.messages.values()]
    return reply({"id": group.number, "title": group.name, "messages": messages})


async def say(request: web.Request) -> web.Response:
    """Let a member write {"bot": id, "phone": id, "text": text}; a bot with privacy mode is told of commands alone."""
    world, body, group = request.app[WORLD], await body_of(request), _group(request)
    bot, member, text = _bot(world, body), _member(world, body), str(body.get("text", ""))
    bot.messages += 1
    _, message = world.say(group, bot, Msg(str(bot.messages), "phone", text, time.time()))
    _, _, handle = text.split(maxsplit=1)[0].partition("@") if text.strip() else ("", "", "")
    if text.startswith("/") and handle.casefold() in ("", bot.handle.casefold()):
        told = message_object(bot, group, message) | {"from": person(member)}
        telegram_hooks.push(world, bot, group, "message", told, message)
    return reply({"message": message.id})


async def tap(request: web.Request) -> web.Response:
    """Let a member tap a button with this {"key": text} under the bot's last message."""
    world, body, group = request.app[WORLD], await body_of(request), _group(request)
    bot, member = _bot(world, body), _member(world, body)
    shown = [message for message in group.chat(bot.id).messages.values() if message.sender == "bot"]
    if not shown:
        raise wrong("nothing to tap")
    query = {"id": str(world.random.getrandbits(62)), "from": person(member), "chat_instance": group.number}
    query |= {"message": message_object(bot, group, shown[-1]), "data": str(body.get("key", ""))}
    telegram_hooks.push(world, bot, group, "callback_query", query, None)
    return reply({"ok": True})


async def put_out(request: web.Request) -> web.Response:
    """Take the bot out of the group."""
    world, group = request.app[WORLD], _group(request)
    bot = _bot(world, await body_of(request))
    group.blocked |= {bot.id}
    _membership(world, bot, group, "member", "kicked")
    return reply({"ok": True})


async def upgrade(request: web.Request) -> web.Response:
    """Make a supergroup of it: a new id, told in the old chat and in the new one."""
    world, group = request.app[WORLD], _group(request)
    bot = _bot(world, await body_of(request))
    new = _make(world, group.name, f"-100{world.random.randrange(10**9, 10**10)}")
    group.moved_to = new.number
    _service(world, bot, group, {"migrate_to_chat_id": int(new.number)})
    _service(world, bot, new, {"migrate_from_chat_id": int(group.number)})
    return reply({"id": new.number})


def _make(world: World, title: str, number: str) -> Phone:
    group = Phone(f"group{number}", TELEGRAM, title, number, "", shown=False)
    world.by_number[TELEGRAM, number] = group
    return group


def _service(world: World, bot: TelegramBot, group: Phone, said: dict[str, Any]) -> None:
    bot.messages += 1
    told = {"message_id": bot.messages, "from": bot_user(bot), "chat": chat_of(group), "date": int(time.time())}
    telegram_hooks.push(world, bot, group, "message", told | said, None)


def _membership(world: World, bot: TelegramBot, group: Phone, old: str, new: str) -> None:
    change: dict[str, Any] = {
        "chat": chat_of(group),
        "from": bot_user(bot),
        "date": int(time.time()),
        "old_chat_member": _status(bot, old),
        "new_chat_member": _status(bot, new),
    }
    telegram_hooks.push(world, bot, group, "my_chat_member", change, None)


def _status(bot: TelegramBot, status: str) -> dict[str, Any]:
    return {"user": bot_user(bot), "status": status} | ({"until_date": 0} if status == "kicked" else {})


def _group(request: web.Request) -> Phone:
    found = request.app[WORLD].by_number.get((TELEGRAM, request.match_info["id"]))
    if found is None or not is_group(found):
        raise wrong("no such group", 404)
    return found


def _member(world: World, body: dict[str, Any]) -> Phone:
    found = world.phones.get(str(body.get("phone", "")))
    if found is None or found.channel != TELEGRAM:
        raise wrong("no such phone", 404)
    return found


def _bot(world: World, body: dict[str, Any]) -> TelegramBot:
    found = bot_of(world, body)
    if not isinstance(found, TelegramBot):
        raise wrong("a number is in no group")
    return found
