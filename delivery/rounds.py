"""One round of a batch: its people sorted by the gate before anything leaves, and all that came of it written down.

Verbs on a session; the transactions around them are `dispatch`'s.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.contract import Accepted, Limits, Message, Unreachable
from delivery import batches, ledger, people, reach, retries, senders
from delivery.batches import Leased
from delivery.flight import Flight, Outcome
from delivery.gate import Send, Withheld, Words, decide
from delivery.ledger import Entry
from delivery.outcomes import Next, Terms, follow
from delivery.states import DeliveryState, Report, first


@dataclass(frozen=True, slots=True)
class Sorted:
    """The recipients of a round: who gets a message and where, and what is known of everybody else."""

    messages: list[tuple[int, Message]]
    addresses: dict[int, str]
    entries: list[Entry]


def sort(
    session: Session, leased: Leased, ids: Sequence[int], wordings: dict[str, Words], limits: Limits, *, now: datetime
) -> Sorted:
    """Read these people as they are now, and let the gate decide. Who is known to have it already is left out."""
    found = people.read(session, leased, ids)
    have_it = leased.known | people.served(session, leased, ids)
    is_over = leased.attempt > 1 and now >= leased.deadline_at
    sorted_ = Sorted([], {}, [])
    for id_ in ids:
        if id_ in have_it:
            continue
        decided = Withheld.TOO_LATE if is_over else decide(found.get(id_), wordings, limits, now=now)
        if isinstance(decided, Send):
            sorted_.messages.append((id_, _message(leased, id_, decided)))
            sorted_.addresses[id_] = decided.address
        else:
            report = Report(leased.attempt, DeliveryState.WITHHELD, now, reason=decided)
            sorted_.entries.append(_entry(leased, id_, report))
    return sorted_


def settle(session: Session, leased: Leased, sorted_: Sorted, flown: Flight, *, now: datetime) -> bool:
    """Everything that became of a round, where our epoch still stands; False, and nothing written, where it fell."""
    if not batches.settle(session, leased, unsent=flown.unsent):
        return False
    entries, waiting = list(sorted_.entries), []
    for id_, (outcome, at) in flown.outcomes.items():
        after = _after(leased, outcome, at)
        if after.state is not None:
            entries.append(_entry(leased, id_, _report(leased, outcome, after, at)))
        if after.retry_at is not None:
            waiting.append((leased.consignment_id, id_, leased.sender_id, leased.attempt + 1, after.retry_at))
    ledger.record(session, entries)
    retries.put(session, waiting)
    _give_up_addresses(session, leased, sorted_, flown)
    _brake(session, leased, flown, now)
    return True


def _message(leased: Leased, id_: int, decided: Send) -> Message:
    return Message(
        to=decided.address,
        text=decided.text,
        reference=f"{leased.consignment_id}-{id_}-{leased.attempt}",
        template=decided.template,
    )


def _entry(leased: Leased, id_: int, report: Report) -> Entry:
    return Entry(leased.consignment_id, id_, leased.sender_id, first(report))


def _after(leased: Leased, outcome: Outcome, at: datetime) -> Next:
    if isinstance(outcome, Accepted):
        return Next(DeliveryState.ACCEPTED)
    terms = Terms(leased.attempt, leased.lane, leased.policy, leased.deadline_at)
    return follow(outcome, terms, now=at, chance=random.random())  # noqa: S311 - spreads load, hides nothing


def _report(leased: Leased, outcome: Outcome, after: Next, at: datetime) -> Report:
    assert after.state is not None
    provider_id = outcome.provider_id if isinstance(outcome, Accepted) else None
    return Report(leased.attempt, after.state, at, after.reason, after.code, provider_id)


def _give_up_addresses(session: Session, leased: Leased, sorted_: Sorted, flown: Flight) -> None:
    for id_, (outcome, at) in sorted(flown.outcomes.items()):
        if isinstance(outcome, Unreachable):
            reach.unreachable(
                session,
                agency_id=leased.agency_id,
                sender_id=leased.sender_id,
                value=sorted_.addresses[id_],
                refusal=outcome,
                now=at,
            )


def _brake(session: Session, leased: Leased, flown: Flight, now: datetime) -> None:
    if flown.hold is not None:
        until = now + timedelta(seconds=flown.hold.seconds)
        senders.hold(session, leased.sender_id, until=until, pace=flown.hold.pace)
    if flown.misconfigured is not None:
        reason = flown.misconfigured.reason or flown.misconfigured.code
        senders.stop(session, leased.sender_id, reason=reason, now=now)
