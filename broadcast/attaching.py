"""Setting what stands beside the text of a draft: a picture, a document or a location, and its alternative in words."""

from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import Session

from broadcast import characters, compose
from broadcast.compose import NotAllowed
from broadcast.models import Broadcast
from broadcast.states import ForbiddenMove, State
from delivery import media
from delivery.models import MediaItem
from staff.models import Officer

LONGEST = 200
"""Characters of an alternative: it has to fit beside the text where the picture cannot be shown."""


def attach(session: Session, broadcast: Broadcast, officer: Officer, item: MediaItem | None) -> None:
    """Set what stands beside the text, or with None take it away; its alternatives begin anew."""
    _open(session, broadcast, officer)
    if item is not None and item.agency_id != broadcast.agency_id:
        raise NotAllowed(f"media {item.id} is another agency's")
    broadcast.media_id, broadcast.media_texts = (item.id if item else None), {}
    session.flush()


def describe(session: Session, broadcast: Broadcast, officer: Officer, *, locale: str, text: str) -> None:
    """Say in one language what it shows; an empty text takes the words away. What is too long is cut."""
    _open(session, broadcast, officer)
    said = " ".join(characters.tidied(text).split())[:LONGEST]
    others = {known: words for known, words in broadcast.media_texts.items() if known != locale}
    broadcast.media_texts = others | ({locale: said} if said else {})
    session.flush()


def set_preview(session: Session, broadcast: Broadcast, officer: Officer, has_preview: bool) -> None:
    """Whether a link in the text may show where it leads, where an app can be told."""
    _open(session, broadcast, officer)
    broadcast.has_preview = has_preview
    session.flush()


def forget(session: Session, now: datetime) -> int:
    """Let go of media that nobody needs any more; what announcements stand by keeps its record. How many at once."""
    return media.forget(session, now, is_said=exists().where(Broadcast.media_id == MediaItem.id))


def _open(session: Session, broadcast: Broadcast, officer: Officer) -> None:
    compose.check_touch(broadcast, officer)
    compose.lock(session, broadcast)
    if broadcast.state is not State.DRAFT:
        raise ForbiddenMove(broadcast.state, State.DRAFT)
    compose.note_editor(broadcast, officer)
