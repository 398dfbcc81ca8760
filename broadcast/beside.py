"""What stands beside the text of a broadcast, as the pure functions of `content` want it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast.content import Beside
from broadcast.models import Broadcast
from channels.contract import MediaKind
from delivery import media
from delivery.models import MediaItem

MAP = "https://www.google.com/maps/search/?api=1&query={latitude:.6f},{longitude:.6f}"
"""A map for whoever does not see a pin (developers.google.com/maps/documentation/urls)."""


def of(session: Session, broadcast: Broadcast) -> Beside | None:
    """Its picture, document or location; None where the text stands alone."""
    if broadcast.media_id is None:
        return None
    item = session.get_one(MediaItem, broadcast.media_id)
    place = media.place_of(item)
    return Beside(
        kind=item.kind,
        key=item.sha256,
        mime_type=item.mime_type,
        size=item.size,
        title=item.title,
        link=MAP.format(latitude=place.latitude, longitude=place.longitude) if place else "",
        alternatives=broadcast.media_texts,
        is_gone=item.kind is not MediaKind.LOCATION and not _has_content(session, item.id),
    )


def _has_content(session: Session, media_id: int) -> bool:
    known = select(MediaItem.id).where(MediaItem.id == media_id, MediaItem.content.is_not(None))
    return session.scalar(known) is not None
