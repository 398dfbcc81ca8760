"""Choices on WhatsApp: up to three as quick replies, up to ten as a list, more as numbered lines.

Buttons exist only in Content resources, so each *shape* (how many choices, how many lines of text) becomes one
resource whose texts, labels and keys are all variables: a handful of resources serve every menu in every language.
Variables may stand in body, button, item and id (twilio.com/docs/content/twiliolist-picker), may not be empty and may
not hold line breaks or tabs (error 21656), so each line of the text is a variable of its own.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from channels.contract import Choice, Message, shorten

QUICK_REPLIES = 3
LIST_ITEMS = 10
BODY_LENGTH = 1024
BUTTON_LABEL = 20
ITEM_LABEL = 24
VARIABLES = 100
NO_LIST_LABEL = "☰"
SELECTED = "✓ "
PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Shape:
    """What a menu looks like without its words. `lines` says of each line of the text whether it has any."""

    is_list: bool
    choices: int
    lines: tuple[bool, ...]

    @property
    def name(self) -> str:
        """The friendly name under which its Content is found again, by this process and by every other."""
        kind = "list" if self.is_list else "buttons"
        pattern = "".join("x" if has_words else "-" for has_words in self.lines)
        if len(pattern) > 24:
            pattern = hashlib.sha256(pattern.encode()).hexdigest()[:16]
        return f"loudhailer_menu1_{kind}_{self.choices}_{pattern}"

    def content(self) -> dict[str, Any]:
        """The Content resource of this shape, as the Content API takes it."""
        slot = (f"{{{{{number}}}}}" for number in range(1, VARIABLES + 1))
        body = "\n".join(next(slot) if has_words else "" for has_words in self.lines)
        types = _list_picker(self.choices, body, slot) if self.is_list else _quick_reply(self.choices, body, slot)
        count = sum(self.lines) + 2 * self.choices + self.is_list
        samples = {str(number): f"sample{number}" for number in range(1, count + 1)}
        return {"friendly_name": self.name, "language": "en", "variables": samples, "types": types}


@dataclass(frozen=True, slots=True)
class Menu:
    """A shape and the values of its variables, in their order."""

    shape: Shape
    values: tuple[str, ...]

    @property
    def variables(self) -> dict[str, str]:
        """The values by the variables' names, "1" onwards."""
        return {str(number): value for number, value in enumerate(self.values, start=1)}


def menu(message: Message) -> Menu | None:
    """How to show a message's choices as buttons or as a list; None where that cannot be done."""
    is_list = len(message.choices) > QUICK_REPLIES
    labels = [shown(choice, ITEM_LABEL if is_list else BUTTON_LABEL) for choice in message.choices]
    lines = _lines(message.text)
    values = [line for line in lines if line]
    if is_list:
        values.append(shorten(_flat(message.list_label), BUTTON_LABEL) or NO_LIST_LABEL)
    values += [value for label, choice in zip(labels, message.choices, strict=True) for value in (label, choice.key)]
    if not _fits(message, labels, values):
        return None
    return Menu(Shape(is_list, len(labels), tuple(bool(line) for line in lines)), tuple(values))


def numbered(message: Message) -> str:
    """The text with its choices as numbered lines below, for a person to answer with a number."""
    lines = (f"{number}. {shown(choice, BODY_LENGTH)}" for number, choice in enumerate(message.choices, start=1))
    return "\n".join([message.text, "", *lines]) if message.choices else message.text


def shown(choice: Choice, length: int) -> str:
    """A choice's label as WhatsApp shows it: a tick before a selected toggle, an ellipsis where it is cut."""
    return shorten((SELECTED if choice.is_selected else "") + _flat(choice.label), length)


def _fits(message: Message, labels: list[str], values: list[str]) -> bool:
    """WhatsApp refuses two buttons of one name, and nothing between a variable and emptiness."""
    return (
        1 <= len(labels) <= LIST_ITEMS
        and len(set(labels)) == len(labels)
        and len(message.text) <= BODY_LENGTH
        and len(values) <= VARIABLES
        and bool(message.text.strip())
        and all(values)
    )


def _lines(text: str) -> list[str]:
    """The text's lines, each without tabs and runs of spaces, and never two empty ones in a row."""
    flat = [_flat(line) for line in text.strip().splitlines()]
    return [line for line, before in zip(flat, ["", *flat], strict=False) if line or before]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _quick_reply(choices: int, body: str, slot: Iterator[str]) -> dict[str, Any]:
    actions = [{"type": "QUICK_REPLY", "title": next(slot), "id": next(slot)} for _ in range(choices)]
    return {"twilio/quick-reply": {"body": body, "actions": actions}}


def _list_picker(choices: int, body: str, slot: Iterator[str]) -> dict[str, Any]:
    button = next(slot)
    items = [{"item": next(slot), "id": next(slot)} for _ in range(choices)]
    return {"twilio/list-picker": {"body": body, "button": button, "items": items}}


class Shelf:
    """The Content resources of our shapes at Twilio: found by name once per process, created where missing."""

    def __init__(self, contents: Callable[[], Any]) -> None:
        """`contents` gives twilio's list of Contents (`client.content.v1.contents`)."""
        self._contents = contents
        self._sids: dict[str, str] = {}
        self._is_read = False
        self._lock = asyncio.Lock()

    async def sid(self, shape: Shape) -> str:
        """The ContentSid of a shape. Raises a refusal; two callers at once create one resource."""
        if shape.name not in self._sids:
            async with self._lock:
                await self._read()
                if shape.name not in self._sids:
                    self._sids[shape.name] = await create(self._contents(), shape.content())
        return self._sids[shape.name]

    def forget(self) -> None:
        """Somebody deleted a resource behind our back: look again before the next menu."""
        self._sids.clear()
        self._is_read = False

    async def _read(self) -> None:
        if self._is_read:
            return
        async for content in await self._contents().stream_async(page_size=PAGE_SIZE):
            if (content.friendly_name or "").startswith("loudhailer_menu1_"):
                self._sids.setdefault(content.friendly_name, content.sid)
        self._is_read = True


async def create(contents: Any, wish: dict[str, Any]) -> str:
    """Create one Content resource; its sid. Raises a refusal."""
    made = await contents.create_async(contents.ContentCreateRequest(wish))
    return str(made.sid)
