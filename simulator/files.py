"""Files that people and bots have sent: kept once, named by an id of the platform's own."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field

KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}
UNKNOWN = "application/octet-stream"
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file: whose it is (a bot's id, an account's sid), what it is called and what is in it."""

    id: str
    owner: str
    kind: str
    name: str
    mime_type: str
    content: bytes

    @property
    def path(self) -> str:
        """Where Telegram would keep it, below a bot's own address."""
        folder = "photos" if self.kind == "photo" else "documents"
        return f"{folder}/{self.id}.{EXTENSIONS.get(self.mime_type, 'bin')}"


@dataclass(slots=True)
class Files:
    """All of them, by id."""

    kept: dict[str, Kept] = field(default_factory=dict)

    def keep(self, owner: str, kind: str, name: str, content: bytes, mime_type: str = "") -> Kept:
        """Put a file away under a new id."""
        made = Kept(
            f"SIM_{owner}_{len(self.kept) + 1}", owner, kind, name, mime_type or _type(kind, name, content), content
        )
        self.kept[made.id] = made
        return made

    def find(self, owner: str, id_: str) -> Kept | None:
        """The file with this id, if it is this owner's: a file_id is good for one bot only."""
        found = self.kept.get(id_)
        return found if found is not None and found.owner == owner else None


def _type(kind: str, name: str, content: bytes) -> str:
    """What a file is by its content, else, of a document, by its name, as apps say it."""
    found = guess(content)
    named = mimetypes.guess_type(name)[0] if kind == "document" and found == UNKNOWN else None
    return named or found


def guess(content: bytes) -> str:
    """What a file is, by its first bytes."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), UNKNOWN)
