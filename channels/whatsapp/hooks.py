"""(pure) What Twilio calls us with -> our events. Reads defensively: new parameters appear without notice."""

from collections.abc import Mapping

from channels import twilio_api, twilio_hooks
from channels.contract import Attachment, Event, Heard, Hook, Inbound, Malformed, MediaKind, Place, Receipt

# Twilio's MessageStatus; what is not here (a new word, or an inbound one) is no event.
HEARD = {
    "accepted": Heard.ACCEPTED,
    "scheduled": Heard.ACCEPTED,
    "queued": Heard.ACCEPTED,
    "sending": Heard.ACCEPTED,
    "sent": Heard.SENT,
    "delivered": Heard.DELIVERED,
    "partially_delivered": Heard.DELIVERED,
    "read": Heard.READ,
    "failed": Heard.FAILED,
    "undelivered": Heard.FAILED,
    "canceled": Heard.FAILED,
}
# Where a reseller may pass Meta's business-scoped user id beside the number (platforms.md, C9: Twilio documents no name
# for it yet). It changes when the number changes hands; a field that is not there says nothing.
PERSON_FIELDS = ("ExternalUserId", "UserId")
PERSON_KEY_LENGTH = 150  # two letters, a full stop and up to 128 characters; a parent's has four more
# Countries in which most people would be helped by another language than English: a first guess only.
LANGUAGES = {"+60": "ms", "+673": "ms", "+86": "zh"}


def read(hook: Hook) -> list[Event]:
    """The event of one call: a receipt, or something said. Raises Malformed if it names no message."""
    said = twilio_hooks.form(hook)
    sid = said.get("MessageSid") or said.get("SmsSid")
    if not sid:
        raise Malformed("no MessageSid")
    if "MessageStatus" in said:
        return _receipts(hook, sid, said)
    if not said.get("From"):
        raise Malformed("no From")
    return [_inbound(sid, said)]


def _receipts(hook: Hook, sid: str, said: Mapping[str, str]) -> list[Event]:
    status = said["MessageStatus"]
    heard = HEARD.get(status)
    if heard is None:
        return []
    refusal = twilio_api.failure(_text(said, "ErrorCode") or "") if heard is Heard.FAILED else None
    reference = dict(reversed(twilio_hooks.fields(hook.url.partition("?")[2]))).get("ref")
    return [Receipt(f"{sid}:{status}", heard, reference, sid, refusal)]


def _inbound(sid: str, said: Mapping[str, str]) -> Inbound:
    address = said["From"]
    return Inbound(
        event_id=sid,
        address=address,
        text=_text(said, "Body") or "",
        choice=_text(said, "ButtonPayload") or _text(said, "ListId"),
        tapped_id=_text(said, "OriginalRepliedMessageSid"),
        provider_id=sid,
        locale_hint=_locale_hint(address),
        name=_text(said, "ProfileName"),
        person_key=_person_key(said),
        attachment=_attachment(said),
    )


def _attachment(said: Mapping[str, str]) -> Attachment | None:
    """A picture, a document or a location; WhatsApp sends one in a message. Twilio tells no size beforehand."""
    if place := _place(said):
        return Attachment(MediaKind.LOCATION, place=place)
    url, mime_type = said.get("MediaUrl0"), (said.get("MediaContentType0") or "").partition(";")[0].strip().lower()
    if not url or said.get("NumMedia", "0") == "0":
        return None
    kind = MediaKind.PHOTO if mime_type.startswith("image/") else MediaKind.DOCUMENT
    return Attachment(kind, url, "", mime_type)


def _place(said: Mapping[str, str]) -> Place | None:
    try:
        latitude, longitude = float(said["Latitude"]), float(said["Longitude"])
    except (KeyError, ValueError):
        return None
    title = _text(said, "Label") or _text(said, "Address") or ""
    return Place(latitude, longitude, title) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _text(said: Mapping[str, str], field: str) -> str | None:
    """Without NUL characters: PostgreSQL keeps none, and a STOP with one in it is still a STOP."""
    return said.get(field, "").replace("\0", "") or None


def _person_key(said: Mapping[str, str]) -> str | None:
    found = next(filter(None, (_text(said, field) for field in PERSON_FIELDS)), None)
    return found if found is not None and len(found) <= PERSON_KEY_LENGTH else None


def _locale_hint(address: str) -> str | None:
    number = address.removeprefix("whatsapp:")
    return next((locale for code, locale in LANGUAGES.items() if number.startswith(code)), None)
