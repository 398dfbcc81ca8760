"""The ways into a chat with an agency: one for each of its senders, as a link and as people know it."""

from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
import structlog

from channels.contract import AddressKind, Refusal
from db.crypto import Unreadable
from delivery.models import Sender
from delivery.switchboard import Switchboard
from locales import texts

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """One sender: the app's name, the account as people see it there, and the link that opens it. None: not now."""

    channel: str
    app: str
    handle: str
    link: str | None


def into(senders: Iterable[Sender], board: Switchboard, *, locale: str, key: str = "") -> list[Way]:
    """The ways by these senders, in a language; with the `key` of a link, if they came by one."""
    return [
        Way(
            channel=sender.channel,
            app=texts.channel(sender.channel, locale),
            handle=shown(sender, board),
            link=_link(sender, board, locale, key) if sender.stopped_at is None else None,
        )
        for sender in senders
    ]


def shown(sender: Sender, board: Switchboard) -> str:
    """The account as its app shows it: @name, or a number with blanks."""
    if board.limits_of(sender.channel).address_kind is not AddressKind.PHONE:
        return f"@{sender.handle.removeprefix('@')}"
    try:
        number = phonenumbers.parse(sender.handle, None)
    except phonenumbers.NumberParseException:
        return sender.handle
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _link(sender: Sender, board: Switchboard, locale: str, key: str) -> str | None:
    """None where the sender cannot work: that its credentials are broken is for operators to see, not for citizens."""
    words = texts.say("arriving.hello", locale, link=key) if key else ""
    try:
        return board.channel(sender).link(key, words)
    except (Unreadable, Refusal, KeyError) as error:
        log.warning("ways.no_link", sender_id=sender.id, error=type(error).__name__)
        return None
