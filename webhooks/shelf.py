"""GET /media/<token>: a picture or document that providers fetch from us, because they take an address and no upload.

A token cannot be guessed and is good as long as the media are needed; nothing is listed, and nothing else is shown.
"""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response

from db.engine import Sessions
from delivery import media
from delivery.switchboard import MEDIA_PATH

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


def blueprint(sessions: Sessions, now: Callable[[], datetime]) -> Blueprint:
    """The route of all media. Not a word of why where there is nothing."""
    routes = Blueprint("media", __name__)

    @routes.get(f"{MEDIA_PATH}/<token>")
    def shown(token: str) -> Response:
        with sessions() as session:
            item = media.at_token(session, token, now=now()) if TOKEN.fullmatch(token) else None
            if item is None or item.content is None:
                return Response(status=404)
            # The type is what we read from the content; a browser that follows the address is told to believe it.
            name = quote(item.name or item.kind.value, safe="")
            headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}", "Cache-Control": "private"}
            return Response(item.content, content_type=item.mime_type, headers=headers)

    shown.audience = "provider"  # type: ignore[attr-defined]
    return routes
