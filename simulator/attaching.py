"""What somebody attaches on a phone: read from the page's JSON, bounded as the apps bound it, and sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from simulator import acts, files
from simulator.phones import Media, Msg, Phone
from simulator.telegram_phone import Impossible
from simulator.world import TELEGRAM, WHATSAPP, Bot, World

MEGABYTE = 1024 * 1024
LARGEST_PHOTO = 10 * MEGABYTE
LARGEST_DOCUMENT = {TELEGRAM: 30 * MEGABYTE, WHATSAPP: 16 * MEGABYTE}
"""Of Telegram's 2 GB enough to be more than bots may fetch (20 MB); Twilio hands over no more than 16 MB."""
LARGEST_ALBUM = 40 * MEGABYTE
MOST_PHOTOS = 10
"""Telegram puts 2 to 10 into an album (Bot API, sendMediaGroup)."""
CAPTION = 1024
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
Body = dict[str, Any]


def send(world: World, bot: Bot, phone: Phone, body: Body) -> Msg:
    """Send a photo, a document or a location; Impossible says what is wrong with it."""
    kind = str(body.get("kind", ""))
    if kind not in ("photo", "document", "location"):
        raise Impossible("kind is photo, document or location")
    media = Media(kind, str(body.get("name", "")))
    if kind == "location":
        media.latitude, media.longitude = _degrees(body, "latitude", 90), _degrees(body, "longitude", 180)
        return acts.send(world, bot, phone, "", media)
    return acts.send(world, bot, phone, _caption(body), media, _content(phone, kind, body))


def send_album(world: World, bot: Bot, phone: Phone, body: Body) -> Sequence[Msg]:
    """Send several photos in one go, the text with the first: an album on Telegram, single messages on WhatsApp."""
    photos = body.get("photos")
    if not isinstance(photos, list) or not 1 <= len(photos) <= MOST_PHOTOS:
        raise Impossible(f"photos is a list of 1 to {MOST_PHOTOS}")
    if not all(isinstance(each, dict) for each in photos):
        raise Impossible("a photo has a name and a content")
    read = [(Media("photo", str(each.get("name", ""))), _content(phone, "photo", each)) for each in photos]
    if sum(len(content) for _, content in read) > LARGEST_ALBUM:
        raise Impossible(f"photos sent at once may have {LARGEST_ALBUM // MEGABYTE} MB together")
    return acts.send_album(world, bot, phone, _caption(body), read)


def _caption(body: Body) -> str:
    text = str(body.get("text", ""))
    if len(text) > CAPTION:
        raise Impossible(f"a caption may have {CAPTION:,} characters; this one has {len(text):,}")
    return text


def _content(phone: Phone, kind: str, given: Body) -> bytes:
    try:
        content = base64.b64decode(str(given.get("content", "")), validate=True)
    except binascii.Error:
        raise Impossible("content is not base64") from None
    name = str(given.get("name") or f"this {kind}")
    most = LARGEST_PHOTO if kind == "photo" else LARGEST_DOCUMENT[phone.channel]
    if not content:
        raise Impossible(f"there is nothing in {name}")
    if len(content) > most:
        size = f"{len(content) / MEGABYTE:.1f}"
        raise Impossible(f"a {kind} may have {most // MEGABYTE} MB; {name} has {size} MB")
    if kind == "photo" and files.guess(content) not in PICTURES:
        raise Impossible(f"a photo is a JPEG, PNG or WebP file; {name} is none: send it as a document")
    return content


def _degrees(body: Body, name: str, most: int) -> float:
    try:
        value = float(body.get(name, ""))
    except (TypeError, ValueError):
        raise Impossible(f"{name} is a number of degrees") from None
    if not abs(value) <= most:  # also what is no number at all
        raise Impossible(f"{name} is between -{most} and {most}")
    return value
