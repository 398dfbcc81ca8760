"""What a Content template looks like on a phone, and why WhatsApp would not take it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.phones import Button, ListItem, ListPicker, Media
from simulator.twilio_state import Content

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
FORBIDDEN_VALUE = re.compile(r"[\n\t]| {4,}")
"""WhatsApp takes no newline, tab or more than three spaces in a row in a template's variable (error 63013)."""
TYPES = (
    "twilio/list-picker",
    "twilio/quick-reply",
    "twilio/call-to-action",
    "twilio/card",
    "whatsapp/card",
    "twilio/media",
    "twilio/text",
)
"""The types this simulator can show, the richest first: WhatsApp gets the richest a content has."""
BODY = 1024
LIST_ROWS, ROW_TITLE, ROW_DESCRIPTION, LIST_BUTTON = 10, 24, 72, 20
SESSION_REPLIES, APPROVED_REPLIES, SESSION_TITLE, APPROVED_TITLE = 3, 10, 20, 25


@dataclass(slots=True)
class Picture:
    """What the phone shows."""

    text: str
    buttons: list[list[Button]] = field(default_factory=list)
    picker: ListPicker | None = None
    media: Media | None = None


def placeholders(value: Any) -> frozenset[str]:
    """Give the names of every {{variable}} in a content's types."""
    match value:
        case str():
            return frozenset(PLACEHOLDER.findall(value))
        case dict():
            return frozenset().union(*map(placeholders, value.values()))
        case list():
            return frozenset().union(*map(placeholders, value))
        case _:
            return frozenset()


def fill(value: Any, variables: dict[str, str]) -> Any:
    """Put the variables into every text."""
    match value:
        case str():
            return PLACEHOLDER.sub(lambda found: variables.get(found[1], ""), value)
        case dict():
            return {name: fill(part, variables) for name, part in value.items()}
        case list():
            return [fill(part, variables) for part in value]
        case _:
            return value


def kind_of(content: Content) -> str:
    """Give the type that WhatsApp shows."""
    return next(kind for kind in TYPES if kind in content.types)


def picture(content: Content, variables: dict[str, str]) -> Picture:
    """Give what the phone shows of a content with its defaults and these variables filled in."""
    kind = kind_of(content)
    parts = fill(content.types[kind], content.variables | variables)
    shown = Picture(str(parts.get("body") or parts.get("title") or ""))
    if kind == "twilio/list-picker":
        rows = [
            ListItem(str(row.get("id")), str(row.get("item")), str(row.get("description") or ""))
            for row in parts["items"]
        ]
        shown.picker = ListPicker(str(parts.get("button") or ""), rows)
    shown.buttons = [[_button(action)] for action in parts.get("actions") or []]
    if media := parts.get("media"):
        first = media[0] if isinstance(media, list) else media
        shown.media = Media("image", str(first).rsplit("/", 1)[-1])
    return shown


def _button(action: dict[str, Any]) -> Button:
    title = str(action.get("title", ""))
    if action.get("url"):
        return Button(title, f"url:{action['url']}")
    return Button(title, str(action.get("id") or title))


def complaint(content: Content, variables: dict[str, str], *, approved: bool) -> int | None:
    """Give the error WhatsApp would report for this content with these variables, None if it takes it."""
    given = content.variables | variables
    if content.placeholders - given.keys():
        return 63028
    if approved and any(FORBIDDEN_VALUE.search(given[name]) for name in content.placeholders):
        return 63013
    shown = picture(content, variables)
    fits = len(shown.text) <= BODY and _list_fits(shown.picker)
    return None if fits and _buttons_fit(content, shown.buttons, approved=approved) else 63021


def _list_fits(picker: ListPicker | None) -> bool:
    if picker is None:
        return True
    rows_fit = all(1 <= len(row.title) <= ROW_TITLE and len(row.description) <= ROW_DESCRIPTION for row in picker.items)
    return rows_fit and 1 <= len(picker.items) <= LIST_ROWS and 1 <= len(picker.button) <= LIST_BUTTON


def _buttons_fit(content: Content, rows: list[list[Button]], *, approved: bool) -> bool:
    if kind_of(content) != "twilio/quick-reply":
        return True
    most, longest = (APPROVED_REPLIES, APPROVED_TITLE) if approved else (SESSION_REPLIES, SESSION_TITLE)
    return 1 <= len(rows) <= most and all(1 <= len(row[0].label) <= longest for row in rows)


def fault_of_types(types: dict[str, Any]) -> str | None:
    """Say what is wrong with the types of a new content, None if nothing is."""
    if not types:
        return "types is required"
    if unknown := types.keys() - set(TYPES):
        return f"type {sorted(unknown)[0]} is not one this simulator knows"
    for kind, parts in types.items():
        if not isinstance(parts, dict):
            return f"{kind} is not an object"
        if problem := _fault_of_type(kind, parts):
            return f"{kind}: {problem}"
    return None


def _fault_of_type(kind: str, parts: dict[str, Any]) -> str | None:
    if kind not in ("twilio/media", "twilio/card", "whatsapp/card") and not parts.get("body"):
        return "body is required"
    if kind == "twilio/list-picker" and not 1 <= len(parts.get("items") or []) <= LIST_ROWS:
        return f"items must have 1 to {LIST_ROWS} entries"
    if kind == "twilio/list-picker" and any(not row.get("id") or not row.get("item") for row in parts["items"]):
        return "each item needs id and item"
    if kind == "twilio/quick-reply" and not 1 <= len(parts.get("actions") or []) <= APPROVED_REPLIES:
        return f"actions must have 1 to {APPROVED_REPLIES} entries"
    return None
