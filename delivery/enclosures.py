"""Enclosures: a file beside one letter, for that address alone, one at a time and for a quarter of an hour.

It is no media: not kept by its content, and no handle of it is learned. Who uploads it has it once the letter is
accepted, and we let go of it; who fetches it does so from a place on our web that nobody can guess, until it expires.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from channels.contract import Media, MediaKind
from db import bulk
from delivery.drafts import File
from delivery.models import Enclosure, Letter

KEPT_FOR = timedelta(minutes=15)
TOKEN_BYTES = 32
FORGOTTEN_AT_ONCE = 100


def put(session: Session, letter: Letter, file: File, *, now: datetime) -> None:
    """Lay a file beside this letter; what lies beside an earlier one to the same address is taken away."""
    remove_all(session, sender_id=letter.sender_id, to=letter.to)
    new = Enclosure(letter_id=letter.id, token=secrets.token_urlsafe(TOKEN_BYTES), name=file.name)
    new.mime_type, new.content, new.expires_at = file.mime_type, file.content, now + KEPT_FOR
    session.add(new)
    session.flush()


def beside(session: Session, letter_id: int, *, now: datetime) -> Media | None:
    """The file as a channel takes it; None where it was let go of or is too old."""
    lies = select(Enclosure).where(Enclosure.letter_id == letter_id, Enclosure.expires_at > now)
    found = session.scalars(lies).one_or_none()
    if found is None:
        return None
    return Media(
        kind=MediaKind.DOCUMENT,
        key=f"letter-{letter_id}",
        name=found.name,
        mime_type=found.mime_type,
        size=len(found.content),
        content=found.content,
        token=found.token,
        is_private=True,
    )


def at_token(session: Session, token: str, *, now: datetime) -> Enclosure | None:
    """What our web shows at this place; None for what was never there or is there no more."""
    lies = select(Enclosure).where(Enclosure.token == token, Enclosure.expires_at > now)
    return session.scalars(lies).one_or_none()


def remove(session: Session, letter_id: int) -> None:
    """Let go of the file beside this letter, if there is one."""
    session.execute(delete(Enclosure).where(Enclosure.letter_id == letter_id))


def remove_all(session: Session, *, sender_id: int, to: str) -> None:
    """Let go of every file for this address."""
    session.execute(delete(Enclosure).where(Enclosure.letter_id.in_(_letters(sender_id, to))))


def forget(session: Session, now: datetime) -> int:
    """Let go of what expired, at most a hundred at once; how many."""
    over = select(Enclosure.letter_id).where(Enclosure.expires_at <= now).order_by(Enclosure.expires_at)
    return bulk.changed(session, delete(Enclosure).where(Enclosure.letter_id.in_(over.limit(FORGOTTEN_AT_ONCE))))


def _letters(sender_id: int, to: str) -> Select[int]:
    return select(Letter.id).where(Letter.sender_id == sender_id, Letter.to == to)  # ix_letters_address
