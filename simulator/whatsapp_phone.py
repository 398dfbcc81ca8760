"""What a person with WhatsApp can do: write, tap a quick reply, choose from a list, read."""

from __future__ import annotations

import time

from simulator import twilio_inbound, twilio_status
from simulator.phones import Chat, Media, Msg, Phone
from simulator.telegram_phone import Impossible
from simulator.world import WhatsAppSender, World

KINDS = {"photo": "image"}


def say(world: World, sender: WhatsAppSender, phone: Phone, text: str, media: Media | None = None) -> Msg:
    """Write to the number, or send it something, which opens the 24-hour window."""
    kind = "text" if media is None else KINDS.get(media.kind, media.kind)
    return _write(world, sender, phone, text, {"MessageType": kind}, media)


def tap(world: World, sender: WhatsAppSender, phone: Phone, message_id: str, key: str) -> str | None:
    """Tap a quick reply or choose a row; gives the address to open where the button is a link."""
    message = phone.chat(sender.id).messages.get(message_id)
    if message is None:
        raise Impossible("no such message")
    if key.startswith("url:"):
        return key.removeprefix("url:")
    reply_to = {"OriginalRepliedMessageSid": message_id, "OriginalRepliedMessageSender": f"whatsapp:{sender.handle}"}
    if (button := message.button(key)) is not None:
        pressed = {"MessageType": "button", "ButtonText": button.label, "ButtonPayload": key}
        _write(world, sender, phone, button.label, pressed | reply_to)
    elif (item := message.item(key)) is not None:
        chosen = {"MessageType": "interactive", "ListId": key, "ListTitle": item.title}
        _write(world, sender, phone, item.title, chosen | reply_to)
    else:
        raise Impossible("no such button")
    return None


def _write(
    world: World, sender: WhatsAppSender, phone: Phone, text: str, extra: dict[str, str], media: Media | None = None
) -> Msg:
    if sender.id in phone.blocked:
        raise Impossible("blocked: unblock the number first")
    open_window(world, phone.chat(sender.id))
    message = Msg(world.sid("SM"), "phone", text, time.time(), ticks="sent", media=media)
    world.say(phone, sender, message)
    twilio_inbound.inbound(world, sender, phone, message, extra)
    return message


def open_window(world: World, chat: Chat) -> None:
    """Let the sender write freely from now on for 24 hours."""
    chat.started = True
    chat.window_until = time.time() + world.timing.window


def read(world: World, sender: WhatsAppSender, phone: Phone) -> None:
    """Read everything that was delivered."""
    for shown in phone.chat(sender.id).messages.values():
        message = world.messages.get(shown.id)
        if message is not None and shown.sender == "bot" and shown.ticks == "delivered":
            twilio_status.report(world, sender, message, "read")
