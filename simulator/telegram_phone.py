"""What a person with Telegram can do: write, tap, block, come back."""

from __future__ import annotations

import time
from typing import Any

from simulator import telegram_hooks
from simulator.phones import Media, Msg, Phone
from simulator.telegram_objects import bot_user, message_object, person, private_chat
from simulator.telegram_updates import Callback
from simulator.world import TelegramBot, World

KEPT_CALLBACKS = 10_000
"""How many taps wait for an answer at once; the oldest are too old by then."""


class Impossible(Exception):
    """The app would not let the person do this; the page shows why."""


def say(world: World, bot: TelegramBot, phone: Phone, text: str, media: Media | None = None) -> Msg:
    """Write to the bot, or send it something; the first message starts the chat, as pressing Start does."""
    if bot.id in phone.blocked:
        raise Impossible("blocked: unblock the bot first")
    phone.chat(bot.id).started = True
    bot.messages += 1
    message = Msg(str(bot.messages), "phone", text, time.time(), ticks="sent", media=media)
    if text.startswith("/"):
        command = text.split()[0]
        message.entities = [{"type": "bot_command", "offset": 0, "length": len(command)}]
    world.say(phone, bot, message)
    told = message_object(bot, phone, message, world.files)
    telegram_hooks.push(world, bot, phone, "message", told, message)
    return message


def tap(world: World, bot: TelegramBot, phone: Phone, message_id: str, key: str) -> str | None:
    """Tap a button; gives the address to open where the button is a link."""
    message = phone.chat(bot.id).messages.get(message_id)
    if message is None or message.deleted or message.button(key) is None:
        raise Impossible("no such button")
    if key.startswith("url:"):
        return key.removeprefix("url:")
    if key.startswith("say:") and "keyboard" in (message.markup or {}):
        say(world, bot, phone, key.removeprefix("say:"))
        return None
    _query(world, bot, phone, message, key)
    return None


def _query(world: World, bot: TelegramBot, phone: Phone, message: Msg, data: str) -> None:
    query_id = str(world.random.getrandbits(62))
    while len(bot.callbacks) >= KEPT_CALLBACKS:
        del bot.callbacks[next(iter(bot.callbacks))]
    bot.callbacks[query_id] = Callback(phone, message, time.time())
    message.toast = None
    world.touch(phone)
    query: dict[str, Any] = {
        "id": query_id,
        "from": person(phone),
        "message": message_object(bot, phone, message, world.files),
        "chat_instance": phone.number,
        "data": data,
    }
    telegram_hooks.push(world, bot, phone, "callback_query", query, None)


def start(world: World, bot: TelegramBot, phone: Phone, payload: str) -> Msg:
    """Follow a t.me link: come back if blocked, and press Start with its payload."""
    if bot.id in phone.blocked:
        unblock(world, bot, phone)
    return say(world, bot, phone, f"/start {payload}".strip())


def block(world: World, bot: TelegramBot, phone: Phone) -> None:
    """Stop the bot; it learns so by my_chat_member."""
    if bot.id not in phone.blocked:
        phone.blocked |= {bot.id}
        _member(world, bot, phone, "member", "kicked")


def unblock(world: World, bot: TelegramBot, phone: Phone) -> None:
    """Let the bot write again; it learns so by my_chat_member."""
    if bot.id in phone.blocked:
        phone.blocked -= {bot.id}
        _member(world, bot, phone, "kicked", "member")


def _member(world: World, bot: TelegramBot, phone: Phone, old: str, new: str) -> None:
    world.touch(phone)
    change: dict[str, Any] = {
        "chat": private_chat(phone),
        "from": person(phone),
        "date": int(time.time()),
        "old_chat_member": _membership(bot, old),
        "new_chat_member": _membership(bot, new),
    }
    telegram_hooks.push(world, bot, phone, "my_chat_member", change, None)


def _membership(bot: TelegramBot, status: str) -> dict[str, Any]:
    member = {"user": bot_user(bot), "status": status}
    return member | ({"until_date": 0} if status == "kicked" else {})
