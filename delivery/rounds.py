"""One round of a batch: its people sorted by the gate before anything leaves, and all that came of it written down.

Verbs on a session; the transactions around them are `dispatch`'s.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.contract import Limits, Misconfigured, Refusal, Unreachable
from delivery import amends, batches, curves, detours, latecomers, ledger, media, people, quiet, reach, retries, senders
from delivery.batches import Leased
from delivery.flight import Flight
from delivery.gate import OF_THE_ADDRESS, Postponed, Send, Withheld, Words, decide
from delivery.ledger import Entry
from delivery.outcomes import Next, Terms, follow
from delivery.reach import Lost
from delivery.retries import Waiting
from delivery.states import Aim, DeliveryState, Lane, Report, first


@dataclass(frozen=True, slots=True)
class Sorted:
    """The recipients of a round: who gets which words and where, who is postponed until when, and what
    is known of everybody else. `held` are the provider's names of what somebody has and is to be rewritten or taken
    back."""

    sends: dict[int, Send]
    entries: list[Entry]
    postponed: dict[int, datetime] = field(default_factory=dict)
    held: dict[int, tuple[str, ...]] = field(default_factory=dict)


NOBODY = Sorted({}, [])
NO_WORDS = Words("")


def sort(
    session: Session,
    leased: Leased,
    ids: Sequence[int],
    wordings: Mapping[str, Words],
    limits: Limits,
    *,
    now: datetime,
) -> Sorted:
    """Read these people as they are now, and let the gate decide. Who is known to have it already is left out."""
    if leased.aim is Aim.TAKE_BACK:
        return _taken_back(session, leased, ids, limits, now=now)
    found = people.read(session, leased, ids, limits, now=now)
    have_it = leased.known | people.served(session, leased, ids)
    elsewhere = dict.fromkeys(latecomers.among(session, leased, ids), Withheld.HANDED_OVER)
    elsewhere |= amends.reached(session, leased, ids)
    is_over = leased.attempt > 1 and now >= leased.deadline_at
    is_alert = leased.lane is Lane.ALERT
    sorted_, ends = Sorted({}, []), dict[int, datetime]()
    for id_ in ids:
        if id_ in have_it:
            continue
        decided = Withheld.TOO_LATE if is_over else decide(found.get(id_), wordings, limits, now=now, is_alert=is_alert)
        if id_ in elsewhere:
            decided = elsewhere[id_]
        if isinstance(decided, Send):
            sorted_.sends[id_] = decided
        elif isinstance(decided, Postponed):
            if decided.until not in ends:
                ends[decided.until] = quiet.end(now, leased.time_zone, decided.until)
            sorted_.postponed[id_] = ends[decided.until]
        else:
            report = Report(leased.attempt, DeliveryState.WITHHELD, now, reason=decided)
            sorted_.entries.append(_entry(leased, id_, report))
    if leased.aim is Aim.CORRECT and limits.can_edit:
        return replace(sorted_, held=amends.names(amends.held(session, leased, list(sorted_.sends))))
    return sorted_


def _taken_back(session: Session, leased: Leased, ids: Sequence[int], limits: Limits, *, now: datetime) -> Sorted:
    """Nobody is written to, so nobody's consent is asked: what they have is found, or it is said why it stays."""
    sorted_ = Sorted({}, [])
    for id_, found in amends.removable(session, leased, ids, limits, now=now).items():
        if isinstance(found, Withheld):
            report = Report(leased.attempt, DeliveryState.WITHHELD, now, reason=found)
            sorted_.entries.append(_entry(leased, id_, report))
        else:
            sorted_.sends[id_] = Send(found.address, NO_WORDS, is_free=True)
            sorted_.held[id_] = found.provider_ids
    return sorted_


