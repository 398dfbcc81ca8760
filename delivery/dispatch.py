"""Working on one batch: mark the intent, take tokens, send side by side, settle; again until the batch is done.

Everything but the transactions happens in the process's one loop, so a batch that waits for tokens or for a provider
holds no thread, and a slow sender holds back nobody. One transaction settles a sub-batch, marks the next and reads its
people. Between two of them a batch is given back when an alert waits, when the consignment was paused or stopped,
when the sender has to wait, or when the process ends. No transaction is open while a provider thinks.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.contract import Channel, Message, Misconfigured, Prepared, Refusal
from db import wake
from db.crypto import Unreadable
from delivery import amends, batches, flight, meters, people, rounds, senders
from delivery.amends import Rewritten, TakenBack
from delivery.batches import Leased
from delivery.flight import Flight, Parcel, Runway
from delivery.gate import Send, Words
from delivery.loop import Pool
from delivery.models import Sender
from delivery.office import AWAY, Office
from delivery.rounds import NOBODY, Sorted
from delivery.states import Aim, Lane
from delivery.throttle import Hold

log = structlog.get_logger(__name__)
T = TypeVar("T")

WINDOW = 0.8
"""Seconds a sub-batch may wait for tokens: with the answers of the last calls about a second, so pause acts in one."""
LONG_WAIT = 3.0
"""A wait longer than this is not worth a lease: the batch goes back, the clock wakes the sender."""
LARGEST_SUB_BATCH = 500


@dataclass(slots=True)
class Errand:
    """A leased batch and everything needed to be rid of it. `prepared` are its wordings, made ready once."""

    office: Office
    leased: Leased
    task: str
    runway: Runway
    wordings: dict[str, Words]
    sub_batch: int
    prepared: dict[tuple[int, bool, bool], Prepared] = field(default_factory=dict)

    @property
    def pool(self) -> Pool:
        """Whose threads do its database steps."""
        return Pool.ALERT if self.leased.lane is Lane.ALERT else Pool.BULK


async def work(office: Office, sender_id: int, *, lanes: Collection[Lane], task: str) -> bool:
    """Work on a sender's best batch as far as it goes, and have the next seen to. False: there was nothing to do."""
    pool = Pool.ALERT if Lane.ALERT in lanes else Pool.BULK
    if office.stopping.is_set() or (_is_planning(office, lanes) and office.aboard[pool, sender_id]):
        return False  # without asking the database: each block that is planned wakes its senders
    office.aboard[pool, sender_id] += 1
    try:
        channel = await channel_of(
            office, pool, await office.step(pool, lambda session: session.get(Sender, sender_id))
        )
        if channel is None:
            return False
        aboard = office.aboard[pool, sender_id]
        errand = await office.step(
            pool, lambda session: _begin(session, office, sender_id, channel, lanes, task, aboard)
        )
        if errand is None:
            return False
        await _carry(errand)
        return True
    finally:
        office.aboard[pool, sender_id] -= 1


async def channel_of(office: Office, pool: Pool, sender: Sender | None) -> Channel | None:
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
        await office.step(pool, lambda session: senders.stop(session, sender_id, reason=reason, now=now))
        return None
    if sender.held_until is not None:
        hold = Hold((sender.held_until - now).total_seconds(), sender.pace)
        await flight.remind(office.throttle, sender_id, hold)
    return channel


