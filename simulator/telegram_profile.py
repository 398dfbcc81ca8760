"""The Bot API's methods about the bot itself: who it is, its webhook, its commands and descriptions."""

from __future__ import annotations

import re
from typing import Any

from simulator import telegram_hooks
from simulator import telegram_params as take
from simulator.telegram_errors import bad_request
from simulator.telegram_objects import bot_user
from simulator.telegram_params import Params
from simulator.world import TelegramBot, World

COMMAND = re.compile(r"^/?[a-z0-9_]{1,32}$")
SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
MOST_COMMANDS = 100


def get_me(_world: World, bot: TelegramBot, _params: Params) -> dict[str, Any]:
    """Say who the bot is."""
    abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return bot_user(bot) | abilities | {"can_connect_to_business": False, "has_main_web_app": False}


def set_webhook(world: World, bot: TelegramBot, params: Params) -> bool:
    """Set where updates go; an empty address removes it."""
    secret, hook = take.text(params, "secret_token"), bot.hook
    if secret and not SECRET.match(secret):
        raise bad_request("secret token contains unallowed characters")
    url = take.text(params, "url")
    if url and not url.startswith(("http://", "https://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (allowed := take.parsed(params, "allowed_updates")) is not None:
        hook.allowed = frozenset(map(str, allowed)) or None
    hook.max_connections = min(max(take.number(params, "max_connections", 40), 1), 100_000)
    telegram_hooks.point(world, bot, url=url, secret=secret, drop=take.flag(params, "drop_pending_updates"))
    return True


def delete_webhook(world: World, bot: TelegramBot, params: Params) -> bool:
    """Remove the webhook; what waits goes on waiting unless it is to be dropped."""
    telegram_hooks.point(world, bot, url="", secret="", drop=take.flag(params, "drop_pending_updates"))
    return True


def webhook_info(_world: World, bot: TelegramBot, _params: Params) -> dict[str, Any]:
    """Say where updates go and how that is going."""
    hook = bot.hook
    info: dict[str, Any] = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(hook.waiting()),
        "max_connections": hook.max_connections,
    }
    if hook.allowed:
        info["allowed_updates"] = sorted(hook.allowed)
    if hook.last_error:
        info |= {"last_error_date": int(hook.last_error_at), "last_error_message": hook.last_error}
    return info


def _place(params: Params) -> str:
    scope = take.parsed(params, "scope") or {"type": "default"}
    chat = scope.get("chat_id", "")
    return f"{scope.get('type')}:{chat}:{take.text(params, 'language_code')}"


def set_commands(_world: World, bot: TelegramBot, params: Params) -> bool:
    """Set the list of commands for a scope and a language."""
    commands = take.parsed(params, "commands") or []
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    if not all(COMMAND.match(str(command.get("command", ""))) for command in commands):
        raise bad_request("BOT_COMMAND_INVALID")
    if not all(1 <= len(str(command.get("description", ""))) <= 256 for command in commands):
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    language = take.text(params, "language_code")
    if language and not re.match(r"^[a-z]{2}$", language):
        raise bad_request("invalid language code specified")
    bot.commands[_place(params)] = [
        {"command": str(command["command"]).removeprefix("/"), "description": str(command["description"])}
        for command in commands
    ]
    return True


def get_commands(_world: World, bot: TelegramBot, params: Params) -> list[dict[str, str]]:
    """Give the commands set for exactly this scope and language."""
    return bot.commands.get(_place(params), [])


def delete_commands(_world: World, bot: TelegramBot, params: Params) -> bool:
    """Take back the commands of this scope and language."""
    bot.commands.pop(_place(params), None)
    return True


def set_description(_world: World, bot: TelegramBot, params: Params) -> bool:
    """Set what an empty chat shows, at most 512 characters."""
    return _describe(bot, params, "description", 512)


def set_short_description(_world: World, bot: TelegramBot, params: Params) -> bool:
    """Set what the profile shows, at most 120 characters."""
    return _describe(bot, params, "short_description", 120)


def _describe(bot: TelegramBot, params: Params, name: str, most: int) -> bool:
    text = take.text(params, name)
    if len(text) > most:
        raise bad_request(f"{name.upper()}_TOO_LONG")
    bot.descriptions[f"{name}:{take.text(params, 'language_code')}"] = text
    return True
