"""What the engine calls: work and alert with a sender's id, post with a letter's. Each may run twice or never."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from channels import contract
from channels.contract import Accepted, Misconfigured, Throttled, Unavailable, Unreachable
from delivery import dispatch, enclosures, flight, media, meters, outcomes, postman, reach, senders
from delivery.flight import Outcome, Runway, Wait
from delivery.loop import Pool
from delivery.models import Letter, Sender
from delivery.office import Office as Office
from delivery.postman import Leased
from delivery.reach import Lost
from delivery.states import Lane
from delivery.throttle import BrakesAway, Hold

log = structlog.get_logger(__name__)

ALERTS = (Lane.ALERT,)
EVERYTHING_ELSE = (Lane.REPLY, Lane.NOTICE, Lane.BULLETIN)
BRAKES_PAUSE = 1.0
LETTERS = Pool.LETTERS
LETTERS_IN_HAND = 256
"""Of one sender in one process: a provider that hangs keeps so many waiting, and nobody else's."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a letter, if it was waited for."""

    outcome: Outcome | Wait | None


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
    sender = await office.step(LETTERS, lambda session: _sender_of(session, letter_id))
    if sender is None or office.aboard[LETTERS, sender.id] >= LETTERS_IN_HAND:
        return
    office.aboard[LETTERS, sender.id] += 1
    try:
        await _post(office, sender, letter_id)
    finally:
        office.aboard[LETTERS, sender.id] -= 1


async def _post(office: Office, sender: Sender, letter_id: int) -> None:
    channel = await dispatch.channel_of(office, LETTERS, sender)
    if channel is None:
        return
    leased = await office.step(
        LETTERS, lambda session: postman.lease(session, letter_id, now=office.now(), lease_for=office.lease_for)
    )
    if leased is None:
        return
    rate = sender.rate or channel.limits.rate
    came = await _fly(office, Runway(channel, office.throttle, sender.id, Lane.REPLY, rate, office.now), leased)
    if not await office.patient_step(LETTERS, lambda session: _settle(session, office, leased, came)):
        log.warning("letter.lost", letter_id=leased.id, epoch=leased.epoch)
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


def _sender_of(session: Session, letter_id: int) -> Sender | None:
    letter = session.get(Letter, letter_id)
    return session.get(Sender, letter.sender_id) if letter else None


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


def _settle(session: Session, office: Office, leased: Leased, came: Outcome | Hold | Wait | None) -> bool:
    now = office.now()
    match came:
        case None:
            return postman.settle(session, leased, provider_id=None, now=now)
        case Accepted():
            if came.handle is not None:
                _uploaded(session, leased, came.handle, now)
            return postman.settle(session, leased, provider_id=came.provider_id, now=now)
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
