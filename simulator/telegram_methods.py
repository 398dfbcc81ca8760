"""What the Bot API's methods about messages do to the world."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from simulator import telegram_params as take
from simulator.phones import Chat, Media, Msg, Phone
from simulator.rates import advance, whole_seconds
from simulator.telegram_errors import Refused, bad_request, forbidden, too_many
from simulator.telegram_markup import read_formatted, utf16
from simulator.telegram_objects import is_group, message_object, read_markup
from simulator.telegram_params import Params
from simulator.world import TELEGRAM, TelegramBot, World

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
TOAST_UNITS = 200
TYPING_SECONDS = 5.0
DELETABLE_SECONDS = 48 * 3600
DELETED_AT_ONCE = 100
ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"}
    | {"choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with its entities and buttons, accepted by Telegram's rules."""

    text: str
    entities: list[dict[str, Any]]
    markup: dict[str, Any] | None


def find_chat(world: World, bot: TelegramBot, params: Params) -> tuple[Phone, Chat]:
    """Give the chat a call is about, or refuse as Telegram does: unknown, gone, blocked or never started."""
    wanted = take.text(params, "chat_id")
    if not wanted:
        raise bad_request("chat_id is empty")
    phone = world.by_number.get((TELEGRAM, wanted))
    if phone is None:
        raise bad_request("chat not found")
    if is_group(phone):
        return phone, _group_chat(bot, phone)
    if phone.deactivated:
        raise forbidden("user is deactivated")
    if bot.id in phone.blocked:
        raise forbidden("bot was blocked by the user")
    chat = phone.chats.get(bot.id)
    if chat is None or not chat.started:
        raise forbidden("bot can't initiate conversation with a user")
    return phone, chat


def _group_chat(bot: TelegramBot, group: Phone) -> Chat:
    """Give a group's chat, or refuse as Telegram does: upgraded, or the bot is not in it."""
    if group.moved_to:
        raise Refused(400, UPGRADED, {"migrate_to_chat_id": int(group.moved_to)})
    if bot.id in group.blocked:
        raise forbidden("bot was kicked from the supergroup chat")
    return group.chat(bot.id)


def brake(world: World, bot: TelegramBot, chat: Chat, params: Params) -> None:
    """Take a token of the chat and one of the bot, or ask to wait."""
    if not world.limits.enabled:
        return
    now = time.monotonic()
    free_at, wait = advance(chat.free_at, now, world.limits.chat_rate, world.limits.chat_burst)
    pace = bot.paid_pace if take.flag(params, "allow_paid_broadcast") else bot.pace
    wait = wait or pace.take(now)
    if wait:
        raise too_many(whole_seconds(wait))
    chat.free_at = free_at


def wording(params: Params, name: str, most: int) -> Wording:
    """Read text (or caption), formatting and buttons."""
    text, entities = read_formatted(take.text(params, name), take.text(params, "parse_mode"))
    given = take.parsed(params, "entities" if name == "text" else "caption_entities")
    if utf16(text) > most:
        raise bad_request("message is too long" if name == "text" else "message caption is too long")
    return Wording(text, entities or given or [], take.parsed(params, "reply_markup"))


