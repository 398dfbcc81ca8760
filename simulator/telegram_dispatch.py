"""The table of Bot API methods, and doing one of them on the record."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from simulator import telegram_files as files
from simulator import telegram_methods as messages
from simulator import telegram_params as take
from simulator.phones import Phone
from simulator.record import Entry
from simulator.telegram_errors import Refused, not_found
from simulator.telegram_params import Params
from simulator.world import TELEGRAM, TelegramBot, World

Method = Callable[[World, TelegramBot, Params], Any]
METHODS: dict[str, tuple[str, Method]] = {}
"""By the name in small letters (Telegram does not mind the case): the proper name, and what does it."""
NOT_FROM_A_WEBHOOK = frozenset({"setwebhook", "deletewebhook", "close", "logout"})


def register(**methods: Method) -> None:
    """Add methods to the table by their proper names."""
    METHODS.update({name.lower(): (name, method) for name, method in methods.items()})


register(
    sendMessage=messages.send_message,
    sendPhoto=files.send_photo,
    sendDocument=files.send_document,
    sendLocation=files.send_location,
    getFile=files.get_file,
    editMessageText=messages.edit_text,
    editMessageCaption=messages.edit_caption,
    editMessageReplyMarkup=messages.edit_markup,
    deleteMessage=messages.delete_message,
    deleteMessages=messages.delete_messages,
    answerCallbackQuery=messages.answer_callback,
    sendChatAction=messages.chat_action,
)


def addressee(world: World, params: Params) -> Phone | None:
    """Give the phone a call is about, if there is one."""
    return world.by_number.get((TELEGRAM, take.text(params, "chat_id")))


def note(world: World, bot: TelegramBot, method: str, params: Params) -> Entry:
    """Write the call into the record."""
    phone = addressee(world, params)
    entry = world.record.add(
        at=time.time(),
        channel=TELEGRAM,
        bot=bot.id,
        method=METHODS.get(method.lower(), (method,))[0],
        to=take.text(params, "chat_id") or None,
        phone=phone.id if phone else None,
        text=take.text(params, "text") or take.text(params, "caption") or None,
    )
    entry.media = files.named(params)
    return entry


def run(world: World, bot: TelegramBot, method: str, params: Params) -> Any:
    """Do a method and give its result; a refusal is on the record too before it is raised."""
    entry = note(world, bot, method, params)
    try:
        if method.lower() not in METHODS:
            raise not_found()
        result = METHODS[method.lower()][1](world, bot, params)
    except Refused as refused:
        world.record.refuse(entry, f"{refused.code} {refused.description}")
        raise
    world.record.accept(entry, str(result["message_id"]) if isinstance(result, dict) and "chat" in result else None)
    return result


def carry_out(world: World, bot: TelegramBot, method: str, params: Params) -> None:
    """Do what the answer to a webhook asked for; nobody learns the result."""
    if method.lower() in NOT_FROM_A_WEBHOOK or method.lower().startswith("get"):
        return
    try:
        run(world, bot, method, params)
    except Refused:
        return
