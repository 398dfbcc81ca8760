"""Quarantine: what failed sends do to addresses. A row of `suppressions` with an end; without one it is suppressed.

Strikes never change a row without an end: what the person or an officer decided stands.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from channels.contract import Unreachable
from db import bulk
from delivery import hygiene
from delivery.hygiene import Standing
from subscribers.models import Address, Suppression, SuppressionReason
from subscribers.suppression import LIFTED_BY_A_WORD

THEIR_DOING = frozenset({"blocked", "opted_out"})
"""What `Unreachable.reason` says where the person did it; everything else says that there is nobody at the address."""
THEIR_WORD = frozenset({"opted_out"})
"""Where the provider keeps the person's own STOP (Twilio 21610): no evidence of a failure, so nothing to wait for."""
COLUMNS = ("reason", "detail", "at", "until", "strikes", "struck_at")


@dataclass(frozen=True, slots=True)
class Lost:
    """An address that a message did not reach, and what the provider said."""

    value: str
    refusal: Unreachable


def strike(session: Session, sender_id: int, lost: Collection[Lost], *, agency_id: int, now: datetime) -> int:
    """Hold it against these addresses that they could not be reached; how many are suppressed by it."""
    by_value = {each.value: each.refusal for each in lost}
    known = _known(session, sender_id, by_value)
    after = {value: _after(known.get(value), refusal, now) for value, refusal in sorted(by_value.items())}
    changed = {value: standing for value, standing in after.items() if standing != known.get(value)}
    if changed:
        same = {"agency_id": agency_id, "sender_id": sender_id}
        _put(session, [same | _row(value, by_value[value], standing) for value, standing in changed.items()])
    return sum(standing.until is None for standing in changed.values())


def lift(session: Session, sender_id: int, values: Collection[str]) -> int:
    """A message arrived at these addresses: their quarantine is over and forgotten; how many were in one."""
    if not values:
        return 0
    return _lifted(session, sender_id, Suppression.until.is_not(None), Suppression.value.in_(sorted(values)))


def lift_of(session: Session, sender_id: int, subscriber_ids: Collection[int]) -> int:
    """The same for the addresses of these subscribers at this sender."""
    if not subscriber_ids:
        return 0
    theirs = select(Address.value).where(  # ix_addresses_subscriber_id
        Address.subscriber_id.in_(sorted(subscriber_ids)), Address.sender_id == sender_id
    )
    return _lifted(session, sender_id, Suppression.until.is_not(None), Suppression.value.in_(theirs))


def take_back(session: Session, sender_id: int, *, since: datetime) -> int:
    """Forget every address of this sender that was struck since then, suppressed by it or not; how many."""
    return _lifted(session, sender_id, Suppression.struck_at >= since)  # the unique key, by its first column


def _known(session: Session, sender_id: int, values: Collection[str]) -> dict[str, Standing]:
    question = (
        select(Suppression.value, Suppression.at, Suppression.struck_at, Suppression.strikes, Suppression.until)
        .where(Suppression.sender_id == sender_id, Suppression.value.in_(sorted(values)))  # the unique key
        .order_by(Suppression.value)
        .with_for_update()
    )
    rows = session.execute(question).all()
    return {value: Standing(at, struck_at or at, strikes, until) for value, at, struck_at, strikes, until in rows}


def _after(known: Standing | None, refusal: Unreachable, now: datetime) -> Standing:
    if known is not None and known.until is None:
        return known
    if refusal.reason in THEIR_WORD:
        return hygiene.condemn(known, now=now)
    return hygiene.strike(known, now=now)


def _row(value: str, refusal: Unreachable, standing: Standing) -> dict[str, object]:
    reason = SuppressionReason.BLOCKED if refusal.reason in THEIR_DOING else SuppressionReason.INVALID
    return {
        "value": value,
        "reason": reason,
        "detail": (refusal.reason or refusal.code)[:200],
        "at": standing.since,
        "until": standing.until,
        "strikes": standing.strikes,
        "struck_at": standing.struck_at,
    }


def _put(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Where somebody else wrote a row without an end meanwhile, theirs stays.

    As a list of parameters and not of values: that is one statement however many rows, and compiled once.
    """
    statement = bulk.insert(session, Suppression)
    changed = {name: statement.excluded[name] for name in COLUMNS}
    put = statement.on_conflict_do_update(
        index_elements=["sender_id", "value"], set_=changed, where=Suppression.until.is_not(None)
    )
    session.execute(put, rows)


def _lifted(session: Session, sender_id: int, *conditions: ColumnElement[bool]) -> int:
    gone = delete(Suppression).where(
        Suppression.sender_id == sender_id, Suppression.reason.in_(LIFTED_BY_A_WORD), *conditions
    )
    found = session.execute(gone.returning(Suppression.id).execution_options(synchronize_session=False))
    return len(found.all())
