"""GET /media/<token>: a picture or document that providers fetch from us, because they take an address and no upload.

A token cannot be guessed and is good as long as the media are needed; one person's own file is there for a quarter of
an hour, and is to be kept nowhere. Nothing is listed, and nothing else is shown.
"""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from db.engine import Sessions
from delivery import enclosures, media
from delivery.switchboard import MEDIA_PATH

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


def blueprint(sessions: Sessions, now: Callable[[], datetime]) -> Blueprint:
    """The route of all media. Not a word of why where there is nothing."""
    routes = Blueprint("media", __name__)

    @routes.get(f"{MEDIA_PATH}/<token>")
    def shown(token: str) -> Response:
        with sessions() as session:
            if not TOKEN.fullmatch(token):
                return _nothing()
            return _media(session, token, now()) or _enclosure(session, token, now())

    shown.audience = "provider"  # type: ignore[attr-defined]
    return routes


def _media(session: Session, token: str, now: datetime) -> Response | None:
    item = media.at_token(session, token, now=now)
    if item is None or item.content is None:
        return None
    # The type is what we read from the content; a browser that follows the address is told to believe it.
    name = quote(item.name or item.kind.value, safe="")
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Cache-Control": "private"}
    return Response(item.content, content_type=item.mime_type, headers=headers)


def _enclosure(session: Session, token: str, now: datetime) -> Response:
    enclosed = enclosures.at_token(session, token, now=now)
    if enclosed is None:
        return _nothing()
    # Twilio shows people the name given in this plain form (its page on accepted content types).
    headers = {"Content-Disposition": f'inline; filename="{enclosed.name}"', "Cache-Control": "no-store"}
    return Response(enclosed.content, content_type=enclosed.mime_type, headers=headers)


def _nothing() -> Response:
    return Response(status=404)
