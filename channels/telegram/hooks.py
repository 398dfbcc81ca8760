"""(pure) What Telegram calls us with -> our events.

Read straight from the JSON and not through `telegram.Update.de_json`: that builds some twenty objects for the six
fields we need, and raises where an optional-looking field is missing. Only private chats are conversations; of a
group we hear commands that are ours and what becomes of it, so that nothing its members say to each other is kept.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from channels.contract import (
    LARGEST,
    Attachment,
    Event,
    GroupChanged,
    GroupSaid,
    Inbound,
    Malformed,
    MediaKind,
    Membership,
    Place,
)

# What a person can send that carries no text; anything else without text is a note by Telegram itself (a pin, a timer).
MEDIA = frozenset(
    {"animation", "audio", "contact", "dice", "document", "location", "photo"}
    | {"poll", "sticker", "story", "venue", "video", "video_note", "voice"}
)
REACHABLE = {"kicked": False, "member": True}
GONE = frozenset({"kicked", "left"})
GROUPS = frozenset({"group", "supergroup"})
COMMAND = re.compile(r"(/[A-Za-z0-9_]{1,32})(?:@(\w+))?(?=\s|$)")

Json = Mapping[str, Any]


def read(body: bytes, handle: str = "") -> list[Event]:
    """The events of one update: none or one. Raises Malformed if it is no update at all.

    `handle` is the bot's username: in a group "/status@another_bot" is not for us.
    """
    update = _update(body)
    event_id = str(update["update_id"])
    message, query = _part(update, "message"), _part(update, "callback_query")
    event = (
        _message(event_id, message)
        or _tap(event_id, query)
        or _membership(event_id, _part(update, "my_chat_member"))
        or _moved(event_id, message)
        or _group_said(event_id, message, handle)
        or _group_tap(event_id, query)
        or _removed(event_id, _part(update, "my_chat_member"))
    )
    return [event] if event else []


def _update(body: bytes) -> Json:
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("not JSON") from None
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        raise Malformed("not an update")
    return update


def _message(event_id: str, message: Json) -> Inbound | None:
    address = _private(message)
    text = _text(message, "text") or _text(message, "caption") or ""
    if address is None or not (text or MEDIA & message.keys()):
        return None
    person = _part(message, "from")
    return Inbound(
        event_id=event_id,
        address=address,
        text=text,
        provider_id=_id(message),
        locale_hint=_text(person, "language_code"),
        name=_name(person),
        said_at=_instant(message),
        attachment=_attachment(message),
    )


def _attachment(message: Json) -> Attachment | None:
    """A picture (the largest size we take), a document or a location; a venue is a location with a name."""
    photo = message.get("photo")
    if isinstance(photo, list):
        sizes = [size for size in photo if isinstance(size, dict) and isinstance(size.get("file_id"), str)]
        fitting = [size for size in sizes if _size(size) <= LARGEST] or sizes
        found = max(fitting, key=_size, default=None)
        return _filed(MediaKind.PHOTO, found, message, mime_type="image/jpeg") if found else None
    if document := _part(message, "document"):
        return _filed(MediaKind.DOCUMENT, document, message, mime_type=_text(document, "mime_type") or "")
    place = _place(message)
    return Attachment(MediaKind.LOCATION, place=place) if place else None


def _filed(kind: MediaKind, file: Json, message: Json, *, mime_type: str) -> Attachment | None:
    file_id, name, album = _text(file, "file_id"), _text(file, "file_name") or "", _text(message, "media_group_id")
    return Attachment(kind, file_id, name, mime_type, _size(file) or None, album=album) if file_id else None


def _place(message: Json) -> Place | None:
    point = _part(message, "location")
    latitude, longitude = point.get("latitude"), point.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return Place(float(latitude), float(longitude), _text(_part(message, "venue"), "title") or "")


def _size(file: Json) -> int:
    size = file.get("file_size")
    return size if isinstance(size, int) else 0


def _tap(event_id: str, query: Json) -> Inbound | None:
    message = _part(query, "message")
    address, choice = _private(message), _text(query, "data")
    if address is None or choice is None:
        return None
    person = _part(query, "from")
    return Inbound(
        event_id=event_id,
        address=address,
        text="",
        choice=choice,
        tapped_id=_id(message),
        locale_hint=_text(person, "language_code"),
        name=_name(person),
        ack=str(query["id"]) if "id" in query else None,
    )


def _membership(event_id: str, change: Json) -> Membership | None:
    address = _private(change)
    status = _text(_part(change, "new_chat_member"), "status")
    if address is None or status not in REACHABLE:
        return None
    return Membership(event_id, address, is_reachable=REACHABLE[status], at=_instant(change))


def _group_said(event_id: str, message: Json, handle: str) -> GroupSaid | None:
    """A command, by a person: an anonymous administrator speaks as the group, and nobody knows who that is."""
    address, person = _group(message), _person(message)
    text = _text(message, "text") or ""
    command = COMMAND.match(text)
    if address is None or person is None or command is None or "sender_chat" in message:
        return None
    if command[2] is not None and command[2].casefold() != handle.casefold():
        return None
    said, title = command[1] + text[command.end() :], _text(_part(message, "chat"), "title") or ""
    return GroupSaid(event_id, address, person, said, title)


def _group_tap(event_id: str, query: Json) -> GroupSaid | None:
    address, person = _group(_part(query, "message")), _person(query)
    if address is None or person is None:
        return None
    return GroupSaid(event_id, address, person, "", ack=str(query["id"]) if "id" in query else None)


def _moved(event_id: str, message: Json) -> GroupChanged | None:
    """A group that became a supergroup has another id: it is told in both, whichever comes first."""
    address = _group(message)
    if address is None:
        return None
    for key, old, new in (("migrate_to_chat_id", address, None), ("migrate_from_chat_id", None, address)):
        other = message.get(key)
        if type(other) is int:
            return GroupChanged(event_id, old or str(other), moved_to=new or str(other))
    return None


def _removed(event_id: str, change: Json) -> GroupChanged | None:
    address = _group(change)
    is_gone = _text(_part(change, "new_chat_member"), "status") in GONE
    return GroupChanged(event_id, address) if address is not None and is_gone else None


def _group(message: Json) -> str | None:
    chat = _part(message, "chat")
    return str(chat["id"]) if chat.get("type") in GROUPS and type(chat.get("id")) is int else None


def _person(said: Json) -> str | None:
    """Whose private chat has their own id (platforms.md A7)."""
    person = _part(said, "from")
    return str(person["id"]) if type(person.get("id")) is int and not person.get("is_bot") else None


def _private(message: Json) -> str | None:
    chat = _part(message, "chat")
    return str(chat["id"]) if chat.get("type") == "private" and "id" in chat else None


def _part(outer: Json, key: str) -> Json:
    inner = outer.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(part: Json, key: str) -> str | None:
    """Without NUL characters: PostgreSQL keeps none, and a STOP with one in it is still a STOP."""
    text = part.get(key)
    return text.replace("\0", "") if isinstance(text, str) else None


def _id(message: Json) -> str | None:
    return str(message["message_id"]) if "message_id" in message else None


def _name(person: Json) -> str | None:
    return " ".join(str(person[key]) for key in ("first_name", "last_name") if person.get(key)) or None


def _instant(part: Json) -> datetime | None:
    seconds = part.get("date")
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and 0 < seconds < 2**32 else None
