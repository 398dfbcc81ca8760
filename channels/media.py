"""(pure) Pictures, documents and locations: as we send them, and as somebody sends them to us."""

from dataclasses import dataclass, field
from enum import StrEnum

LARGEST = 10 * 1024 * 1024
"""Bytes of one picture or document, in either direction: a photo's limit on Telegram (Bot API, sendPhoto)."""
STALE_HANDLE = "stale_handle"
"""Why a send is Unavailable when the provider knows a handle no more: forget it, and the next attempt uploads anew."""

TEXT = "text/plain"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

STARTS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}


class MediaKind(StrEnum):
    """What stands beside a text."""

    PHOTO = "photo"  # shown at once
    DOCUMENT = "document"  # a file to open
    LOCATION = "location"  # a pin on a map


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth in degrees, and what is there."""

    latitude: float
    longitude: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, document or location of a message. `key` is the same wherever the content is.

    It leaves by the `handle` its provider gave it, else as an upload of `content`, or by the address at which our web
    shows it (`token`, after the line's media_url), as the channel does it. `alternative` says in words what it shows.
    What `is_private` is one person's alone: nothing of it is remembered once it is sent.
    """

    kind: MediaKind
    key: str
    alternative: str = ""
    name: str = ""
    mime_type: str = ""
    size: int = 0
    content: bytes | None = field(default=None, repr=False)
    handle: str | None = None
    token: str | None = field(default=None, repr=False)
    place: Place | None = None
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """What somebody sent beside their words. `file` is what `Channel.fetch` needs; `size` in bytes, if told.

    `album` is the same for all that was sent in one go, where the provider tells of each by a call of its own.
    """

    kind: MediaKind
    file: str = ""
    name: str = ""
    mime_type: str = ""
    size: int | None = None
    place: Place | None = None
    album: str | None = None


def sniffed(content: bytes) -> str | None:
    """What a file is by its first bytes, whatever it is called: JPEG, PNG, WebP or PDF; None for everything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((mime_type for start, mime_type in STARTS.items() if content.startswith(start)), None)