def settle(
    session: Session, leased: Leased, sorted_: Sorted, flown: Flight, *, has_receipts: bool, now: datetime
) -> bool:
    """Everything that became of a round, where our epoch still stands; False, and nothing written, where it fell."""
    if not batches.settle(session, leased, unsent=flown.unsent):
        return False
    entries, waiting = list(sorted_.entries), []
    for id_, (refusal, at) in flown.refused.items():
        after = _after(leased, refusal, at)
        if after.state is not None:
            entries.append(_entry(leased, id_, Report(leased.attempt, after.state, at, after.reason, after.code)))
        if after.retry_at is not None:
            waiting.append(_again(leased, id_, after.retry_at))
    taken = ledger.Taken(leased.consignment_id, leased.sender_id, leased.attempt, flown.taken)
    settled = ledger.settle(session, taken, entries, may_be_known=has_receipts or leased.attempt > 1)
    curves.settle(session, settled, launched_at=leased.launched_at)
    waiting += _detours(session, leased, sorted_, flown, now)
    retries.put(session, waiting, by=leased.sender_id)
    retries.postpone(session, leased, sorted_.postponed)
    _note_media(session, leased, flown, now)
    _note_reach(session, leased, sorted_, flown, has_receipts=has_receipts, now=now)
    _brake(session, leased, flown, now)
    return True


def _entry(leased: Leased, id_: int, report: Report) -> Entry:
    return Entry(leased.consignment_id, id_, leased.sender_id, first(report))


def _again(leased: Leased, id_: int, at: datetime) -> Waiting:
    return Waiting(leased.consignment_id, id_, leased.sender_id, leased.attempt + 1, at, leased.own_deadline)


def _after(leased: Leased, refusal: Refusal, at: datetime) -> Next:
    terms = Terms(leased.attempt, leased.lane, leased.policy, leased.deadline_at)
    return follow(refusal, terms, now=at, chance=random.random())  # noqa: S311 - spreads load, hides nothing


def _detours(session: Session, leased: Leased, sorted_: Sorted, flown: Flight, now: datetime) -> list[Waiting]:
    """Who could not be reached, or may not be written to at this address any more, and has another gets it there."""
    lost = [id_ for id_, (refusal, _) in flown.refused.items() if isinstance(refusal, Unreachable)]
    lost += [entry.subscriber_id for entry in sorted_.entries if entry.known.reason in OF_THE_ADDRESS]
    if not lost or now >= leased.deadline_at:
        return []
    is_alert = leased.lane is Lane.ALERT
    found = detours.around(
        session,
        leased.consignment_id,
        leased.sender_id,
        lost,
        agency_id=leased.agency_id,
        is_alert=is_alert,
        now=now,
    )
    return [_again(leased, id_, now)._replace(sender_id=sender_id) for id_, sender_id in found.items()]


def _note_media(session: Session, leased: Leased, flown: Flight, now: datetime) -> None:
    """What the provider calls the media from now on, or that it knows the name no more."""
    if leased.media_id is None:
        return
    if flown.is_stale:
        media.unlearn(session, leased.media_id, leased.sender_id)
    elif flown.handle is not None:
        media.learn(session, leased.media_id, leased.sender_id, flown.handle, now=now)


def _note_reach(
    session: Session, leased: Leased, sorted_: Sorted, flown: Flight, *, has_receipts: bool, now: datetime
) -> None:
    """What this says of addresses. Where there are receipts, only they say that a probe arrived."""
    if leased.aim is Aim.TAKE_BACK:
        return
    refused = [(id_, refusal) for id_, (refusal, _) in flown.refused.items()]
    lost = [Lost(sorted_.sends[id_].address, each) for id_, each in refused if isinstance(each, Unreachable)]
    sends = [] if has_receipts else [sorted_.sends[id_] for id_, *_ in flown.taken]
    reach.after_send(
        session,
        leased.sender_id,
        agency_id=leased.agency_id,
        sent=len(flown.taken) + len(lost),
        lost=lost,
        arrived=[send.address for send in sends if send.is_probe],
        now=now,
    )


def _brake(session: Session, leased: Leased, flown: Flight, now: datetime) -> None:
    if flown.hold is not None:
        until = now + timedelta(seconds=flown.hold.seconds)
        senders.hold(session, leased.sender_id, until=until, pace=flown.hold.pace)
    wrong: Misconfigured | None = flown.misconfigured
    if wrong is not None:
        senders.stop(session, leased.sender_id, reason=wrong.reason or wrong.code, now=now)
