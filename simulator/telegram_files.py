"""The Bot API's methods about pictures, files and places: sent, named by their file_id, and fetched again."""

from __future__ import annotations

from typing import Any

from simulator import telegram_params as take
from simulator.files import Kept
from simulator.phones import Media
from simulator.telegram_errors import Refused, bad_request
from simulator.telegram_methods import CAPTION_UNITS, Wording, send, wording
from simulator.telegram_params import Params, Upload
from simulator.world import TelegramBot, World

PHOTO_BYTES, UPLOAD_BYTES, DOWNLOAD_BYTES = 10 * 1024 * 1024, 50 * 1024 * 1024, 20 * 1024 * 1024
UNKNOWN = "wrong file identifier/HTTP URL specified"


def send_photo(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Put a picture into a chat."""
    return _send_media(world, bot, params, "photo")


def send_document(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Put a file into a chat."""
    return _send_media(world, bot, params, "document")


def send_location(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Put a point on a map into a chat."""
    latitude, longitude = _degrees(params, "latitude", 90), _degrees(params, "longitude", 180)
    media = Media("location", "", latitude=latitude, longitude=longitude)
    return send(world, bot, params, Wording("", [], take.parsed(params, "reply_markup")), media)


def get_file(world: World, bot: TelegramBot, params: Params) -> dict[str, Any]:
    """Say where a file can be fetched from."""
    kept = world.files.find(bot.id, take.text(params, "file_id"))
    if kept is None:
        raise bad_request("invalid file_id")
    if len(kept.content) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    size = {"file_size": len(kept.content), "file_path": kept.path}
    return {"file_id": kept.id, "file_unique_id": f"u{kept.id}"} | size


def stored(world: World, bot: TelegramBot, path: str) -> Kept | None:
    """The file at a path that get_file gave."""
    name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = world.files.find(bot.id, name)
    return kept if kept is not None and kept.path == path else None


def named(params: Params) -> str | None:
    """What media a call names, for the record: "upload <bytes>", or the id or address it gave."""
    for field in ("photo", "document"):
        value = params.get(field)
        if isinstance(value, Upload):
            return f"upload {len(value.content)}"
        if value:
            return str(value)
    return None


def _send_media(world: World, bot: TelegramBot, params: Params, kind: str) -> dict[str, Any]:
    given = params.get(kind)
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.get(given.removeprefix("attach://"))
    if not given:
        raise bad_request(f"there is no {kind} in the request")
    said = wording(params, "caption", CAPTION_UNITS)
    if isinstance(given, str) and given.startswith(("http://", "https://")):
        return send(world, bot, params, said, Media(kind, given))
    kept = _accepted(world, bot, kind, given)
    return send(world, bot, params, said, Media(kind, "").hold(kept))


def _accepted(world: World, bot: TelegramBot, kind: str, given: str | Upload) -> Kept:
    if isinstance(given, str):
        found = world.files.find(bot.id, given)
        if found is None:
            raise bad_request(UNKNOWN)
        return found
    if not given.content:
        raise bad_request("file must be non-empty")
    if len(given.content) > UPLOAD_BYTES:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo" and len(given.content) > PHOTO_BYTES:
        size = len(given.content)
        raise bad_request(f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes")
    kept = world.files.keep(bot.id, kind, given.name, given.content)
    if kind == "photo" and not kept.mime_type.startswith("image/"):
        raise bad_request("IMAGE_PROCESS_FAILED")
    return kept


def _degrees(params: Params, name: str, most: int) -> float:
    try:
        value = float(take.text(params, name))
    except ValueError:
        raise bad_request(f"{name} is empty or not a number") from None
    if abs(value) > most:
        raise bad_request(f"wrong {name} specified")
    return value
