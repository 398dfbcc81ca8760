"""The one door for every channel: verify, keep, answer. Nothing slow, nothing that decides.

A call comes in by one of two ways: through Flask's route (`blueprint`), or, where its sender is remembered, straight
from the front (`Door.at_once`), which costs a third. What is done with it is the same (`receive`).

Every call is counted by its answer (`meters`), and what is turned away is logged besides: hook.unknown, hook.too_large,
hook.forged, hook.malformed, hook.not_kept here, journal.repeated and receipts.ignored where calls are kept.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
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
from delivery.models import Sender
from delivery.switchboard import Switchboard
from webhooks import meters
from webhooks.front import LATER, RETRY_AFTER, Answer, Call, Headers, Later
from webhooks.journal import Entry, Journal, NotKept, can_be_kept
from webhooks.known import MEMORY_SECONDS, Senders

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; Meta's largest batch is 3 MB, but Telegram and Twilio stay far below one
UNUSABLE = (NotKept, SQLAlchemyError, Misconfigured, Unreadable)


@dataclass(frozen=True)
class Door:
    """What the door needs: where to keep calls, who can verify them, the public address they were signed for.

    `memory` is for how many seconds a sender is known without reading its row again; `headers` go with each answer
    that Flask has no part in.
    """

    sessions: Sessions
    switchboard: Switchboard
    journal: Journal
    public_url: str
    now: Callable[[], datetime]
    memory: float = MEMORY_SECONDS
    headers: Headers = field(default_factory=list)

    @cached_property
    def known(self) -> Senders:
        """The senders, as they were a moment ago."""
        return Senders(self.sessions, self.memory)

    def at_once(self, call: Call) -> Answer | None:
        """The answer to a call that needs nothing of the database but to be handed to the journal; else None."""
        if call.method != "POST":
            return None
        match call.path.split("/"):
            case ["", "hooks", channel, key]:
                sender = self.known.remembered(channel, key)
                return self._answer(call, sender) if sender is not None else None
        return None

    def _answer(self, call: Call, sender: Sender) -> Answer:
        began = time.monotonic()
        address = f"{self.public_url}{call.path}?{call.query}" if call.query else self.public_url + call.path
        reply = receive(self, sender, Hook(address, call.headers, call.body))
        said = [("content-type", reply.content_type), ("content-length", str(len(reply.body)))]
        said += [("retry-after", RETRY_AFTER)] if reply.status == 503 else []
        answer = Answer(reply.status, said + self.headers, reply.body)
        if reply.kept is not None:
            answer.later.pending.append(reply.kept)
        answer.later.then = lambda status: meters.answered(sender.channel, status, time.monotonic() - began)
        return answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call is answered, once `kept` is done."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    kept: "Future[None] | None" = None


def receive(door: Door, sender: Sender, hook: Hook) -> Reply:
    """Verify a call, read it and hand it to the journal."""
    try:
        return _receive(door, sender, hook)
    except UNUSABLE as error:
        log.error("hook.not_kept", channel=sender.channel, error=str(error) or type(error).__name__)
        return Reply(503)


def _receive(door: Door, sender: Sender, hook: Hook) -> Reply:
    if len(hook.body) > BODY_LIMIT:
        log.warning("hook.too_large", sender_id=sender.id)
        return Reply(413)
    channel = door.switchboard.channel(sender)
    try:
        channel.verify(hook)
        events = _read(channel, hook)
    except Forged:
        log.warning("hook.forged", sender_id=sender.id)
        return Reply(403)
    except Malformed as error:
        log.warning("hook.malformed", sender_id=sender.id)
        said = str(error)[:200] or "malformed"
        return Reply(400, kept=door.journal.take(Entry(sender, hook, (), door.now(), error=said)))
    kept = door.journal.take(Entry(sender, hook, events, door.now())) if events else None
    answer = channel.answer(events)
    return Reply(200, answer.body, answer.content_type, kept)


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


# --- by way of Flask --------------------------------------------------------------------------------------------------


def blueprint(door: Door) -> Blueprint:
    """The route providers call: POST /hooks/<channel>/<sender key>."""
    routes = Blueprint("hooks", __name__)

    @routes.post("/hooks/<channel>/<key>")
    def hook(channel: str, key: str) -> Response:
        began = time.monotonic()
        sender, reply = _received(door, channel, key)

        def count(status: int) -> None:
            meters.answered(sender.channel if sender else None, status, time.monotonic() - began)

        later: Later | None = request.environ.get(LATER)
        if later is None:
            reply = _waited(door, reply)
            count(reply.status)
        else:
            later.pending += [reply.kept] if reply.kept else []
            later.then = count
        headers = {"Retry-After": RETRY_AFTER} if reply.status == 503 else {}
        return Response(reply.body, reply.status, headers, content_type=reply.content_type)

    hook.audience = "provider"  # type: ignore[attr-defined]
    return routes


def _received(door: Door, channel: str, key: str) -> tuple[Sender | None, Reply]:
    try:
        sender = door.known.find(channel, key)
    except UNUSABLE as error:
        log.error("hook.not_kept", channel=channel, error=str(error) or type(error).__name__)
        return None, Reply(503)
    if sender is None:
        log.warning("hook.unknown")
        return None, Reply(404)
    try:
        hook = _hook(door.public_url)
    except RequestEntityTooLarge:
        log.warning("hook.too_large", sender_id=sender.id)
        return sender, Reply(413)
    return sender, receive(door, sender, hook)


def _waited(door: Door, reply: Reply) -> Reply:
    """Where no front holds the answer back, this thread does."""
    try:
        if reply.kept is not None:
            door.journal.wait(reply.kept)
    except NotKept as error:
        log.error("hook.not_kept", error=str(error))
        return Reply(503)
    return reply


def _hook(public_url: str) -> Hook:
    """The call; RequestEntityTooLarge whether it says its length beforehand or not."""
    request.max_content_length = BODY_LIMIT + 1  # werkzeug cuts a stream of unknown length there, and says nothing
    body = request.get_data(cache=False)
    query = request.environ.get("QUERY_STRING")
    return Hook(public_url + request.path + (f"?{query}" if query else ""), _headers(request.environ), body)


def _headers(call: Mapping[str, Any]) -> dict[str, str]:
    """As the server gives them (PEP 3333), with their own names: werkzeug's mapping costs more than the signature."""
    said = {name[5:].replace("_", "-").lower(): call[name] for name in call if name.startswith("HTTP_")}
    return said | {"content-type": call.get("CONTENT_TYPE", "")}
