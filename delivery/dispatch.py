"""Working on one batch: mark the intent, take tokens, send side by side, settle; again until the batch is done.

Between two sub-batches a worker looks up: it gives its batch back when an alert waits, when the consignment was paused
or stopped, when the sender has to wait, or when the process ends. No transaction is open while a provider thinks.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.contract import Channel, Message, Misconfigured
from db import wake
from db.crypto import Unreadable
from delivery import batches, flight, people, rounds, senders
from delivery.batches import Leased
from delivery.flight import Flight, Runway
from delivery.gate import Words
from delivery.models import Sender
from delivery.office import Office
from delivery.rounds import Sorted
from delivery.states import Lane
from delivery.throttle import Hold

log = structlog.get_logger(__name__)
T = TypeVar("T")

WINDOW = 0.8
"""Seconds a sub-batch may wait for tokens: with the answers of the last calls about a second, so pause acts in one."""
LONG_WAIT = 3.0
"""A wait longer than this is not worth a worker: the batch goes back, the clock wakes the sender."""
BRAKES_PAUSE = 1.0
LARGEST_SUB_BATCH = 500


@dataclass(frozen=True, slots=True)
class Errand:
    """A leased batch and everything a worker needs to be rid of it."""

    office: Office
    leased: Leased
    task: str
    runway: Runway
    wordings: dict[str, Words]
    sub_batch: int


def work(office: Office, sender_id: int, *, lanes: Collection[Lane], task: str) -> bool:
    """Work on a sender's best batch as far as it goes, and have the next seen to. False: there was nothing to do."""
    if office.stopping.is_set():
        return False
    channel = channel_of(office, office.step(lambda session: session.get(Sender, sender_id)))
    if channel is None:
        return False
    errand = office.step(lambda session: _begin(session, office, sender_id, channel, lanes, task))
    if errand is None:
        return False
    while _sub_batch(errand):
        pass
    return True


def channel_of(office: Office, sender: Sender | None) -> Channel | None:
    """The sender's channel object, its brakes set as the database remembers them; None: it may not send now."""
    now = office.now()
    if sender is None or sender.stopped_at is not None:
        return None
    if sender.held_until is not None and sender.held_until > now:
        return None
    sender_id = sender.id
    try:
        channel = office.switchboard.channel(sender)
    except (Unreadable, Misconfigured) as error:
        reason = str(error) or type(error).__name__
        office.step(lambda session: senders.stop(session, sender_id, reason=reason, now=now))
        return None
    if sender.held_until is not None:
        hold = Hold((sender.held_until - now).total_seconds(), sender.pace)
        office.loop.run(flight.remind(office.throttle, sender_id, hold))
    return channel


def _begin(
    session: Session, office: Office, sender_id: int, channel: Channel, lanes: Collection[Lane], task: str
) -> Errand | None:
    now = office.now()
    if Lane.ALERT not in lanes and batches.is_alert_waiting(session, sender_id, now):
        return None
    sender = session.get_one(Sender, sender_id)
    rate = sender.rate or channel.limits.rate
    slots = batches.parallel(rate)
    leased = batches.lease(session, sender_id, lanes, slots=slots, now=now, lease_for=office.lease_for)
    if leased is None:
        return None
    wake.later(session, task, sender_id)  # for the next slot
    runway = Runway(channel, office.throttle, sender_id, leased.lane, rate, office.now)
    size = min(max(1, int(rate * WINDOW / slots)), LARGEST_SUB_BATCH)
    return Errand(office, leased, task, runway, people.wordings(session, leased), size)


def _sub_batch(errand: Errand) -> bool:
    """One round; whether there is another."""
    office, leased = errand.office, errand.leased
    sorted_ = office.step(lambda session: _mark(session, errand))
    if sorted_ is None:
        return False
    flown = _fly(errand, sorted_.messages)
    settled = office.patient_step(lambda session: _settle(session, errand, sorted_, flown))
    if settled is None:
        log.warning("batch.lost", batch_id=leased.id, epoch=leased.epoch)
        return False
    leased.go_on_from(settled)
    if leased.is_finished:
        return False
    if flown.is_brakeless:
        office.stopping.wait(BRAKES_PAUSE)
    if _is_over(office, flown):
        office.step(lambda session: _give_back(session, errand, is_ready=flown.is_brakeless))
        return False
    return True


def _is_over(office: Office, flown: Flight) -> bool:
    return office.stopping.is_set() or flown.is_halted or flown.wait > LONG_WAIT


def _mark(session: Session, errand: Errand) -> Sorted | None:
    """Mark the next sub-batch and read its people in the same moment; None: the batch is not ours to go on with."""
    leased, now = errand.leased, errand.office.now()
    upto = min(leased.cursor + errand.sub_batch, len(leased.recipients))
    upto = max(upto, leased.marked)
    lease_for = errand.office.lease_for
    if not _may_go_on(session, errand) or not batches.mark(session, leased, upto, now=now, lease_for=lease_for):
        _give_back(session, errand, is_ready=False)
        return None
    ids = leased.recipients[leased.cursor : upto]
    return rounds.sort(session, leased, ids, errand.wordings, errand.runway.channel.limits, now=now)


def _may_go_on(session: Session, errand: Errand) -> bool:
    sender_id = errand.leased.sender_id
    if session.scalar(select(Sender.stopped_at).where(Sender.id == sender_id)) is not None:
        return False
    if errand.leased.lane is Lane.ALERT:
        return True
    return not batches.is_alert_waiting(session, sender_id, errand.office.now())


def _give_back(session: Session, errand: Errand, *, is_ready: bool) -> None:
    if batches.give_back(session, errand.leased) and is_ready:
        wake.later(session, errand.task, errand.leased.sender_id)


def _fly(errand: Errand, messages: Sequence[tuple[int, Message]]) -> Flight:
    """Wait for the sub-batch to land, and keep the lease while a provider thinks."""
    if not messages:
        return Flight()
    flying = errand.office.loop.submit(flight.fly(errand.runway, messages, window=WINDOW))
    return awaited(errand.office, flying, lambda session: _renew(session, errand))


def _renew(session: Session, errand: Errand) -> None:
    office = errand.office
    if not batches.renew(session, errand.leased, now=office.now(), lease_for=office.lease_for):
        log.warning("batch.lease_ran_out", batch_id=errand.leased.id)


def awaited(office: Office, flying: "Future[T]", renew: Callable[[Session], None]) -> T:
    """The result of something in the air; while it takes long, renew the lease every third of its time."""
    while True:
        try:
            return flying.result(timeout=(office.lease_for / 3).total_seconds())
        except StillRunning:
            if flying.done():  # it was the work itself that timed out
                raise
        office.patient_step(renew)


def _settle(session: Session, errand: Errand, sorted_: Sorted, flown: Flight) -> Leased | None:
    """The batch as it stands after this; ours stays as it was, because a step that stumbles is done again."""
    settled = replace(errand.leased)
    if not rounds.settle(session, settled, sorted_, flown, now=errand.office.now()):
        return None
    if settled.is_finished:
        for task in {errand.task, "work"}:  # an alert that is done lets everything else go on
            wake.later(session, task, settled.sender_id)
    return settled
