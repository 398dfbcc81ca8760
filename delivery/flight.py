"""The moments in which messages are in the air: tokens are taken, calls are made side by side, nothing is written.

All of it runs in the one event loop. Whatever a channel does, every message comes back: accepted, refused, or unsent.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import structlog

from channels.contract import (
    STALE_HANDLE,
    Accepted,
    Channel,
    Message,
    Misconfigured,
    Prepared,
    Refusal,
    Rejected,
    Throttled,
    Unavailable,
)
from delivery.chats import FullChats
from delivery.postman import Leased as LeasedLetter
from delivery.states import Lane
from delivery.throttle import BrakesAway, Hold, Throttle

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 128
"""Calls of one sub-batch in the air at once. With 100 ms an answer a few batches fill a thousand a second and more."""
WAY = 0.1
"""Seconds for which what gives way to an alert pauses, then looks again: about what an alert's first step takes."""
LETTER_PATIENCE = 2.0
"""Seconds a letter waits for a token before it lets its worker go."""
OUTAGE_PAUSE = 2.0
"""Seconds a sender rests when half of what it sent found nobody at the other end."""
OUTAGE_LEAST = 4

Outcome = Accepted | Refusal


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing was tried: the brakes want us to come back after so many seconds."""

    seconds: float


def never() -> bool:
    """For what gives way to nothing."""
    return False


@dataclass(frozen=True, slots=True)
class Runway:
    """By what and how fast messages leave: a sender's channel, its brakes, lane and rate (paid or not), and a clock.

    While `gives_way`, which is asked before each message, nothing leaves.
    """

    channel: Channel
    throttle: Throttle
    sender_id: int
    lane: Lane
    rate: float
    now: Callable[[], datetime]
    is_paid: bool = False
    chats: FullChats = field(default_factory=FullChats)
    gives_way: Callable[[], bool] = never


class Parcel(NamedTuple):
    """A message for one subscriber, but for its wording: that is prepared once for everybody."""

    id: int
    to: str
    reference: str
    wording: Prepared


class Taken(NamedTuple):
    """What a provider took: whose it is, the provider's name for it, and when."""

    id: int
    provider_id: str
    at: datetime


@dataclass(slots=True)
class Flight:
    """What came of a sub-batch. `unsent` is in the order given, the throttled last; `wait`: how long to stay away."""

    taken: list[Taken] = field(default_factory=list)
    refused: dict[int, tuple[Refusal, datetime]] = field(default_factory=dict)
    unsent: list[int] = field(default_factory=list)
    wait: float = 0.0
    hold: Hold | None = None
    throttled: set[int] = field(default_factory=set)
    running: int = 0
    is_brakeless: bool = False
    turned_away: Counter[str] = field(default_factory=Counter)  # what went back unharmed, by refusal; for the meters
    calls: list[float] = field(default_factory=list)  # how many seconds each call took
    waited: float = 0.0  # seconds without a token
    misconfigured: Misconfigured | None = None
    handle: str | None = None  # what a provider called the media it was given
    is_stale: bool = False  # it knows the handle of the media no more: the rest waits for another upload

    @property
    def is_halted(self) -> bool:
        """Whether nothing more should leave in this sub-batch."""
        return self.hold is not None or self.is_brakeless or self.misconfigured is not None or self.is_stale


