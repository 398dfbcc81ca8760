"""Whom a broadcast has reached and whom not: officers' words as conditions on the ledger, for it and its retries.

A broadcast and its retries say the same, so they are one family: who got it by any of them has it. So are the messages
of one occurrence, of which everybody gets one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from broadcast import together
from broadcast.models import Broadcast
from broadcast.states import Aftercare, Outcome
from db import ranges
from delivery.gate import OTHERWISE_REACHED
from delivery.models import Delivery, Latecomer
from delivery.states import TAKEN, DeliveryState
from subscribers.models import Subscriber

STATES = {
    Outcome.REACHED: TAKEN,
    Outcome.FAILED: (DeliveryState.FAILED,),
    Outcome.UNREACHED: (DeliveryState.FAILED, DeliveryState.WITHHELD),
    Outcome.IN_DOUBT: (DeliveryState.UNKNOWN,),
}
HAVE_IT = (*STATES[Outcome.REACHED], *STATES[Outcome.IN_DOUBT])
"""States of whoever has it, or may have it: what is wrong is put right for both."""
MOST = 200  # of one family: 64 that left together, and far more retries than anybody makes


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Whom a broadcast about others addresses: those of `outcome` in the ledgers `ids`, and none who is in `has_it`."""

    outcome: Outcome
    ids: tuple[int, ...]
    has_it: tuple[int, ...] = ()
    is_put_right: bool = False
    is_taken_back: bool = False


def of(session: Session, broadcast: Broadcast) -> Ledgers | None:
    """The ledgers that a retry, a correction or a recall is about; None for every other broadcast.

    A retry addresses people of the one ledger it was asked for, and none whom any of the family reached.
    """
    if broadcast.corrects_id is None or broadcast.of_outcome is None:
        return None
    alike = family_ids(session, broadcast)
    if broadcast.aftercare is Aftercare.RETRY:
        return Ledgers(broadcast.of_outcome, (broadcast.corrects_id,), alike)
    is_taken_back = broadcast.aftercare is Aftercare.RECALL
    return Ledgers(broadcast.of_outcome, alike, is_put_right=True, is_taken_back=is_taken_back)


def is_news() -> ColumnElement[bool]:
    """Of a broadcast: it says what no other says, being no retry and no recall."""
    return or_(Broadcast.aftercare.is_(None), Broadcast.aftercare == Aftercare.CORRECTION)


def family(session: Session, broadcast: Broadcast) -> Sequence[Broadcast]:
    """The broadcast that was first, and its launched retries: all that say the same. The first comes first.

    What left together with it belongs to it, too: it is put right and taken back as one.
    """
    found = list(together.of(session, together.said_first(session, broadcast)))
    fresh = [each.id for each in found]
    while fresh and len(found) < MOST:
        query = select(Broadcast).where(  # ix_broadcasts_corrects
            Broadcast.corrects_id.in_(fresh),
            Broadcast.aftercare == Aftercare.RETRY,
            Broadcast.launched_at.is_not(None),
            Broadcast.id.not_in([each.id for each in found]),
        )
        more = session.scalars(query.order_by(Broadcast.id)).all()
        found, fresh = [*found, *more], [each.id for each in more]
    return found


def family_ids(session: Session, broadcast: Broadcast) -> tuple[int, ...]:
    """The family of what a retry, a correction or a recall is about, itself left out."""
    first = session.get_one(Broadcast, broadcast.corrects_id)
    return tuple(each.id for each in family(session, first) if each.id != broadcast.id)


def is_of(outcome: Outcome) -> ColumnElement[bool]:
    """Whether a delivery is of this outcome. Who was reached otherwise is never among those who were not."""
    is_so = Delivery.state.in_(STATES[outcome])
    if outcome is not Outcome.UNREACHED:
        return is_so
    return and_(is_so, or_(Delivery.reason.is_(None), Delivery.reason.not_in(OTHERWISE_REACHED)))


def people(ledgers: Ledgers, between: tuple[int, int] | None = None) -> Select[int, int | None]:
    """Their ids and the sender that reached them (None: with an answer); ids may come more than once.

    Whoever was joined to somebody since counts as that person. Who was handed an alert has it. The primary key of
    deliveries, of latecomers, and ix_subscribers_merged_into_id, each bounded by the range.
    """
    has_it = Delivery.state.in_(HAVE_IT) if ledgers.is_put_right else is_of(ledgers.outcome)
    mine = and_(Delivery.consignment_id.in_(ledgers.ids), has_it)
    own = select(Delivery.subscriber_id.label("id"), Delivery.sender_id.label("sender_id")).where(mine)
    joined = select(Subscriber.merged_into_id, Delivery.sender_id).join(
        Delivery, Delivery.subscriber_id == Subscriber.id
    )
    joined = joined.where(mine, Subscriber.merged_into_id.is_not(None))
    if between is not None:
        own = own.where(Delivery.subscriber_id.between(*between))
        joined = joined.where(Subscriber.merged_into_id.between(*between))
    parts: list[Select[Any, Any]] = [own, joined]
    if ledgers.is_put_right:
        parts.append(_latecomers(ledgers, between))
    found = union_all(*parts).subquery()
    question = select(found.c.id, found.c.sender_id)
    return question.where(~_has_it(ledgers, found.c.id)) if ledgers.has_it else question


def rows(ledgers: Ledgers, between: tuple[int, int] | None = None) -> Select[int, int]:
    """The deliveries themselves, whoever they belong to by now: each person's id and the sender that reached them."""
    mine = (Delivery.consignment_id.in_(ledgers.ids), Delivery.state.in_(HAVE_IT))
    question = select(Delivery.subscriber_id.label("id"), func.max(Delivery.sender_id).label("sender_id")).where(*mine)
    if between is not None:
        question = question.where(Delivery.subscriber_id.between(*between))
    return question.group_by(Delivery.subscriber_id)


def walked(ledgers: Ledgers) -> tuple[ColumnElement[int], list[ColumnElement[bool]]]:
    """What leads through their ids in order, where one ledger is named: that. Its primary key."""
    has_it = Delivery.state.in_(HAVE_IT) if ledgers.is_put_right else is_of(ledgers.outcome)
    return Delivery.subscriber_id.expression, [Delivery.consignment_id == ledgers.ids[0], has_it]


def bounds(session: Session, ledgers: Ledgers) -> tuple[int, int] | None:
    """The first and the last of their ids; None when nobody is there."""
    ranges.sweep(session)
    found = people(ledgers).subquery()
    first: int | None
    first, last = session.execute(select(func.min(found.c.id), func.max(found.c.id))).one()
    return None if first is None else (first, last)


def size(session: Session, ledgers: Ledgers) -> int:
    """How many people these are, whether they may be written to or not."""
    found = people(ledgers).subquery()
    return session.scalar(select(func.count(func.distinct(found.c.id)))) or 0


def _latecomers(ledgers: Ledgers, between: tuple[int, int] | None) -> Select[int, None]:
    handed = select(Latecomer.subscriber_id, null()).where(Latecomer.consignment_id.in_(ledgers.ids))
    return handed if between is None else handed.where(Latecomer.subscriber_id.between(*between))


def _has_it(ledgers: Ledgers, person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether any of the family reached them, or may have where that was not asked for. The primary key."""
    states = STATES[Outcome.REACHED] if ledgers.outcome is Outcome.IN_DOUBT else HAVE_IT
    mine = (Delivery.consignment_id.in_(ledgers.has_it), Delivery.subscriber_id == person)
    return exists().where(*mine, Delivery.state.in_(states))
