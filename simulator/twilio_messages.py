"""Sending WhatsApp messages through Twilio's Messages resource: what is refused at once, what fails later."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from simulator import twilio_media, twilio_render, twilio_status
from simulator.faults import DELIVERY
from simulator.phones import Media, Msg, Phone
from simulator.record import Entry
from simulator.twilio_errors import TwilioRefused, bad_request, too_many
from simulator.twilio_render import Picture
from simulator.twilio_state import KEPT_MESSAGES, Content, TwilioMessage
from simulator.world import WHATSAPP, WhatsAppSender, World

ADDRESS = re.compile(r"^whatsapp:\+[1-9]\d{6,14}$")
RECIPIENT = re.compile(rf"{ADDRESS.pattern}|^whatsapp:[A-Z]{{2}}\.[A-Za-z0-9]{{1,128}}$")  # or a user id instead
BODY = 1600
VERSION = "2010-04-01"
Form = dict[str, str]
REJECTED = {"rejected": 63040, "paused": 63041, "disabled": 63042, "missing": 63027}


def create(world: World, account_sid: str, form: Form) -> TwilioMessage:
    """Accept a message, on the record, or refuse it."""
    entry = note(world, account_sid, form)
    try:
        message = _accept(world, account_sid, form, entry)
    except TwilioRefused as refused:
        world.record.refuse(entry, f"{refused.code} {refused.message}")
        raise
    world.record.accept(entry, message.sid)
    return message


def note(world: World, account_sid: str, form: Form, method: str = "Messages.create") -> Entry:
    """Write the call into the record."""
    to = form.get("To", "").removeprefix("whatsapp:")
    sender = world.sender(account_sid, form.get("From", "").removeprefix("whatsapp:"))
    phone = world.by_number.get((WHATSAPP, to))
    return world.record.add(
        at=time.time(),
        channel=WHATSAPP,
        bot=sender.id if sender else None,
        method=method,
        to=to or None,
        phone=phone.id if phone else None,
        text=form.get("Body") or form.get("ContentSid"),
        reference=_reference(form.get("StatusCallback", "")),
    )


def _reference(url: str) -> str | None:
    return parse_qs(urlsplit(url).query).get("ref", [None])[0] if "ref=" in url else None


def _accept(world: World, account_sid: str, form: Form, entry: Entry) -> TwilioMessage:
    sender = _check_ends(world, account_sid, form)
    if world.limits.enabled and sender.pace.take(time.monotonic()):
        raise too_many()
    content, variables = _check_content(world, account_sid, form)
    phone = world.by_number.get((WHATSAPP, form["To"].removeprefix("whatsapp:")))
    wish = Wish(form, content, variables, _show(form, content, variables))
    world.record.say(entry, wish.picture.text)
    return dispatch(world, sender, phone, wish, entry)


def _check_ends(world: World, account_sid: str, form: Form) -> WhatsAppSender:
    """Check from and to; a message needs both, on the same channel, and a sender of this account."""
    to, origin = form.get("To", ""), form.get("From", "")
    if not to:
        raise bad_request(21604, "A 'To' phone number is required.")
    if not origin:
        raise bad_request(21603, "A 'From' phone number is required.")
    if to.startswith("whatsapp:") != origin.startswith("whatsapp:"):
        raise bad_request(21910, "Invalid From and To pair. From and To should be of the same channel")
    if not RECIPIENT.match(to):
        raise bad_request(21211, f"Invalid 'To' Phone Number: {to}")
    if not ADDRESS.match(origin):
        raise bad_request(21212, f"Invalid 'From' Phone Number: {origin}")
    sender = world.sender(account_sid, origin.removeprefix("whatsapp:"))
    if sender is None:
        raise bad_request(63007, "Twilio could not find a Channel with the specified From address")
    if to == origin:
        raise bad_request(63031, "Channel message cannot have same From and To")
    callback = form.get("StatusCallback", "")
    if callback and not callback.startswith(("http://", "https://")):
        raise bad_request(21609, f"Invalid 'StatusCallback' URL: {callback}")
    return sender


def _check_content(world: World, account_sid: str, form: Form) -> tuple[Content | None, dict[str, str]]:
    sid, raw = form.get("ContentSid", ""), form.get("ContentVariables", "")
    if len(form.get("Body", "")) > BODY:
        raise bad_request(21617, f"The concatenated message body exceeds the {BODY} character limit")
    if raw and not sid:
        raise bad_request(21654, "The ContentSid parameter is required when ContentVariables is given")
    if not sid:
        if not form.get("Body") and not form.get("MediaUrl"):
            raise bad_request(21619, "A text message body or media urls must be specified.")
        return None, {}
    content = world.contents.get(sid)
    if content is None or content.account_sid != account_sid:
        raise bad_request(21655, f"The ContentSid {sid} is Invalid")
    return content, _variables(raw)


def _variables(raw: str) -> dict[str, str]:
    """Read ContentVariables: a JSON object of texts."""
    try:
        variables = orjson.loads(raw or "{}")
    except orjson.JSONDecodeError:
        variables = None
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise bad_request(21656, "The ContentVariables Parameter is invalid")
    if any(len(value) > BODY for value in variables.values()):
        raise bad_request(21658, f"A content variable exceeds the {BODY} character limit")
    return variables


def _show(form: Form, content: Content | None, variables: dict[str, str]) -> Picture:
    if content is not None:
        return twilio_render.picture(content, variables)
    place = twilio_media.place(form.get("PersistentAction", ""))
    url = form.get("MediaUrl")
    return Picture(form.get("Body", ""), media=place or (Media("file", url.rsplit("/", 1)[-1]) if url else None))


@dataclass(frozen=True, slots=True)
class Wish:
    """A message that passed the checks: its form, its content, and what the phone will show."""

    form: Form
    content: Content | None
    variables: dict[str, str]
    picture: Picture


def dispatch(world: World, sender: WhatsAppSender, phone: Phone | None, wish: Wish, entry: Entry) -> TwilioMessage:
    """Keep the message, put it on the phone if it will arrive, and let its statuses follow."""
    error = _later(world, sender, phone, wish)
    now = time.time()
    message = TwilioMessage(
        world.sid("SM"),
        sender.account_sid,
        wish.form["From"],
        wish.form["To"],
        wish.picture.text,
        "outbound-reply" if entry.method == "TwiML" else "outbound-api",
        "queued",
        now,
        now,
        callback_url=wish.form.get("StatusCallback", ""),
        num_media=1 if wish.picture.media else 0,
        phone=phone,
        entry=entry,
    )
    keep(world, message)
    entry.status = "queued"
    entry.media = wish.form.get("MediaUrl") or wish.form.get("PersistentAction")
    if error is None and wish.form.get("MediaUrl"):
        world.background.run(_with_media(world, sender, phone, wish, message))
    else:
        _set_off(world, sender, phone, wish, message, error)
    return message


async def _with_media(
    world: World, sender: WhatsAppSender, phone: Phone | None, wish: Wish, message: TwilioMessage
) -> None:
    """Fetch what is to be shown first, as Twilio does; a message whose media cannot be had arrives not at all.

    A document has no caption (Twilio's "Guidance on WhatsApp media messages").
    """
    got = await twilio_media.fetched(world, sender.account_sid, wish.form["MediaUrl"])
    error = got if isinstance(got, int) else None
    if isinstance(got, Media):
        wish.picture.media = got
        wish.picture.text = "" if got.kind == "document" else wish.picture.text
    _set_off(world, sender, phone, wish, message, error)


def _set_off(
    world: World, sender: WhatsAppSender, phone: Phone | None, wish: Wish, message: TwilioMessage, error: int | None
) -> None:
    if phone is not None and error is None and sender.id not in phone.blocked:
        message.shown = _put(world, sender, phone, wish, message)
    twilio_status.set_off(world, sender, message, error)


def _put(world: World, sender: WhatsAppSender, phone: Phone, wish: Wish, message: TwilioMessage) -> Msg:
    shown = Msg(message.sid, "bot", wish.picture.text, message.at, ticks="sending")
    shown.buttons, shown.picker, shown.media = wish.picture.buttons, wish.picture.picker, wish.picture.media
    shown.template = wish.content is not None and wish.content.is_approved
    return world.say(phone, sender, shown)[1]


def keep(world: World, message: TwilioMessage) -> None:
    """Remember a message for fetching, forgetting the oldest beyond KEPT_MESSAGES."""
    world.messages[message.sid] = message
    if len(world.messages) > KEPT_MESSAGES:
        del world.messages[next(iter(world.messages))]


def _later(world: World, sender: WhatsAppSender, phone: Phone | None, wish: Wish) -> int | None:
    """Give the error this message will come back with, None if it arrives."""
    if fault := world.faults.draw(DELIVERY, world.scope(sender, phone)):
        return fault.code
    if phone is None or phone.deactivated:
        return 63024
    content = wish.content
    if content is not None and content.approval in REJECTED:
        return REJECTED[content.approval]
    approved = content is not None and content.is_approved
    chat = phone.chats.get(sender.id)
    if not approved and (chat is None or chat.window_until <= time.time()):
        return 63016
    return twilio_render.complaint(content, wish.variables, approved=approved) if content else None


def resource(message: TwilioMessage) -> dict[str, Any]:
    """Give the message as Twilio's API does."""
    uri = f"/{VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"
    return {
        "account_sid": message.account_sid,
        "api_version": VERSION,
        "body": message.body,
        "date_created": rfc2822(message.at),
        "date_sent": rfc2822(message.sent_at),
        "date_updated": rfc2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": message.error_message,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": str(message.num_media),
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def rfc2822(seconds: float | None) -> str | None:
    """Give an instant as Twilio's 2010 API writes it."""
    return None if seconds is None else _whole_second(int(seconds))


@lru_cache(maxsize=64)
def _whole_second(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))
