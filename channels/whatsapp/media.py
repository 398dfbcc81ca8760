"""Pictures, documents and locations over Twilio: it fetches what we send from us, and keeps what we are sent for us."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from channels import twilio_api
from channels.contract import LARGEST, Media, Rejected
from channels.http import Response, Wire

API = "https://api.twilio.com"
STORE = "https://mms.twiliocdn.com"
"""Where a file is sent on to (Twilio's support article 223183748, "Protect Media Access")."""
DOWNLOAD_SECONDS = 20.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hosts:
    """The only places we ask for a file: Twilio's API, with our credentials, and its store, without."""

    api: str
    store: str


def hosts(endpoints: Mapping[str, str]) -> Hosts:
    """The places these endpoints name; Twilio's own where they name none."""
    return Hosts(endpoints.get("twilio", API).rstrip("/"), endpoints.get("twilio_media", STORE).rstrip("/"))


def wording(media: Media, text: str, media_url: str) -> dict[str, Any]:
    """The fields of Messages.create that show media with a text.

    WhatsApp shows a location's name, which Twilio takes from after the bar (Messages, PersistentAction).
    """
    if media.place is not None:
        title = media.place.title or text
        point = f"geo:{media.place.latitude:.6f},{media.place.longitude:.6f}"
        return {"Body": text or title or point, "PersistentAction": [f"{point}|{title}" if title else point]}
    if not (media.token and media_url):
        raise Rejected("bad_media")
    shown: dict[str, Any] = {"MediaUrl": [f"{media_url}/{media.token}"]}
    return shown | ({"Body": text} if text else {})


async def fetch(wire: Wire, url: str, at: Hosts, credentials: tuple[str, str]) -> bytes:
    """The content at a MediaUrl. Twilio redirects once, to its store; nothing else is ever contacted."""
    if not _is_at(url, at.api):
        raise Rejected("foreign_host")
    told = {"Authorization": f"Basic {b64encode(':'.join(credentials).encode()).decode()}"}
    response = await wire.call("GET", url, headers=told, seconds=DOWNLOAD_SECONDS)
    if response.status in REDIRECTS:
        there = urljoin(url, response.headers.get("Location", ""))
        if not (_is_at(there, at.store) or _is_at(there, at.api)):
            raise Rejected("foreign_host")
        response = await wire.call("GET", there, seconds=DOWNLOAD_SECONDS)
    return _content(response)


def _is_at(url: str, base: str) -> bool:
    """Of the same scheme, host and port, and below its path."""
    there, here = urlsplit(url), urlsplit(base)
    is_same = (there.scheme, there.netloc.lower()) == (here.scheme, here.netloc.lower())
    return is_same and there.path.startswith(here.path.rstrip("/") + "/")


def _content(response: Response) -> bytes:
    if response.status != 200:
        raise twilio_api.translate(response.status, response.headers, response.body)
    if len(response.body) > LARGEST:
        raise Rejected("media_too_large")
    return response.body
