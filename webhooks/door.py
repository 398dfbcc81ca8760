"""The one door for every channel: verify, keep, answer. Nothing slow, nothing that decides.

Every call is counted by its answer (`meters`), and what is turned away is logged besides: hook.unknown, hook.too_large,
hook.forged, hook.malformed, hook.not_kept here, journal.repeated and receipts.ignored where calls are kept.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from channels.contract import Channel, Event, Forged, Hook, Malformed, Misconfigured
from db.crypto import Unreadable
from db.engine import Sessions
from delivery import senders
from delivery.models import Sender
from delivery.switchboard import Switchboard
from webhooks import meters
from webhooks.front import LATER, RETRY_AFTER, Later
from webhooks.journal import Entry, Journal, NotKept, can_be_kept

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; Meta's largest batch is 3 MB, but Telegram and Twilio stay far below one
MEMORY_SECONDS = 5.0
ASKED_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Door:
    """What the door needs: where to keep calls, who can verify them, the public address they were signed for.

    `memory` is for how many seconds a sender is known without reading its row again.
    """

    sessions: Sessions
    switchboard: Switchboard
    journal: Journal
    public_url: str
    now: Callable[[], datetime]
    memory: float = MEMORY_SECONDS

    @cached_property
    def known(self) -> "Senders":
        """The senders, as they were a moment ago."""
        return Senders(self.sessions, self.memory)

    def is_quick(self, path: str) -> bool:
        """Whether a call of this path is answered without asking the database: it is only handed to the journal."""
        match path.split("/"):
            case ["", "hooks", channel, key]:
                return self.known.remembered(channel, key) is not None
        return False


class Senders:
    """All senders, read together every few seconds; for a key nobody has, at most twice a second.

    So neither a call nor somebody who tries keys costs the database anything.
    """

    def __init__(self, sessions: Sessions, memory: float) -> None:
        self._sessions = sessions
        self._memory = memory
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: dict[tuple[str, str], Sender] = {}

    def remembered(self, channel: str, key: str) -> Sender | None:
        """Whoever is known and was read not too long ago; waits for nobody."""
        is_fresh = time.monotonic() - self._read_at <= self._memory
        return self._known.get((channel, key)) if is_fresh else None

    def find(self, channel: str, key: str) -> Sender | None:
        """The sender with this door, or None."""
        if (sender := self.remembered(channel, key)) is not None:
            return sender
        with self._lock:
            age = time.monotonic() - self._read_at
            is_known = (channel, key) in self._known
            if age > (self._memory if is_known else min(self._memory, ASKED_AGAIN_SECONDS)):
                self._read()
            return self._known.get((channel, key))

    def _read(self) -> None:
        with self._sessions() as session:
            self._known = {(sender.channel, sender.key): sender for sender in senders.everyone(session)}
        self._read_at = time.monotonic()


def blueprint(door: Door) -> Blueprint:
    """The route providers call: POST /hooks/<channel>/<sender key>."""
    routes = Blueprint("hooks", __name__)

    @routes.post("/hooks/<channel>/<key>")
    def hook(channel: str, key: str) -> Response:
        began, sender = time.monotonic(), None
        try:
            sender = door.known.find(channel, key)
            answer = _receive(door, sender) if sender is not None else _unknown()
        except (NotKept, SQLAlchemyError, Misconfigured, Unreadable) as error:
            log.error("hook.not_kept", channel=channel, error=str(error) or type(error).__name__)
            answer = Response(status=503, headers={"Retry-After": RETRY_AFTER})
        _note(sender, answer.status_code, began)
        return answer

    hook.audience = "provider"  # type: ignore[attr-defined]
    return routes


def _note(sender: Sender | None, status: int, began: float) -> None:
    """Count the call once it is answered: now, or when the front has waited for it."""

    def count(status: int) -> None:
        meters.answered(sender.channel if sender else None, status, time.monotonic() - began)

    later = _later()
    if later is None:
        count(status)
    else:
        later.then = count


def _later() -> Later | None:
    later: Later | None = request.environ.get(LATER)
    return later


def _unknown() -> Response:
    log.warning("hook.unknown")
    return Response(status=404)


def _receive(door: Door, sender: Sender) -> Response:
    channel = door.switchboard.channel(sender)
    try:
        hook = _hook(door.public_url)
        channel.verify(hook)
        events = _read(channel, hook)
    except RequestEntityTooLarge:
        log.warning("hook.too_large", sender_id=sender.id)
        return Response(status=413)
    except Forged:
        log.warning("hook.forged", sender_id=sender.id)
        return Response(status=403)
    except Malformed as error:
        log.warning("hook.malformed", sender_id=sender.id)
        _keep(door, Entry(sender, hook, (), door.now(), error=str(error)[:200] or "malformed"))
        return Response(status=400)
    if events:
        _keep(door, Entry(sender, hook, events, door.now()))
    answer = channel.answer(events)
    return Response(answer.body, status=200, content_type=answer.content_type)


def _keep(door: Door, entry: Entry) -> None:
    """Have it made durable before the answer: the front waits where there is one, this thread where there is none."""
    later = _later()
    if later is None:
        door.journal.keep(entry)
    else:
        later.pending.append(door.journal.take(entry))


def _hook(public_url: str) -> Hook:
    """The call; RequestEntityTooLarge whether it says its length beforehand or not."""
    request.max_content_length = BODY_LIMIT + 1  # werkzeug cuts a stream of unknown length there, and says nothing
    body = request.get_data(cache=False)
    if len(body) > BODY_LIMIT:
        raise RequestEntityTooLarge
    query = request.environ.get("QUERY_STRING")
    return Hook(public_url + request.path + (f"?{query}" if query else ""), _headers(request.environ), body)


def _headers(call: Mapping[str, Any]) -> dict[str, str]:
    """As the server gives them (PEP 3333), with their own names: werkzeug's mapping costs more than the signature."""
    said = {name[5:].replace("_", "-").lower(): call[name] for name in call if name.startswith("HTTP_")}
    return said | {"content-type": call.get("CONTENT_TYPE", "")}


def _read(channel: Channel, hook: Hook) -> list[Event]:
    """What the call says; Malformed also where our own reading of it fails, so that it is kept and seen."""
    try:
        events = channel.parse(hook)
    except Malformed:
        raise
    except Exception as error:
        log.exception("hook.unreadable")
        raise Malformed(f"unreadable: {type(error).__name__}") from error
    if not can_be_kept(events):
        raise Malformed("an id or an address is too long")
    return events