def _begin(
    session: Session,
    office: Office,
    sender_id: int,
    channel: Channel,
    lanes: Collection[Lane],
    task: str,
    aboard: int,
) -> Errand | None:
    now = office.now()
    if Lane.ALERT not in lanes and batches.is_alert_waiting(session, sender_id, now):
        return None
    sender = session.get_one(Sender, sender_id)
    rate, _ = senders.effective_rate(sender, min(lanes, key=lambda lane: lane.rank), channel.limits)
    slots = batches.parallel(rate)
    if aboard > (1 if _is_planning(office, lanes) else batches.share_of_a_process(slots)):
        return None
    leased = batches.lease(session, sender_id, lanes, slots=slots, now=now, lease_for=office.lease_for)
    if leased is None:
        return None
    wake.later(session, task, sender_id)  # for the next slot
    bought = Lane.BULLETIN if leased.aim is Aim.TAKE_BACK else leased.lane  # nobody sells faster deletions
    rate, is_paid = senders.effective_rate(sender, bought, channel.limits, attempt=leased.attempt)
    gives_way = flight.never if leased.lane is Lane.ALERT else partial(office.has_alert_in_hand, sender_id)
    runway = Runway(
        channel, office.throttle, sender_id, leased.lane, rate, office.now, is_paid, office.chats, gives_way
    )
    size = min(max(1, int(rate * WINDOW / batches.share_of_a_process(slots))), LARGEST_SUB_BATCH)
    return Errand(office, leased, task, runway, people.wordings(session, leased), size)


def _is_planning(office: Office, lanes: Collection[Lane]) -> bool:
    """Whether what is in these lanes makes way for an audience that this process freezes."""
    return bool(office.freezing or office.freezing_alerts) and Lane.ALERT not in lanes


async def _carry(errand: Errand) -> None:
    """Sub-batch after sub-batch, until the batch is done, lost, or somebody else's turn has come."""
    office = errand.office
    sorted_, flown = NOBODY, Flight()
    while True:
        if errand.runway.gives_way():
            await asyncio.sleep(flight.WAY)
        began = time.monotonic()
        turn = await office.patient_step(errand.pool, partial(_turn, errand=errand, sorted_=sorted_, flown=flown))
        if sorted_ is not NOBODY:
            _count(errand, sorted_, flown, settle=time.monotonic() - began)
        if turn is None:
            return
        errand.leased, sorted_ = turn
        flown = await _fly(errand, sorted_)


def _turn(session: Session, *, errand: Errand, sorted_: Sorted, flown: Flight) -> tuple[Leased, Sorted] | None:
    """Settle what has landed, and mark the next sub-batch in the same moment; None: there is no next one for us.

    The errand's own `leased` stays as it was: a transaction that stumbles is done again.
    """
    office, leased = errand.office, replace(errand.leased)
    is_first = sorted_ is NOBODY
    has_receipts = errand.runway.channel.limits.has_receipts
    if not is_first and not rounds.settle(session, leased, sorted_, flown, has_receipts=has_receipts, now=office.now()):
        log.warning("batch.lost", batch_id=leased.id, epoch=leased.epoch)
        return None
    if leased.is_finished and not is_first:
        for task in {errand.task, "work"}:  # an alert that is done lets everything else go on
            wake.later(session, task, leased.sender_id)
        return None
    if _is_over(office, flown):
        batches.give_back(session, leased)  # the clock wakes the sender once it may send again
        return None
    return _next(session, errand, leased)


def _next(session: Session, errand: Errand, leased: Leased) -> tuple[Leased, Sorted] | None:
    """Mark in a savepoint: whatever goes wrong with the next people must not undo what was settled of the last."""
    try:
        with session.begin_nested():
            return _mark(session, errand, replace(leased))
    except AWAY:
        raise
    except Exception:
        log.exception("batch.cannot_go_on", batch_id=leased.id, consignment_id=leased.consignment_id)
    batches.give_back(session, leased)
    return None


def _count(errand: Errand, sorted_: Sorted, flown: Flight, *, settle: float) -> None:
    came = meters.tally(refusal for refusal, _ in flown.refused.values()) + flown.turned_away
    came["accepted"] += len(flown.taken)
    if sorted_.postponed:
        came["postponed"] = len(sorted_.postponed)
    meters.landed(
        errand.runway.channel.name,
        errand.leased.sender_id,
        errand.leased.lane,
        came=came,
        withheld=Counter(entry.known.reason or "" for entry in sorted_.entries),
        calls=flown.calls,
        waited=flown.waited,
        settle=settle,
    )


def _is_over(office: Office, flown: Flight) -> bool:
    return office.stopping.is_set() or flown.is_halted or flown.wait > LONG_WAIT


