"""The one door for every channel: verify, keep, answer. Nothing slow, nothing that decides."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError

from channels.contract import Forged, Hook, Malformed
from db.engine import Sessions
from delivery import senders
from delivery.models import Sender
from delivery.switchboard import Switchboard
from webhooks.journal import Entry, Journal

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; Meta's largest batch is 3 MB, but Telegram and Twilio stay far below one
SENDER_MEMORY = 5.0  # seconds for which a sender's row is not read again
RETRY_AFTER = "5"


@dataclass(frozen=True, slots=True)
class Door:
    """What the door needs: where to keep calls, who can verify them, the public address they were signed for."""

    sessions: Sessions
    switchboard: Switchboard
    journal: Journal
    public_url: str
    now: Callable[[], datetime]


class _Senders:
    """The senders' rows, read at most every few seconds."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._kept: dict[tuple[str, str], tuple[float, Sender | None]] = {}

    def find(self, channel: str, key: str) -> Sender | None:
        kept = self._kept.get((channel, key))
        if kept is None or time.monotonic() - kept[0] > SENDER_MEMORY:
            with self._sessions() as session:
                kept = (time.monotonic(), senders.find(session, channel=channel, key=key))
            if kept[1] is not None:
                self._kept[(channel, key)] = kept
        return kept[1]


def blueprint(door: Door) -> Blueprint:
    """The route providers call: POST /hooks/<channel>/<sender key>."""
    routes = Blueprint("hooks", __name__)
    known = _Senders(door.sessions)

    @routes.post("/hooks/<channel>/<key>")
    def hook(channel: str, key: str) -> Response:
        try:
            sender = known.find(channel, key)
            if sender is None:
                return Response(status=404)
            return _receive(door, sender)
        except (DBAPIError, TimeoutError) as error:
            log.error("hook.not_kept", channel=channel, error=type(error).__name__)
            return Response(status=503, headers={"Retry-After": RETRY_AFTER})

    hook.audience = "provider"  # type: ignore[attr-defined]
    return routes


def _receive(door: Door, sender: Sender) -> Response:
    if (request.content_length or 0) > BODY_LIMIT:
        return Response(status=413)
    hook = _hook(door.public_url)
    channel = door.switchboard.channel(sender)
    try:
        channel.verify(hook)
        events = channel.parse(hook)
    except Forged:
        log.warning("hook.forged", sender_id=sender.id)
        return Response(status=403)
    except Malformed as error:
        log.warning("hook.malformed", sender_id=sender.id)
        door.journal.keep(Entry(sender, hook, (), door.now(), error=str(error)[:200] or "malformed"))
        return Response(status=400)
    if events:
        door.journal.keep(Entry(sender, hook, events, door.now()))
    answer = channel.answer(events)
    return Response(answer.body, status=200, content_type=answer.content_type)


def _hook(public_url: str) -> Hook:
    query = request.query_string.decode("latin-1")
    return Hook(
        url=public_url + request.path + (f"?{query}" if query else ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False),
    )
