"""What a phone holds: its chats and their messages, in as little memory as 100,000 of them need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.files import Kept

SHOWN_MESSAGES = 100
"""How many messages of a chat the page gets."""
KEPT_MESSAGES = 1000
"""How many messages of a chat can still be edited, deleted or answered."""


def iso(seconds: float) -> str:
    """Give an instant (seconds since 1970) as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


@dataclass(slots=True)
class Button:
    """A button under a message; the key is what a tap sends back."""

    label: str
    key: str


@dataclass(slots=True)
class ListItem:
    """A row of a WhatsApp list."""

    key: str
    title: str
    description: str


@dataclass(slots=True)
class ListPicker:
    """A WhatsApp list: one button that opens rows to choose from."""

    button: str
    items: list[ListItem]


@dataclass(slots=True)
class Media:
    """A picture, a file or a location: its name, the id of what is in it, where it is."""

    kind: str
    name: str
    file: str = ""
    latitude: float | None = None
    longitude: float | None = None
    size: int | None = None
    """Bytes."""
    mime_type: str = ""
    album: str = ""
    """Telegram: the same for all that was sent in one go."""

    def hold(self, kept: Kept) -> Media:
        """Note which file this is; itself."""
        self.name, self.file, self.size, self.mime_type = kept.name, kept.id, len(kept.content), kept.mime_type
        return self

    def as_json(self) -> dict[str, Any]:
        """Give it as the page reads it, without what it has not."""
        shown = {"kind": self.kind, "file": self.file, "mime_type": self.mime_type, "album": self.album}
        place = {"latitude": self.latitude, "longitude": self.longitude, "size": self.size}
        return {name: value for name, value in (shown | place).items() if value not in ("", None)} | {"name": self.name}


@dataclass(slots=True)
class Msg:
    """One message in a chat, from the bot or from the phone."""

    id: str
    sender: str
    text: str
    at: float
    ticks: str = "none"
    edited: bool = False
    deleted: bool = False
    template: bool = False
    error: str | None = None
    toast: str | None = None
    buttons: list[list[Button]] | None = None
    picker: ListPicker | None = None
    media: Media | None = None
    markup: dict[str, Any] | None = None
    """Telegram's reply_markup as it was sent, to hand it back."""
    has_preview: bool = True
    """Telegram: whether the first link of the text shows where it leads."""
    entities: Any = None
    """Telegram's entities of the text, to hand them back."""

    def button(self, key: str) -> Button | None:
        """Find the button with this key."""
        return next((b for row in self.buttons or () for b in row if b.key == key), None)

    def item(self, key: str) -> ListItem | None:
        """Find the row of the list with this key."""
        return next((row for row in (self.picker.items if self.picker else ()) if row.key == key), None)

    def as_json(self) -> dict[str, Any]:
        """Give the message as the page reads it."""
        return {
            "id": self.id,
            "from": self.sender,
            "text": self.text,
            "at": iso(self.at),
            "edited": self.edited,
            "deleted": self.deleted,
            "ticks": self.ticks,
            "error": self.error,
            "buttons": self.buttons or [],
            "list": self.picker,
            "template": self.template,
            "media": self.media.as_json() if self.media else None,
            "toast": self.toast,
            "has_preview": self.has_preview,
        }


@dataclass(slots=True)
class Chat:
    """A phone's conversation with one bot or WhatsApp number."""

    bot: str
    messages: dict[str, Msg] = field(default_factory=dict)
    window_until: float = 0.0
    """WhatsApp: free text is allowed before this instant."""
    typing_until: float = 0.0
    started: bool = False
    """Telegram: the person wrote first, so the bot may write."""
    free_at: float = 0.0
    """The theoretical arrival time of the chat's own brake (rates.py)."""

    def add(self, message: Msg) -> Msg:
        """Put a message at the end and forget the oldest beyond KEPT_MESSAGES."""
        self.messages[message.id] = message
        if len(self.messages) > KEPT_MESSAGES:
            del self.messages[next(iter(self.messages))]
        return message

    def as_json(self, now: float) -> dict[str, Any]:
        """Give the chat as the page reads it, its last messages only."""
        return {
            "bot": self.bot,
            "window_until": iso(self.window_until) if self.window_until > now else None,
            "typing": self.typing_until > now,
            "messages": [message.as_json() for message in list(self.messages.values())[-SHOWN_MESSAGES:]],
        }


NOBODY: frozenset[str] = frozenset()


@dataclass(slots=True)
class Phone:
    """A person's phone with one app on it."""

    id: str
    channel: str
    name: str
    number: str
    """WhatsApp: E.164. Telegram: the numeric user id."""
    language_code: str
    shown: bool = True
    """Whether the page shows it; of phones made in bulk only the first."""
    deactivated: bool = False
    moved_to: str = ""
    """Of a group that became a supergroup: the new chat's id."""
    held_by: str = ""
    """Of a group: the phone on which the page shows it, and whose owner speaks in it there."""
    blocked: frozenset[str] = NOBODY
    chats: dict[str, Chat] = field(default_factory=dict)

    def chat(self, bot: str) -> Chat:
        """Give the chat with this bot, beginning it if there is none."""
        chat = self.chats.get(bot)
        if chat is None:
            chat = self.chats[bot] = Chat(bot)
        return chat

    def as_json(self, now: float) -> dict[str, Any]:
        """Give the phone as the page reads it."""
        return {
            "id": self.id,
            "channel": self.channel,
            "name": self.name,
            "number": self.number,
            "language_code": self.language_code,
            "blocked": sorted(self.blocked),
            "deactivated": self.deactivated,
            "held_by": self.held_by,
            "chats": [chat.as_json(now) for chat in self.chats.values()],
        }
