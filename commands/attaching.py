"""What `loudhailer announce` takes beside the words: a picture, a document or a location, and its description."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy.orm import Session

from broadcast import attaching
from broadcast.models import Broadcast
from channels.contract import LARGEST, MediaKind, Place
from commands.tools import utc_now
from delivery import media
from delivery.models import MediaItem
from staff.models import Officer

REASONS = {
    "empty": "it is empty",
    "too_large": f"it is larger than {LARGEST // 1024**2} MB",
    "unknown_type": "it is no picture (JPEG, PNG, WebP) and no PDF document",
    "no_place": "there is no such point on the earth",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say; one of the first three at most."""

    photo: Path | None
    document: Path | None
    location: str | None
    words: Mapping[str, str]
    has_preview: bool


def put(session: Session, draft: Broadcast, officer: Officer, given: Given) -> None:
    """Put it beside the words of a draft, described; a ClickException says why that cannot be."""
    if not given.has_preview:
        attaching.set_preview(session, draft, officer, False)
    if sum(each is not None for each in (given.photo, given.document, given.location)) > 1:
        raise click.ClickException("Give one of --photo, --document and --location.")
    try:
        item = _kept(session, draft.agency_id, given)
    except media.BadMedia as bad:
        raise click.ClickException(f"It cannot be sent: {REASONS.get(bad.reason, bad.reason)}.") from bad
    if item is None:
        if given.words:
            raise click.ClickException("--alt describes a --photo, a --document or a --location, and there is none.")
        return
    attaching.attach(session, draft, officer, item)
    for locale, text in given.words.items():
        attaching.describe(session, draft, officer, locale=locale, text=text)


def _kept(session: Session, agency_id: int, given: Given) -> MediaItem | None:
    if given.location is not None:
        return media.keep_place(session, agency_id, _place(given.location), now=utc_now())
    for kind, file in ((MediaKind.PHOTO, given.photo), (MediaKind.DOCUMENT, given.document)):
        if file is not None:
            if file.stat().st_size > LARGEST:  # before it is read
                raise media.BadMedia("too_large")
            return media.keep(session, agency_id, kind, file.read_bytes(), name=file.name, now=utc_now())
    return None


def _place(said: str) -> Place:
    latitude, _, rest = said.partition(",")
    longitude, _, title = rest.partition(",")
    try:
        return Place(float(latitude), float(longitude), title.strip())
    except ValueError:
        raise click.ClickException("Write a location as LATITUDE,LONGITUDE or LATITUDE,LONGITUDE,NAME.") from None