async def fly(runway: Runway, parcels: Sequence[Parcel], *, window: float, flight: Flight) -> Flight:
    """Send what the brakes let through within `window` seconds; return when the last answer is there.

    Who cancels it finds everything in `flight`: what was in the air then is in doubt.
    """
    closes = asyncio.get_running_loop().time() + window
    waiting, granted = deque(parcels), deque[Parcel]()
    tokens, wanted = 0, sum(parcel.wording.messages for parcel in parcels)
    is_single = wanted == len(parcels)  # nearly always: each is one message
    async with asyncio.TaskGroup() as group:
        while waiting and not flight.is_halted:
            if not await _make_way(runway, closes):
                break  # a token that is taken and not used would be the alert's
            new = await _tokens(runway, wanted, flight, closes)
            if not new:
                break
            tokens, wanted = tokens + new, wanted - new
            if is_single:
                granted.extend(waiting.popleft() for _ in range(tokens))
                tokens = 0
            while waiting and waiting[0].wording.messages <= tokens:
                tokens -= waiting[0].wording.messages
                granted.append(waiting.popleft())
            for _ in range(min(SIDE_BY_SIDE - flight.running, len(granted))):
                flight.running += 1
                group.create_task(_run(runway, flight, granted, closes))
    if flight.taken:
        runway.chats.went(runway.sender_id)
    await _rest_in_outage(runway, flight)
    return flight


def settle_unsent(flight: Flight, ids: Collection[int]) -> None:
    """Say of everybody of whom nothing was heard that nothing was sent."""
    if len(flight.taken) + len(flight.refused) == len(ids):
        return
    known = {each.id for each in flight.taken} | flight.refused.keys()
    unsent = [id_ for id_ in ids if id_ not in known]
    flight.unsent = sorted(unsent, key=flight.throttled.__contains__)  # stable: whoever was refused goes last


async def _tokens(runway: Runway, wished: int, flight: Flight, closes: float) -> int:
    """As many tokens as there are; 0 when the window closes first, or the brakes are away."""
    loop = asyncio.get_running_loop()
    while not flight.is_halted:
        try:
            grant = await runway.throttle.take(
                runway.sender_id, wished, runway.lane, runway.rate, is_paid=runway.is_paid
            )
        except BrakesAway as error:
            flight.is_brakeless = True
            log.warning("brakes.away", sender_id=runway.sender_id, error=str(error))
            return 0
        if grant.tokens:
            return grant.tokens
        left = closes - loop.time()
        flight.wait = grant.wait
        flight.waited += max(0.0, min(grant.wait, left))
        await asyncio.sleep(max(0.0, min(grant.wait, left)))
        if grant.wait >= left:
            return 0
        flight.wait = 0.0
    return 0


async def _run(runway: Runway, flight: Flight, granted: deque[Parcel], closes: float) -> None:
    """One of those who send side by side: the next parcel, as long as there is one and it may still leave."""
    now = asyncio.get_running_loop().time
    while granted and not flight.is_halted and now() < closes:
        if runway.gives_way():
            await _make_way(runway, closes)
        else:
            await _send(runway, flight, granted.popleft())
    flight.running -= 1


async def _make_way(runway: Runway, closes: float) -> bool:
    """Wait while an alert is to go first, no longer than the window is open; whether the way is free then."""
    now = asyncio.get_running_loop().time
    while runway.gives_way() and now() < closes:  # noqa: ASYNC110  another thread says so
        await asyncio.sleep(min(WAY, max(0.0, closes - now())))
    return not runway.gives_way()


async def _send(runway: Runway, flight: Flight, parcel: Parcel) -> None:
    began = time.monotonic()
    try:
        accepted = await parcel.wording.send(parcel.to, parcel.reference)
    except Refusal as refusal:
        flight.calls.append(time.monotonic() - began)
        await refuse(runway, flight, parcel.id, refusal, to=parcel.to)
    except asyncio.CancelledError:
        flight.refused[parcel.id] = (Unavailable("not_waited_for", may_be_sent=True), runway.now())
        raise
    except Exception:
        log.exception("channel.broke_its_contract", channel=runway.channel.name, reference=parcel.reference)
        flight.refused[parcel.id] = (Unavailable("channel_error", may_be_sent=True), runway.now())
    else:
        flight.calls.append(time.monotonic() - began)
        flight.taken.append(Taken(parcel.id, accepted.provider_id, runway.now()))
        if accepted.handle is not None:
            flight.handle = accepted.handle


