"""A person's WhatsApp message on its way to the agency's webhook, and the TwiML that may come back."""

from __future__ import annotations

import time
from xml.etree import ElementTree

from simulator import twilio_hooks, twilio_media, twilio_messages
from simulator.phones import Msg, Phone
from simulator.twilio_messages import Wish
from simulator.twilio_render import Picture
from simulator.twilio_state import TwilioMessage
from simulator.world import Answer, WhatsAppSender, World


def inbound(world: World, sender: WhatsAppSender, phone: Phone, message: Msg, extra: dict[str, str]) -> None:
    """Tell the sender's webhook what was written; `extra` are the fields of a tapped button or list row."""
    origin, to = f"whatsapp:{phone.number}", f"whatsapp:{sender.handle}"
    now = time.time()
    stored = TwilioMessage(
        message.id, sender.account_sid, origin, to, message.text, "inbound", "received", now, now, sent_at=now
    )
    twilio_messages.keep(world, stored)
    fields = {
        "AccountSid": sender.account_sid,
        "ApiVersion": twilio_messages.VERSION,
        "Body": message.text,
        "From": origin,
        "MessageSid": message.id,
        "NumMedia": "0",
        "NumSegments": "1",
        "ProfileName": phone.name,
        "ReferralNumMedia": "0",
        "SmsMessageSid": message.id,
        "SmsSid": message.id,
        "SmsStatus": "received",
        "To": to,
    }
    if phone.number.startswith("+"):
        fields["WaId"] = phone.number.lstrip("+")
    extra = extra | twilio_media.fields(world, sender, message)
    if sender.webhook_url:
        world.background.run(_tell(world, sender, phone, message, fields | extra))


async def _tell(world: World, sender: WhatsAppSender, phone: Phone, message: Msg, fields: dict[str, str]) -> None:
    scope = world.scope(sender, phone)
    answer = await twilio_hooks.post_signed(world, sender, sender.webhook_url, fields, scope)
    if not answer.is_ok:
        return
    message.ticks = "read"
    world.touch(phone)
    for text in read_twiml(answer):
        _reply(world, sender, phone, text)


def read_twiml(answer: Answer) -> list[str]:
    """Give the text of every <Message> in a TwiML answer; anything else says nothing."""
    if not answer.body.strip():
        return []
    try:
        root = ElementTree.fromstring(answer.body)  # noqa: S314 - the answer of the very program under test
    except ElementTree.ParseError:
        return []
    messages = root.iter("Message") if root.tag == "Response" else ()
    texts = (" ".join("".join(message.itertext()).split(" ")).strip() for message in messages)
    return [text for text in texts if text]


def _reply(world: World, sender: WhatsAppSender, phone: Phone, text: str) -> None:
    form = {"From": f"whatsapp:{sender.handle}", "To": f"whatsapp:{phone.number}", "Body": text}
    entry = twilio_messages.note(world, sender.account_sid, form, "TwiML")
    message = twilio_messages.dispatch(world, sender, phone, Wish(form, None, {}, Picture(text)), entry)
    world.record.accept(entry, message.sid)