def send_message(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Put a text into a chat."""
    if not take.text(params, "text").strip():
        raise bad_request("message text is empty")
    return send(world, bot, params, wording(params, "text", TEXT_UNITS), None)


def send(world: World, bot: TelegramBot, params: Params, said: Wording, media: Media | None) -> dict[str, Any]:
    """Put a text, or media with its caption, before a person."""
    phone, chat = find_chat(world, bot, params)
    buttons = read_markup(said.markup)
    brake(world, bot, chat, params)
    bot.messages += 1
    message = Msg(str(bot.messages), "bot", said.text, time.time(), buttons=buttons, media=media)
    message.markup, message.entities = said.markup, said.entities
    message.has_preview = not (take.parsed(params, "link_preview_options") or {}).get("is_disabled", False)
    chat.typing_until = 0.0
    world.say(phone, bot, message)
    return message_object(bot, phone, message, world.files)


def _find_message(chat: Chat, params: Params, what: str) -> Msg:
    message = chat.messages.get(take.text(params, "message_id"))
    if message is None or message.deleted:
        raise bad_request(f"message to {what} not found")
    return message


def _editable(world: World, bot: TelegramBot, params: Params) -> tuple[Phone, Chat, Msg]:
    phone, chat = find_chat(world, bot, params)
    message = _find_message(chat, params, "edit")
    if message.sender != "bot":
        raise bad_request("message can't be edited")
    return phone, chat, message


def edit_text(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Change the text of the bot's own message; its buttons go unless they are given again."""
    phone, chat, message = _editable(world, bot, params)
    if not take.text(params, "text").strip():
        raise bad_request("message text is empty")
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    said = wording(params, "text", TEXT_UNITS)
    buttons = read_markup(said.markup)
    if (said.text, said.entities, said.markup or None) == (message.text, message.entities, message.markup or None):
        raise bad_request(UNCHANGED)
    brake(world, bot, chat, params)
    message.text, message.entities, message.markup = said.text, said.entities, said.markup
    message.buttons, message.edited = buttons, True
    world.touch(phone)
    return message_object(bot, phone, message, world.files)


def edit_markup(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Change the buttons under the bot's own message; the app shows no "edited" for it."""
    phone, chat, message = _editable(world, bot, params)
    markup = take.parsed(params, "reply_markup")
    buttons = read_markup(markup)
    if (markup or None) == (message.markup or None):
        raise bad_request(UNCHANGED)
    brake(world, bot, chat, params)
    message.markup, message.buttons = markup, buttons
    world.touch(phone)
    return message_object(bot, phone, message, world.files)


def delete_message(world: World, bot: TelegramBot, params: Params) -> bool:
    """Take a message out of both sides' chat, within 48 hours."""
    phone, chat = find_chat(world, bot, params)
    message = _find_message(chat, params, "delete")
    if time.time() - message.at > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    message.deleted = True
    world.touch(phone)
    return True


def delete_messages(world: World, bot: TelegramBot, params: Params) -> bool:
    """The same with up to a hundred of one chat; what is not there is passed over."""
    phone, chat = find_chat(world, bot, params)
    wanted = take.parsed(params, "message_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= DELETED_AT_ONCE:
        raise bad_request("message identifiers are not specified")
    found = [chat.messages[str(each)] for each in wanted if str(each) in chat.messages]
    if any(time.time() - message.at > DELETABLE_SECONDS for message in found):
        raise bad_request("message can't be deleted for everyone")
    for message in found:
        message.deleted = True
    world.touch(phone)
    return True


def edit_caption(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Change the words below the bot's own picture or document."""
    phone, chat, message = _editable(world, bot, params)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    said = wording(params, "caption", CAPTION_UNITS)
    if (said.text, said.entities, said.markup or None) == (message.text, message.entities, message.markup or None):
        raise bad_request(UNCHANGED)
    brake(world, bot, chat, params)
    message.text, message.entities, message.markup = said.text, said.entities, said.markup
    message.buttons, message.edited = read_markup(said.markup), True
    world.touch(phone)
    return message_object(bot, phone, message, world.files)


def answer_callback(world: World, bot: TelegramBot, params: Params) -> bool:
    """End the spinner of a tapped button, with a short notice if there is a text."""
    callback = bot.callbacks.pop(take.text(params, "callback_query_id"), None)
    if callback is None or time.time() - callback.at > world.timing.callback_expires:
        raise bad_request(TOO_OLD)
    text = take.text(params, "text")
    if utf16(text) > TOAST_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    callback.message.toast = text or None
    world.touch(callback.phone)
    return True


def chat_action(world: World, bot: TelegramBot, params: Params) -> bool:
    """Show that the bot is typing, for five seconds or until it says something."""
    if take.text(params, "action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    phone, chat = find_chat(world, bot, params)
    chat.typing_until = time.time() + TYPING_SECONDS
    world.touch(phone)
    world.background.later(TYPING_SECONDS + 0.05, lambda: world.touch(phone))
    return True
