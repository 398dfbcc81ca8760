"""Media on their way: kept once, uploaded once by each sender, and shown on our web for those who fetch them."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.orm import Session, undefer

from channels.contract import LARGEST, Media, MediaKind, Place, sniffed
from db import bulk
from delivery.models import Letter, MediaHandle, MediaItem

KEPT_FOR = timedelta(days=30)
"""How long content stays after it was last attached to a draft or launched: longer than most drafts."""
OWN_KEPT_FOR = timedelta(hours=1)
"""How long a file that we made for an officer stays: until it has left, and no longer than that may take."""
FORGOTTEN_AT_ONCE = 100
NAME_LENGTH = 120
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
SHOWN = PICTURES | {"application/pdf"}
"""What our web shows: what was meant for everybody."""


class BadMedia(Exception):
    """This cannot be sent as media: tell whoever gave it to us. `reason` is a word of the officers' texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def keep(
    session: Session, agency_id: int, kind: MediaKind, content: bytes, *, name: str = "", now: datetime
) -> MediaItem:
    """Keep a picture or document, once for each agency. BadMedia: it is empty, too large, or nothing we know.

    What it is is read from its content; what it is called is believed of nobody.
    """
    if not content:
        raise BadMedia("empty")
    if len(content) > LARGEST:
        raise BadMedia("too_large")
    mime_type = sniffed(content)
    if mime_type is None or (kind is MediaKind.PHOTO and mime_type not in PICTURES):
        raise BadMedia("unknown_type")
    values = {"name": _tidied(name), "mime_type": mime_type, "size": len(content), "content": content}
    return _kept(session, agency_id, kind, content, values, now)


def keep_file(
    session: Session, agency_id: int, content: bytes, *, name: str, mime_type: str, now: datetime
) -> MediaItem:
    """Keep a document of our own for one chat, for an hour: our web does not show it. BadMedia: too large."""
    if len(content) > LARGEST:
        raise BadMedia("too_large")
    values = {"name": _tidied(name), "mime_type": mime_type, "size": len(content), "content": content}
    item = _kept(session, agency_id, MediaKind.DOCUMENT, content, values, now)
    item.needed_until = now + OWN_KEPT_FOR
    return item


def keep_place(session: Session, agency_id: int, place: Place, *, now: datetime) -> MediaItem:
    """Keep a location. BadMedia: there is no such point."""
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        raise BadMedia("no_place")
    title = _tidied(place.title)
    said = f"{place.latitude:.6f},{place.longitude:.6f}|{title}".encode()
    values = {"latitude": place.latitude, "longitude": place.longitude, "title": title}
    return _kept(session, agency_id, MediaKind.LOCATION, said, values, now)


def needed(session: Session, media_id: int, *, now: datetime) -> None:
    """Keep the content, and show it on our web, for thirty days from now."""
    session.execute(update(MediaItem).where(MediaItem.id == media_id).values(needed_until=now + KEPT_FOR))


def shown(session: Session, media_id: int, sender_id: int, *, alternative: str = "") -> Media | None:
    """Media as this sender's channel takes them: by their handle where there is one, else with the content.

    None where neither is left: the words have to do.
    """
    item = session.get_one(MediaItem, media_id)
    handle = session.scalar(_handle(media_id, sender_id))
    content = session.scalar(select(MediaItem.content).where(MediaItem.id == media_id)) if handle is None else None
    place = place_of(item)
    if handle is None and content is None and place is None:
        return None
    return Media(
        kind=item.kind,
        key=item.sha256,
        alternative=alternative,
        name=item.name,
        mime_type=item.mime_type,
        size=item.size,
        content=content,
        handle=handle,
        token=item.token,
        place=place,
    )


def place_of(item: MediaItem) -> Place | None:
    """Where a location is."""
    if item.latitude is None or item.longitude is None:
        return None
    return Place(item.latitude, item.longitude, item.title)


def learn(session: Session, media_id: int, sender_id: int, handle: str, *, now: datetime) -> None:
    """Keep the handle a provider gave this sender. Of two who uploaded at once, the first one's stands."""
    row = {"media_id": media_id, "sender_id": sender_id, "handle": handle, "created_at": now}
    session.execute(bulk.insert(session, MediaHandle).values(row).on_conflict_do_nothing())


def unlearn(session: Session, media_id: int, sender_id: int) -> None:
    """The provider knows the handle no more: the next attempt uploads anew."""
    mine = (MediaHandle.media_id == media_id, MediaHandle.sender_id == sender_id)
    session.execute(delete(MediaHandle).where(*mine))


def at_token(session: Session, token: str, *, now: datetime) -> MediaItem | None:
    """What our web shows at this place, content and all; None for what was never there or is needed no more."""
    query = select(MediaItem).options(undefer(MediaItem.content)).where(MediaItem.token == token)
    item = session.scalars(query).one_or_none()
    if item is None or item.content is None or item.needed_until is None or item.needed_until <= now:
        return None
    return item if item.mime_type in SHOWN else None


def forget(session: Session, now: datetime, *, is_said: ColumnElement[bool]) -> int:
    """Let go of what nobody needs any more, at most a hundred at once; how many.

    What an announcement stands by (`is_said`, of a MediaItem) loses its content and stays as its record, with its
    handles. Everything else leaves, handles too, as soon as no letter shows it.
    """
    over = select(MediaItem.id).where(MediaItem.needed_until <= now)  # ix_media_needed_until
    some = over.order_by(MediaItem.needed_until).limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    ids = session.scalars(some).all()
    if not ids:
        return 0
    ours = (MediaItem.id.in_(ids), MediaItem.needed_until <= now)
    is_shown = exists().where(Letter.media_id == MediaItem.id)  # ix_letters_media
    for why, until in ((is_said, None), (is_shown, now + KEPT_FOR)):
        kept = update(MediaItem).where(*ours, why).values(content=None, needed_until=until)
        session.execute(kept.execution_options(synchronize_session=False))
    session.execute(delete(MediaItem).where(*ours).execution_options(synchronize_session=False))
    return len(ids)


def _kept(
    session: Session, agency_id: int, kind: MediaKind, content: bytes, values: dict[str, object], now: datetime
) -> MediaItem:
    """The row with this content, its content put back if it was forgotten."""
    digest = hashlib.sha256(kind.encode() + b"\0" + content).hexdigest()
    row = {"agency_id": agency_id, "kind": kind, "sha256": digest, "token": secrets.token_urlsafe(32), **values}
    row |= {"needed_until": now + KEPT_FOR, "created_at": now}
    again = {"needed_until": now + KEPT_FOR, "content": values.get("content")}
    put = bulk.insert(session, MediaItem).values(row)
    session.execute(put.on_conflict_do_update(index_elements=["agency_id", "sha256"], set_=again))
    mine = (MediaItem.agency_id == agency_id, MediaItem.sha256 == digest)
    return session.scalars(select(MediaItem).where(*mine).execution_options(populate_existing=True)).one()


def _handle(media_id: int, sender_id: int) -> Select[str]:
    return select(MediaHandle.handle).where(MediaHandle.media_id == media_id, MediaHandle.sender_id == sender_id)


def _tidied(name: str) -> str:
    return " ".join("".join(c for c in name if c.isprintable()).split())[:NAME_LENGTH]
