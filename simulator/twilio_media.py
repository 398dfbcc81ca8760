"""Media over Twilio: what it fetches from us to send, and what it keeps of what a person sent."""

from __future__ import annotations

from simulator.files import Kept
from simulator.phones import Media, Msg
from simulator.world import WhatsAppSender, World

PATH = "/twilio/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}"

LARGEST = 16 * 1024 * 1024
LARGEST_PICTURE = 5 * 1024 * 1024
PICTURES = frozenset({"image/jpeg", "image/png"})
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCUMENTS = frozenset({"application/pdf", WORD})  # of those on Twilio's page about WhatsApp media; no text/plain is
DOWNLOAD_FAILED, REFUSED_BY_WHATSAPP = 63019, 63005
FETCH_SECONDS = 15.0


async def fetched(world: World, account_sid: str, url: str) -> Media | int:
    """Get what a message is to show from its address; the code of Twilio's error where that cannot be done."""
    answer = await world.get(url, FETCH_SECONDS)
    if answer.status != 200 or not answer.body or len(answer.body) > LARGEST:
        return DOWNLOAD_FAILED
    if answer.content_type not in PICTURES | DOCUMENTS:
        return REFUSED_BY_WHATSAPP
    kind = "photo" if answer.content_type in PICTURES else "document"
    if kind == "photo" and len(answer.body) > LARGEST_PICTURE:
        return DOWNLOAD_FAILED
    name = url.rsplit("/", 1)[-1]
    kept = _known(world, account_sid, name, answer.body)
    kept = kept or world.files.keep(account_sid, kind, name, answer.body, answer.content_type)
    return Media(kind, "").hold(kept)


def _known(world: World, account_sid: str, name: str, content: bytes) -> Kept | None:
    """The same file, sent to somebody else a moment ago: kept once, or a crowd would fill the memory."""
    newest = next(reversed(world.files.kept.values()), None)
    is_same = newest is not None and (newest.owner, newest.name, newest.content) == (account_sid, name, content)
    return newest if is_same else None


def fields(world: World, sender: WhatsAppSender, message: Msg) -> dict[str, str]:
    """What the webhook is told of media that a person sent."""
    media = message.media
    if media is None:
        return {}
    if media.kind == "location":
        point = {"Latitude": str(media.latitude), "Longitude": str(media.longitude)}
        return point | ({"Label": media.name, "Address": media.name} if media.name else {})
    kept = world.files.kept[media.file]
    path = PATH.format(account=sender.account_sid, message=message.id, media=kept.id)
    return {"NumMedia": "1", "MediaUrl0": world.url + path, "MediaContentType0": kept.mime_type}


def place(action: str) -> Media | None:
    """A location out of a PersistentAction: "geo:<latitude>,<longitude>|<title>"."""
    point, _, title = action.removeprefix("geo:").partition("|")
    try:
        latitude, longitude = (float(part) for part in point.split(","))
    except ValueError:
        return None
    return Media("location", title, latitude=latitude, longitude=longitude) if action.startswith("geo:") else None