async def refuse(runway: Runway, flight: Flight, id_: int, refusal: Refusal, *, to: str) -> None:
    """Note that somebody's message was refused, or that nothing more may leave."""
    if flight.taken:
        runway.chats.went(runway.sender_id)
    match refusal:
        case Throttled() if runway.chats.is_alone(runway.sender_id, to, refusal.retry_after.total_seconds()):
            flight.refused[id_] = (refusal, runway.now())
        case Throttled():
            flight.throttled.add(id_)
            flight.turned_away["throttled"] += 1
            flight.hold = await _held(runway, refusal.retry_after.total_seconds(), flight)
        case Misconfigured():
            flight.turned_away["misconfigured"] += 1
            flight.misconfigured = refusal
        case Unavailable() if refusal.reason == STALE_HANDLE:
            flight.turned_away["stale_handle"] += 1
            flight.is_stale = True
        case _:
            flight.refused[id_] = (refusal, runway.now())


async def _held(runway: Runway, seconds: float, flight: Flight) -> Hold | None:
    try:
        return await runway.throttle.hold(runway.sender_id, seconds)
    except BrakesAway:
        flight.is_brakeless = True
        return Hold(seconds, 1.0)


async def _rest_in_outage(runway: Runway, flight: Flight) -> None:
    away = sum(isinstance(refusal, Unavailable) for refusal, _ in flight.refused.values())
    if away >= OUTAGE_LEAST and 2 * away >= len(flight.taken) + len(flight.refused) and not flight.is_halted:
        log.warning("provider.away", sender_id=runway.sender_id, refused=away)
        flight.hold = await _held(runway, OUTAGE_PAUSE, flight)


async def fly_letter(runway: Runway, letter: LeasedLetter) -> Outcome | Wait | None:
    """Send, edit, or leave alone one letter. None: nothing had to leave. A Wait: not now. May raise BrakesAway."""
    can_edit = runway.channel.limits.can_edit
    if letter.is_card and letter.edits and not can_edit and not letter.is_again:
        return None
    wait = await _letter_token(runway, letter.message)
    if wait:
        return Wait(wait)
    if letter.edits and can_edit:
        edited = await _edited(runway.channel, letter.edits, letter.message)
        if not isinstance(edited, Rejected) or (letter.is_card and not letter.is_again):
            return edited
    return await _outcome(runway.channel, letter.message)


async def _letter_token(runway: Runway, message: Message) -> float:
    closes = asyncio.get_running_loop().time() + LETTER_PATIENCE
    wanted = runway.channel.limits.messages(message.media.kind, message.text) if message.media else 1
    while (grant := await runway.throttle.take(runway.sender_id, wanted, runway.lane, runway.rate)).tokens < wanted:
        wanted -= grant.tokens
        if asyncio.get_running_loop().time() + grant.wait > closes:
            return grant.wait
        await asyncio.sleep(grant.wait)
    return 0.0


async def _outcome(channel: Channel, message: Message) -> Outcome:
    try:
        return await channel.send(message)
    except Refusal as refusal:
        return refusal
    except Exception:
        log.exception("channel.broke_its_contract", channel=channel.name, reference=message.reference)
        return Unavailable("channel_error", may_be_sent=True)


async def _edited(channel: Channel, provider_id: str, message: Message) -> Outcome:
    try:
        return await channel.edit(provider_id, message)
    except Refusal as refusal:
        return refusal
    except Exception:
        log.exception("channel.broke_its_contract", channel=channel.name, reference=message.reference)
        return Unavailable("channel_error", may_be_sent=True)


async def remind(throttle: Throttle, sender_id: int, hold: Hold) -> None:
    """Tell brakes that know nothing of a sender (any more) what the database remembers; `seconds` may be past."""
    try:
        await throttle.restore(sender_id, hold)
    except BrakesAway as error:
        log.warning("brakes.away", sender_id=sender_id, error=str(error))
