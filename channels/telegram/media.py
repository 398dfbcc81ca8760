"""Pictures, documents and locations over the Bot API: uploaded once, named by their file_id ever after.

Telegram has no upload by itself: the first message that shows a file carries it, and its answer holds the file_id,
good for this bot for ever (platforms.md A6). So whoever comes first uploads, and everybody else waits for that.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
import telegram
from telegram import Bot, InputFile

from channels.contract import (
    STALE_HANDLE,
    Accepted,
    Media,
    MediaKind,
    Message,
    Prepared,
    Refusal,
    Rejected,
    Unavailable,
    Unreachable,
)

log = structlog.get_logger()

FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")  # anything else python-telegram-bot might take for the path of a file

Call = Coroutine[object, object, telegram.Message]


def call(bot: Bot, media: Media, *, caption: str, **options: Any) -> Call:
    """sendPhoto, sendDocument or sendLocation, by the file_id where there is one, else with the content."""
    if media.kind is MediaKind.LOCATION:
        place = media.place
        if place is None:
            raise Rejected("bad_media")
        return bot.send_location(latitude=place.latitude, longitude=place.longitude, **options)
    file = _file(media)
    if media.kind is MediaKind.PHOTO:
        return bot.send_photo(photo=file, caption=caption or None, **options)
    return bot.send_document(document=file, caption=caption or None, **options)


def handle_of(sent: telegram.Message) -> str | None:
    """The file_id by which a message's media can be shown again; of a picture's sizes the largest."""
    if sent.photo:
        return sent.photo[-1].file_id
    return sent.document.file_id if sent.document else None


def _file(media: Media) -> str | InputFile:
    if media.handle is not None and FILE_ID.fullmatch(media.handle):
        return media.handle
    if media.content is None:
        raise Unavailable(STALE_HANDLE, may_be_sent=False)
    return InputFile(media.content, filename=media.name or media.kind.value)


@dataclass(slots=True)
class Shelf:
    """What this process knows of this bot's files: handles by key, and uploads under way."""

    handles: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, "asyncio.Future[Refusal | None]"] = field(default_factory=dict)

    async def once(self, key: str, upload: Callable[[], Awaitable[Accepted]]) -> Accepted | str:
        """The handle; or, where this caller's own message uploaded, what Telegram said to it. Raises a refusal.

        Who waited for an upload that failed fails with it, surely unsent, unless it was about the other's address.
        """
        while True:
            if (handle := self.handles.get(key)) is not None:
                return handle
            if (under_way := self.uploads.get(key)) is None:
                return await self._upload(key, upload)
            await asyncio.wait({under_way})
            if (refusal := under_way.result()) is not None:
                raise refusal

    async def _upload(self, key: str, upload: Callable[[], Awaitable[Accepted]]) -> Accepted:
        done: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self.uploads[key] = done
        told: Refusal | None = None
        try:
            accepted = await upload()
        except Refusal as refusal:
            told = _for_the_others(refusal)
            raise
        else:
            if accepted.handle is not None:
                self.handles[key] = accepted.handle
            return accepted
        finally:
            del self.uploads[key]
            done.set_result(told)


def _for_the_others(refusal: Refusal) -> Refusal | None:
    match refusal:
        case Unreachable():
            return None
        case Unavailable():
            return Unavailable(refusal.reason, code=refusal.code, may_be_sent=False)
        case _:
            return refusal


@dataclass(slots=True)
class Picture:
    """A message with a file for many people. Where Telegram takes the file from nobody, everybody gets the words."""

    shelf: Shelf
    message: Message
    media: Media
    upload: Callable[[Message], Awaitable[Accepted]]
    press: Callable[[Message], Awaitable[Prepared]]
    instead: Callable[[], Awaitable[Prepared]]
    messages: int = 1
    pressed: Prepared | None = None
    is_refused: bool = False

    async def send(self, to: str, reference: str) -> Accepted:
        """See Prepared. Telegram carries no reference of ours."""
        if self.pressed is None:
            accepted = await self._begin(to)
            if accepted is not None:
                return accepted
        assert self.pressed is not None
        try:
            return await self.pressed.send(to, reference)
        except Rejected as refusal:
            if refusal.reason != STALE_HANDLE or self.is_refused:
                raise
            return await self._anew(to, reference, refusal)

    async def _begin(self, to: str) -> Accepted | None:
        """What Telegram said to the upload where it was ours; None once it is known how the file is named."""
        handle = self.media.handle or await self._known(to)
        if isinstance(handle, Accepted):
            return handle
        if handle is None:
            self.is_refused = True
            self.pressed = await self.instead()
        else:
            self.pressed = await self.press(replace(self.message, media=replace(self.media, handle=handle)))
        return None

    async def _known(self, to: str) -> Accepted | str | None:
        try:
            return await self.shelf.once(self.media.key, lambda: self.upload(replace(self.message, to=to)))
        except Rejected as refusal:
            log.warning("telegram.media_refused", key=self.media.key[:12], reason=refusal.reason, code=refusal.code)
            return None

    async def _anew(self, to: str, reference: str, refusal: Rejected) -> Accepted:
        """The handle is no good any more: upload again, where the content is at hand."""
        self.pressed, self.media = None, replace(self.media, handle=None)
        self.message = replace(self.message, media=self.media)
        self.shelf.handles.pop(self.media.key, None)
        if self.media.content is None:
            raise Unavailable(STALE_HANDLE, code=refusal.code, may_be_sent=False)
        return await self.send(to, reference)
