"""Bot API objects out of ours: User, Chat, Message; and the buttons out of a reply_markup."""

from __future__ import annotations

from typing import Any

from simulator.files import Files, Kept
from simulator.phones import Button, Msg, Phone
from simulator.telegram_errors import bad_request
from simulator.world import TelegramBot

CALLBACK_BYTES = 64
"""callback_data: 1 to 64 bytes (core.telegram.org/bots/api#inlinekeyboardbutton)."""
MOST_BUTTONS = 100
ACTIONS = frozenset(
    {"callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat"}
    | {"switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"}
)


def bot_user(bot: TelegramBot) -> dict[str, Any]:
    """Give the bot as a User."""
    return {"id": int(bot.id), "is_bot": True, "first_name": bot.name, "username": bot.handle}


def person(phone: Phone) -> dict[str, Any]:
    """Give the phone's owner as a User."""
    first, _, last = phone.name.partition(" ")
    user = {"id": int(phone.number), "is_bot": False, "first_name": first, "language_code": phone.language_code}
    return user | ({"last_name": last} if last else {})


def private_chat(phone: Phone) -> dict[str, Any]:
    """Give the private chat with the phone's owner; its id is the user's."""
    first, _, last = phone.name.partition(" ")
    chat = {"id": int(phone.number), "type": "private", "first_name": first}
    return chat | ({"last_name": last} if last else {})


def is_group(phone: Phone) -> bool:
    """Say whether this is a group (telegram_groups.py): their ids are negative."""
    return phone.number.startswith("-")


def chat_of(phone: Phone) -> dict[str, Any]:
    """Give the private chat with a person, or the group."""
    if not is_group(phone):
        return private_chat(phone)
    kind = "supergroup" if phone.number.startswith("-100") else "group"
    return {"id": int(phone.number), "type": kind, "title": phone.name}


def message_object(bot: TelegramBot, phone: Phone, message: Msg, files: Files | None = None) -> dict[str, Any]:
    """Give a message as the Bot API does."""
    author = bot_user(bot) if message.sender == "bot" else None if is_group(phone) else person(phone)
    made: dict[str, Any] = {
        "message_id": int(message.id),
        "from": author,
        "chat": chat_of(phone),
        "date": int(message.at),
    }
    made |= _content(message, files.kept.get(message.media.file) if files and message.media else None)
    if message.media and message.media.album:
        made["media_group_id"] = message.media.album
    if message.edited:
        made["edit_date"] = int(message.at)
    if message.markup and "inline_keyboard" in message.markup:
        made["reply_markup"] = message.markup
    return made


def _content(message: Msg, kept: Kept | None) -> dict[str, Any]:
    """Give text with its entities, or the media with its caption."""
    media = message.media
    if media is None:
        return {"text": message.text} | ({"entities": message.entities} if message.entities else {})
    if media.kind == "location":
        place: dict[str, Any] = {"latitude": media.latitude, "longitude": media.longitude}
        return {"location": place} | ({"venue": _venue(place, media.name)} if media.name else {})
    unique = f"u{kept.id if kept else message.id}"
    file: dict[str, Any] = {"file_id": kept.id if kept else f"F{unique}", "file_unique_id": unique}
    file |= {"file_size": len(kept.content)} if kept else {}
    shown = _sizes(file) if media.kind == "photo" else _document(file, kept)
    caption = {"caption": message.text} if message.text else {}
    return {media.kind: shown} | caption | ({"caption_entities": message.entities} if message.entities else {})


def _venue(place: dict[str, Any], title: str) -> dict[str, Any]:
    return {"location": place, "title": title, "address": title}


def _sizes(file: dict[str, Any]) -> list[dict[str, Any]]:
    """A picture as Telegram gives it, the smallest first; the largest is the one that was sent."""
    small = {"file_id": f"{file['file_id']}_s", "file_unique_id": f"{file['file_unique_id']}s"}
    small |= {"file_size": file.get("file_size", 2) // 2}
    return [small | {"width": 90, "height": 67}, file | {"width": 640, "height": 480}]


def _document(file: dict[str, Any], kept: Kept | None) -> dict[str, Any]:
    return file | ({"file_name": kept.name, "mime_type": kept.mime_type} if kept else {})


def read_markup(markup: Any) -> list[list[Button]]:
    """Give the buttons of a reply_markup, refusing what Telegram refuses."""
    if not markup:
        return []
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"])
    rows = markup.get("keyboard") or []
    return [[_plain(button) for button in row] for row in rows]


def _plain(button: Any) -> Button:
    label = button if isinstance(button, str) else str(button.get("text", ""))
    return Button(label, f"say:{label}")


def _inline(rows: Any) -> list[list[Button]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return [[_inline_button(button) for button in row] for row in rows if row]


def _inline_button(button: Any) -> Button:
    if not isinstance(button, dict) or not str(button.get("text") or "").strip():
        raise bad_request("Text buttons are unallowed in the inline keyboard")
    if not ACTIONS & button.keys():
        raise bad_request("Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    key = str(data) if data is not None else f"url:{button.get('url', '')}"
    return Button(str(button["text"]), key)
