"""What the engine calls: work and alert with a sender's id, post with a letter's. Each may run twice or never."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.orm import Session

from channels import contract
from channels.contract import Accepted, Misconfigured, Refusal, Throttled, Unavailable, Unreachable
from delivery import dispatch, enclosures, flight, media, meters, outcomes, postman, reach, senders
from delivery.flight import Outcome, Runway, Wait
from delivery.loop import Pool
from delivery.models import Sender
from delivery.office import Office as Office
from delivery.postman import Leased, Taken
from delivery.reach import Lost
from delivery.states import Lane
from delivery.throttle import BrakesAway, Hold

log = structlog.get_logger(__name__)

ALERTS = (Lane.ALERT,)
EVERYTHING_ELSE = (Lane.REPLY, Lane.NOTICE, Lane.BULLETIN)
BRAKES_PAUSE = 1.0
LETTERS = Pool.LETTERS


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a letter, if it was waited for."""

    outcome: Outcome | Wait | None


Flown = tuple[Leased, Outcome | Hold | Wait | None]
"""A letter and what came of it."""


async def work(office: Office, sender_id: int) -> None:
    """Work on one batch of this sender that is no alert; whoever may go on afterwards is woken."""
    await dispatch.work(office, sender_id, lanes=EVERYTHING_ELSE, task="work")


async def alert(office: Office, sender_id: int) -> None:
    """Work on one batch of this sender's alerts."""
    await dispatch.work(office, sender_id, lanes=ALERTS, task="alert")


async def post(office: Office, letter_id: int) -> None:
    """Send the oldest letter that waits for the address of this one, and see to the next.

    A sender has only so many letters in hand in one process; what comes beyond waits in its row for the clock.
    """
    if office.stopping.is_set():
        return
    taken = await office.leasing.ask(letter_id, partial(_lease_all, office))
    if taken is None:
        return
    try:
        await _post(office, taken.sender, taken.leased)
    finally:
        office.aboard[LETTERS, taken.sender.id] -= 1


async def _lease_all(office: Office, letter_ids: Sequence[int]) -> list[Taken | None]:
    """A group in one transaction; what was taken is aboard from here on."""
    aboard = {sender_id: count for (pool, sender_id), count in office.aboard.items() if pool is LETTERS}
    taken = await office.step(
        LETTERS,
        lambda session: postman.lease_all(
            session, letter_ids, aboard=aboard, now=office.now(), lease_for=office.lease_for
        ),
    )
    office.aboard.update((LETTERS, each.sender.id) for each in taken if each is not None)
    return taken


async def _post(office: Office, sender: Sender, leased: Leased) -> None:
    channel = await dispatch.channel_of(office, LETTERS, sender)
    came: Outcome | Hold | Wait | None = Wait(0.0)  # back to where it was: its sender is stopped by now
    if channel is not None:
        rate = sender.rate or channel.limits.rate
        came = await _fly(office, Runway(channel, office.throttle, sender.id, Lane.REPLY, rate, office.now), leased)
    if not await office.settling.ask((leased, came), partial(_settle_all, office)):
        log.warning("letter.lost", letter_id=leased.id, epoch=leased.epoch)
    if channel is not None:
        meters.letter(channel.name, _in_a_word(came))


def _in_a_word(came: Outcome | Hold | Wait | None) -> str:
    match came:
        case None:
            return "unneeded"
        case Hold():
            return "throttled"
        case Wait():
            return "waited"
        case _:
            return meters.name(came)


async def _fly(office: Office, runway: Runway, leased: Leased) -> Outcome | Hold | Wait | None:
    """What came of it; after a Hold or a Wait it is tried again, at no cost."""

    def renew(session: Session) -> None:
        postman.renew(session, leased, now=office.now(), lease_for=office.lease_for)

    try:
        came = await office.awaited(LETTERS, _flown(runway, leased), renew)
        if came is None:
            return Unavailable("not_waited_for", may_be_sent=True)
        if isinstance(came.outcome, Throttled):
            return await _slowed(office, leased, came.outcome.retry_after.total_seconds())
    except BrakesAway as error:
        log.warning("brakes.away", sender_id=leased.sender_id, error=str(error))
        return Wait(BRAKES_PAUSE)
    return came.outcome


async def _flown(runway: Runway, leased: Leased) -> Came:
    return Came(await flight.fly_letter(runway, leased))


async def _slowed(office: Office, leased: Leased, seconds: float) -> Hold | Wait:
    """Whoever just heard from us waits alone: it is their chat that is full (Telegram: one a second). Else all wait."""
    if await office.step(LETTERS, lambda session: postman.has_just_left(session, leased, now=office.now())):
        return Wait(seconds)
    return await office.throttle.hold(leased.sender_id, seconds)


async def _settle_all(office: Office, flown: Sequence[Flown]) -> list[bool]:
    """A group in one transaction, tried again while the database is away."""
    return await office.patient_step(LETTERS, lambda session: _settled(session, office, flown))


def _settled(session: Session, office: Office, flown: Sequence[Flown]) -> list[bool]:
    """Those that were taken all at once, the others one by one; in their order, False where a lease is lost."""
    left: list[tuple[Leased, str | None]] = []
    settled: dict[int, bool] = {}
    for leased, came in flown:
        if came is None or isinstance(came, Accepted):
            left.append((leased, None if came is None else came.provider_id))
            if came is not None and came.handle is not None:
                _uploaded(session, leased, came.handle, office.now())
        else:
            settled[leased.id] = _settle(session, office, leased, came)
    done = postman.settle_all(session, left, now=office.now()) if left else []
    settled |= {leased.id: is_mine for (leased, _), is_mine in zip(left, done, strict=True)}
    return [settled[leased.id] for leased, _ in flown]


def _settle(session: Session, office: Office, leased: Leased, came: Refusal | Hold | Wait) -> bool:
    """What did not leave: again, later, or not at all."""
    now = office.now()
    match came:
        case Hold() | Wait():
            later = now + timedelta(seconds=came.seconds)
            if isinstance(came, Hold):
                senders.hold(session, leased.sender_id, until=later, pace=came.pace)
            return postman.put_back(session, leased, due_at=later, costs_attempt=False)
        case Misconfigured():
            senders.stop(session, leased.sender_id, reason=came.reason or came.code, now=now)
            return postman.put_back(session, leased, due_at=now, costs_attempt=False)
        case Unavailable(reason=contract.STALE_HANDLE) if leased.media_id is not None:
            media.unlearn(session, leased.media_id, leased.sender_id)
            return postman.put_back(session, leased, due_at=now, costs_attempt=True)
        case Unavailable() if (delay := postman.next_delay(leased.attempt + 1)) is not None:
            return postman.put_back(session, leased, due_at=now + delay, costs_attempt=True)
        case Unreachable():
            _give_up_address(session, office, leased, came)
    return postman.give_up(session, leased, reason=outcomes.name(came), code=came.code)


def _uploaded(session: Session, leased: Leased, handle: str, now: datetime) -> None:
    """The provider has the content: media have a handle from now on, and what was one person's alone is let go of."""
    if leased.media_id is not None:
        media.learn(session, leased.media_id, leased.sender_id, handle, now=now)
    else:
        enclosures.remove(session, leased.id)


def _give_up_address(session: Session, office: Office, leased: Leased, refusal: Unreachable) -> None:
    lost = [Lost(leased.to, refusal)]
    reach.after_send(session, leased.sender_id, agency_id=leased.agency_id, sent=1, lost=lost, now=office.now())