def _mark(session: Session, errand: Errand, leased: Leased) -> tuple[Leased, Sorted] | None:
    """Mark the next sub-batch and read its people in the same moment; None: the batch is not ours to go on with."""
    now = errand.office.now()
    upto = min(leased.cursor + errand.sub_batch, len(leased.recipients))
    upto = max(upto, leased.marked)
    lease_for = errand.office.lease_for
    if not _may_go_on(session, errand) or not batches.mark(session, leased, upto, now=now, lease_for=lease_for):
        batches.give_back(session, leased)
        return None
    ids = leased.recipients[leased.cursor : upto]
    return leased, rounds.sort(session, leased, ids, errand.wordings, errand.runway.channel.limits, now=now)


def _may_go_on(session: Session, errand: Errand) -> bool:
    sender_id = errand.leased.sender_id
    if session.scalar(select(Sender.stopped_at).where(Sender.id == sender_id)) is not None:
        return False
    if errand.leased.lane is Lane.ALERT:
        return True
    return not batches.is_alert_waiting(session, sender_id, errand.office.now())


# --- in the air -------------------------------------------------------------------------------------------------------


async def _fly(errand: Errand, sorted_: Sorted) -> Flight:
    """Wait for the sub-batch to land, and keep the lease while a provider thinks."""
    flown = Flight()
    parcels = await _parcels(errand, sorted_, flown)
    if parcels:
        flying = flight.fly(errand.runway, parcels, window=WINDOW, flight=flown)
        await errand.office.awaited(errand.pool, flying, lambda session: _renew(session, errand))
    flight.settle_unsent(flown, sorted_.sends)
    return flown


async def _parcels(errand: Errand, sorted_: Sorted, flown: Flight) -> list[Parcel]:
    """Everybody's message. Who reads a wording that cannot be made ready is refused, as in sending it."""
    if errand.leased.aim is Aim.TAKE_BACK:
        return [_removal(errand, id_, send, sorted_.held[id_]) for id_, send in sorted_.sends.items()]
    leased, parcels = errand.leased, []
    before, after = f"{leased.consignment_id}-", f"-{leased.attempt}"
    for id_, send in sorted_.sends.items():
        try:
            kind = (id(send.words), send.is_free, send.wants_media)
            wording = errand.prepared.get(kind) or await _prepared(errand, send)
        except Refusal as refusal:
            await flight.refuse(errand.runway, flown, id_, refusal, to=send.address)
        else:
            parcels.append(Parcel(id_, send.address, f"{before}{id_}{after}", wording))
    return [_rewriting(errand, sorted_, parcel) for parcel in parcels] if sorted_.held else parcels


def _removal(errand: Errand, id_: int, send: Send, names: tuple[str, ...]) -> Parcel:
    return Parcel(id_, send.address, "", TakenBack(errand.runway.channel, names))


def _rewriting(errand: Errand, sorted_: Sorted, parcel: Parcel) -> Parcel:
    """Who has what is to be put right has it rewritten; whoever else gets it as a message."""
    names = sorted_.held.get(parcel.id)
    if names is None:
        return parcel
    message = _message(errand, sorted_.sends[parcel.id])
    is_told = amends.is_told(errand.leased, message)
    if is_told and errand.runway.is_paid:
        return parcel  # edits cannot be bought: waiting for them would hold up what is
    wording = Rewritten(errand.runway.channel, message, parcel.wording, names, is_told)
    return parcel._replace(wording=wording)


async def _prepared(errand: Errand, send: Send) -> Prepared:
    made = await errand.runway.channel.prepare(_message(errand, send))
    errand.prepared[id(send.words), send.is_free, send.wants_media] = made
    return made


def _message(errand: Errand, send: Send) -> Message:
    return Message(
        to="",
        text=send.text,
        template=send.template,
        is_paid=errand.runway.is_paid,
        media=send.media,
        without_media=send.words.without_media,
        has_preview=send.words.has_preview,
    )


def _renew(session: Session, errand: Errand) -> None:
    office = errand.office
    if not batches.renew(session, errand.leased, now=office.now(), lease_for=office.lease_for):
        log.warning("batch.lease_ran_out", batch_id=errand.leased.id)
