"""The file that came with what somebody said, fetched while no transaction is open."""

from collections.abc import Callable, Mapping

import structlog

from channels.contract import Attachment, Channel, Refusal, Unavailable
from db.engine import Sessions
from delivery.models import Sender
from delivery.switchboard import Switchboard

log = structlog.get_logger(__name__)

Fetch = Callable[[Channel, Attachment], bytes]
"""Fetches what somebody sent, within a bounded time, or raises a refusal."""
Files = Mapping[str, bytes | Refusal]
"""What was fetched, by the event it came with."""


class Wanted(Exception):
    """The file of this event has to be fetched from the channel of this sender."""

    def __init__(self, sender_id: int, event_id: str, attachment: Attachment) -> None:
        super().__init__(event_id)
        self.sender_id = sender_id
        self.event_id = event_id
        self.attachment = attachment


def fetched(sessions: Sessions, board: Switchboard, wanted: Wanted, fetch: Fetch | None) -> bytes | Refusal:
    """The file, or why there is none; never an exception."""
    with sessions() as session:
        channel = board.channel(session.get_one(Sender, wanted.sender_id))
    if fetch is None:
        return Unavailable("no_way_to_fetch")
    try:
        return fetch(channel, wanted.attachment)
    except Refusal as refusal:
        log.warning("hearing.no_file", reason=refusal.reason, code=refusal.code)
        return refusal
    except Exception:  # or the call would wait, and its address with it, for as long as its file is like this
        log.exception("hearing.fetch_failed")
        return Unavailable("fetch_failed")
