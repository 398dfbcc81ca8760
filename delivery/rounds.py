"""One round of a batch: its people sorted by the gate before anything leaves, and all that came of it written down.

Verbs on a session; the transactions around them are `dispatch`'s.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.contract import Limits, Misconfigured, Refusal, Unreachable
from delivery import batches, ledger, people, reach, retries, senders
from delivery.batches import Leased
from delivery.flight import Flight
from delivery.gate import Send, Withheld, Words, decide
from delivery.ledger import Entry
from delivery.outcomes import Next, Terms, follow
from delivery.states import DeliveryState, Report, first


@dataclass(frozen=True, slots=True)
class Sorted:
    """The recipients of a round: who gets which words and where, and what is known of everybody else."""

    sends: dict[int, Send]
    entries: list[Entry]


NOBODY = Sorted({}, [])


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
    found = people.read(session, leased, ids, limits)
    have_it = leased.known | people.served(session, leased, ids)
    is_over = leased.attempt > 1 and now >= leased.deadline_at
    sorted_ = Sorted({}, [])
    for id_ in ids:
        if id_ in have_it:
            continue
        decided = Withheld.TOO_LATE if is_over else decide(found.get(id_), wordings, limits, now=now)
        if isinstance(decided, Send):
            sorted_.sends[id_] = decided
        else:
            report = Report(leased.attempt, DeliveryState.WITHHELD, now, reason=decided)
            sorted_.entries.append(_entry(leased, id_, report))
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
            waiting.append((leased.consignment_id, id_, leased.sender_id, leased.attempt + 1, after.retry_at))
    taken = ledger.Taken(leased.consignment_id, leased.sender_id, leased.attempt, flown.taken)
    ledger.settle(session, taken, entries, may_be_known=has_receipts or leased.attempt > 1)
    retries.put(session, waiting)
    _give_up_addresses(session, leased, sorted_, flown)
    _brake(session, leased, flown, now)
    return True


def _entry(leased: Leased, id_: int, report: Report) -> Entry:
    return Entry(leased.consignment_id, id_, leased.sender_id, first(report))


def _after(leased: Leased, refusal: Refusal, at: datetime) -> Next:
    terms = Terms(leased.attempt, leased.lane, leased.policy, leased.deadline_at)
    return follow(refusal, terms, now=at, chance=random.random())  # noqa: S311 - spreads load, hides nothing


def _give_up_addresses(session: Session, leased: Leased, sorted_: Sorted, flown: Flight) -> None:
    for id_, (refusal, at) in sorted(flown.refused.items()):
        if isinstance(refusal, Unreachable):
            reach.unreachable(
                session,
                agency_id=leased.agency_id,
                sender_id=leased.sender_id,
                value=sorted_.sends[id_].address,
                refusal=refusal,
                now=at,
            )


def _brake(session: Session, leased: Leased, flown: Flight, now: datetime) -> None:
    if flown.hold is not None:
        until = now + timedelta(seconds=flown.hold.seconds)
        senders.hold(session, leased.sender_id, until=until, pace=flown.hold.pace)
    wrong: Misconfigured | None = flown.misconfigured
    if wrong is not None:
        senders.stop(session, leased.sender_id, reason=wrong.reason or wrong.code, now=now)
