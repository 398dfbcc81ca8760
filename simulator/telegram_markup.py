"""Telegram's HTML formatting: text and entities out of markup, with the server's own complaints.

The rules and messages follow core.telegram.org/bots/api#html-style and td/telegram/MessageEntity.cpp.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any

from simulator.telegram_errors import bad_markup, bad_request

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    # "expandable" makes no difference to what is said
    "tg-emoji": "custom_emoji",
}
TOKEN = re.compile(r"<(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)?(?P<rest>[^>]*)(?P<end>>?)|&(#?\w+);|[^<&]+|&", re.S)
ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.I)
ESCAPES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}


def utf16(text: str) -> int:
    """Count UTF-16 code units, Telegram's measure of length."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Reader:
    """Reads markup once from left to right."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.text: list[str] = []
        self.length = 0
        self.open: list[tuple[str, int, dict[str, str], int]] = []
        self.entities: list[dict[str, Any]] = []

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        for token in TOKEN.finditer(self.markup):
            self._token(token)
        if self.open:
            raise bad_markup(f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.text), self.entities

    def _token(self, token: re.Match[str]) -> None:
        whole = token[0]
        if whole[0] != "<":
            self._add(ESCAPES.get(whole, html.unescape(whole) if whole.startswith("&#") else whole))
        elif token["slash"]:
            self._close(token)
        else:
            self._start(token)

    def _add(self, text: str) -> None:
        self.text.append(text)
        self.length += utf16(text)

    def _start(self, token: re.Match[str]) -> None:
        name, offset = (token["name"] or "").lower(), self._bytes(token)
        attributes = {key.lower(): value.strip("\"'") for key, value in ATTRIBUTE.findall(token["rest"])}
        if name not in TAGS or (name == "span" and attributes.get("class") != "tg-spoiler"):
            raise bad_markup(f'Unsupported start tag "{name}" at byte offset {offset}')
        if not token["end"]:
            raise bad_markup(f"Unclosed start tag at byte offset {offset}")
        self.open.append((name, self.length, attributes, offset))

    def _close(self, token: re.Match[str]) -> None:
        name, offset = (token["name"] or "").lower(), self._bytes(token)
        if not self.open:
            raise bad_markup(f"Unexpected end tag at byte offset {offset}")
        expected, start, attributes, _ = self.open.pop()
        if name not in ("", expected):
            raise bad_markup(f'Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{name}>"')
        if self.length > start:
            self._entity(expected, start, attributes)

    def _entity(self, name: str, start: int, attributes: dict[str, str]) -> None:
        entity: dict[str, Any] = {"type": TAGS[name], "offset": start, "length": self.length - start}
        if name == "a":
            if not attributes.get("href"):
                return
            entity["url"] = html.unescape(attributes["href"])
        if name == "tg-emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        self.entities.append(entity)

    def _bytes(self, token: re.Match[str]) -> int:
        return len(self.markup[: token.start()].encode())


def read_html(markup: str) -> tuple[str, list[dict[str, Any]]]:
    """Give the plain text and its entities (offsets in UTF-16 units), or refuse with "can't parse entities: ..."."""
    return _Reader(markup).read()


ESCAPED = "_*[]()~`>#+-=|{}.!"
MARKS = {"||": "spoiler", "__": "underline", "*": "bold", "_": "italic", "~": "strikethrough"}
MARKDOWN = re.compile(
    r"\\(?P<escaped>[\x01-\x7e])|```(?:\w+\n)?(?P<pre>.*?)```|`(?P<code>(?:\\.|[^`\\])*)`"
    r"|(?P<mark>\|\||__|[*_~])|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>(?:\\.|[^)\\])*)\)|(?P<plain>.)",
    re.S,
)


class _MarkdownReader:
    """Reads MarkdownV2 once from left to right."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.text: list[str] = []
        self.length = 0
        self.open: list[tuple[str, int, int]] = []
        self.entities: list[dict[str, Any]] = []

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        for token in MARKDOWN.finditer(self.markup):
            self._token(token)
        if self.open:
            mark, _, offset = self.open[-1]
            raise bad_markup(f"Can't find end of {MARKS[mark].capitalize()} entity at byte offset {offset}")
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.text), self.entities

    def _token(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "mark":
                self._mark(token["mark"], len(self.markup[: token.start()].encode()))
            case "pre" | "code" as kind:
                self._piece(token[kind], {"type": kind})
            case "url":
                label = re.sub(r"\\(.)", r"\1", token["label"])
                self._piece(label, {"type": "text_link", "url": re.sub(r"\\(.)", r"\1", token["url"])})
            case "escaped":
                self._piece(token["escaped"], None)
            case _:
                self._plain(token["plain"])

    def _plain(self, char: str) -> None:
        if char in ESCAPED and char != ">":
            raise bad_markup(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        self._piece(char, None)

    def _mark(self, mark: str, offset: int) -> None:
        if not any(opened[0] == mark for opened in self.open):
            self.open.append((mark, self.length, offset))
            return
        opened, start, began = self.open.pop()
        if opened != mark:
            raise bad_markup(f"Can't find end of {MARKS[opened].capitalize()} entity at byte offset {began}")
        if self.length > start:
            self.entities.append({"type": MARKS[mark], "offset": start, "length": self.length - start})

    def _piece(self, text: str, entity: dict[str, Any] | None) -> None:
        if entity is not None and text:
            self.entities.append(entity | {"offset": self.length, "length": utf16(text)})
        self.text.append(text)
        self.length += utf16(text)


def read_markdown(markup: str) -> tuple[str, list[dict[str, Any]]]:
    """Give the plain text and entities of MarkdownV2, or refuse an unescaped reserved character or an open entity."""
    return _MarkdownReader(markup).read()


@lru_cache(maxsize=1024)
def read_formatted(text: str, parse_mode: str) -> tuple[str, list[dict[str, Any]]]:
    """Read a text as its parse_mode says; the legacy "Markdown" is taken as plain text.

    Kept for texts said to many: callers share the entities and never change them.
    """
    match parse_mode.lower():
        case "" | "markdown":
            return text, []
        case "html":
            return read_html(text)
        case "markdownv2":
            return read_markdown(text)
        case _:
            raise bad_request("unsupported parse_mode")
