"""A WhatsApp message's way after it was accepted: sent, delivered, read, or failed; and the callbacks about it."""

from __future__ import annotations

import time

from simulator import twilio_hooks
from simulator.timing import draw
from simulator.twilio_errors import LATER, NEVER_SENT
from simulator.twilio_state import TwilioMessage
from simulator.world import WhatsAppSender, World

RANK = {"accepted": 0, "queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4}
ENDS = frozenset({"failed", "undelivered", "canceled"})
TICKS = {"queued": "sending", "sent": "sent", "delivered": "delivered", "read": "read"}


def set_off(world: World, sender: WhatsAppSender, message: TwilioMessage, error: int | None) -> None:
    """Let the message take its way; `error` is why it will not arrive."""
    statuses = _fate(world, sender, message, error)
    at = 0.0
    moments = []
    for status in statuses:
        at += draw(world.random, getattr(world.timing, status, world.timing.delivered))
        moments.append(at)
    if len(statuses) > 1 and world.random.random() < world.timing.scramble_share:
        world.random.shuffle(statuses)
    for moment, status in zip(moments, statuses, strict=True):
        world.background.later(moment, lambda status=status: step(world, sender, message, status, error))  # type: ignore[misc]


def _fate(world: World, sender: WhatsAppSender, message: TwilioMessage, error: int | None) -> list[str]:
    """Give the statuses the message will report. A person who blocked us leaves it at `sent`, without an error."""
    if error is not None:
        return ["failed"] if error in NEVER_SENT else ["sent", "undelivered"]
    if message.phone is None or sender.id in message.phone.blocked:
        return ["sent"]
    if world.random.random() >= world.timing.read_share:
        return ["sent", "delivered"]
    skips = world.random.random() < world.timing.skip_delivered_share
    return ["sent", "read"] if skips else ["sent", "delivered", "read"]


def step(world: World, sender: WhatsAppSender, message: TwilioMessage, status: str, error: int | None) -> None:
    """Report one status, unless the message was canceled, deleted or is already read."""
    gone = message.status == "canceled" or (message.sid not in world.messages)
    if not gone and not (status == "read" and message.status == "read"):
        report(world, sender, message, status, error if status in ENDS else None)


def report(world: World, sender: WhatsAppSender, message: TwilioMessage, status: str, error: int | None = None) -> None:
    """Move the message on (never back) and tell the status callback."""
    if status in ENDS or RANK[status] > RANK.get(message.status, 9):
        _move(message, status, error)
        if message.phone is not None:
            world.touch(message.phone)
    if message.callback_url:
        world.background.run(_call_back(world, sender, message, _fields(sender, message, status, error)))


def _move(message: TwilioMessage, status: str, error: int | None) -> None:
    message.status, message.updated_at = status, time.time()
    if status == "sent":
        message.sent_at = message.updated_at
    if error is not None:
        message.error_code, message.error_message = error, LATER.get(error, "Unknown error")
    if message.entry is not None:
        message.entry.status = f"{status} {error}" if error else status
    if message.shown is not None:
        message.shown.ticks = TICKS.get(status, message.shown.ticks)
        message.shown.error = f"{error} {message.error_message}" if error else message.shown.error


def _fields(sender: WhatsAppSender, message: TwilioMessage, status: str, error: int | None) -> dict[str, str]:
    """Give the form a status callback carries."""
    fields = {
        "AccountSid": message.account_sid,
        "ApiVersion": "2010-04-01",
        "ChannelInstallSid": f"XE{message.account_sid[2:]}",
        "ChannelPrefix": "whatsapp",
        "ChannelToAddress": f"{message.to.removeprefix('whatsapp:')}",
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "StructuredMessage": "false",
        "To": message.to,
    }
    if status in ("read", "delivered", "undelivered"):
        fields["EventType"] = status.upper()
    if error is not None:
        text = LATER.get(error, "Unknown error")
        fields |= {"ErrorCode": str(error), "ErrorMessage": text, "ChannelStatusMessage": text}
    return fields


async def _call_back(world: World, sender: WhatsAppSender, message: TwilioMessage, fields: dict[str, str]) -> None:
    scope = world.scope(sender, message.phone)
    await twilio_hooks.post_signed(world, sender, message.callback_url, fields, scope)
