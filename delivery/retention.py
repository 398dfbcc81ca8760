"""What leaves by itself, and when: who got what, after each agency's own term. The figures stay.

    done, stopped -> sealed -> (reasons counted, batches gone) -> deliveries gone -> purged

A consignment is sealed once its term is over: nothing changes it any more. Some minutes later, when every transaction
that may have read it unsealed has ended, what has to stay is written down. Then its deliveries leave: with the whole
range of consignments where that is over (PostgreSQL), else in steps. Each step is short, and a transaction of the
caller's; whoever is interrupted, or comes second, goes on with what is left.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, column, delete, exists, func, insert, select, update, values
from sqlalchemy.orm import Session

from db import bulk, partitions
from db.base import Id
from db.partitions import Range
from delivery.consignments import IS_PLANNED
from delivery.models import (
    Batch,
    Consignment,
    Delivery,
    Detour,
    Latecomer,
    Letter,
    Postponement,
    Reason,
    Retry,
    RetryCount,
)
from delivery.states import ConsignmentState, DeliveryState, LetterState
from staff import agencies

ENDED = (ConsignmentState.DONE, ConsignmentState.STOPPED)
SEALED, PURGED = ConsignmentState.SEALED, ConsignmentState.PURGED
NOT_REACHED = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.WITHHELD)
SETTLED = (LetterState.SENT, LetterState.FAILED)

SETTLING = timedelta(minutes=10)  # far longer than a transaction may stay open
PATIENCE = timedelta(days=2)  # so long deliveries wait for the rest of their range to be over, and be dropped with it
SEALED_AT_ONCE = 100
ROWS_AT_ONCE = 5_000
LETTERS_AT_ONCE = 1_000

SMALLEST_RANGE = 10  # consignments
TABLE, KEY = "deliveries", "consignment_id"


def seal(session: Session, now: datetime) -> list[int]:
    """Seal the consignments that ended and whose agency's term is over, at most 100 of an agency; their ids."""
    found: list[int] = []
    for agency in agencies.every(session):
        term = now - timedelta(days=agency.keep_deliveries_days)
        over = (
            select(Consignment.id)  # ix_consignments_agency_state_created
            .where(Consignment.agency_id == agency.id, Consignment.state.in_(ENDED), Consignment.created_at <= term)
            .order_by(Consignment.created_at, Consignment.id)
            .limit(SEALED_AT_ONCE)
        )
        sealed = update(Consignment).where(Consignment.id.in_(over), Consignment.state.in_(ENDED))
        found += session.scalars(sealed.values(state=SEALED, sealed_at=now).returning(Consignment.id)).all()
    return found


def count(session: Session, now: datetime) -> int:
    """Write down what stays of one sealed consignment, and let its batches and retries go; how many there were."""
    uncounted = _sealed().where(Consignment.counted_at.is_(None), Consignment.sealed_at <= now - SETTLING)
    consignment = session.scalars(uncounted.limit(1).with_for_update(skip_locked=True)).one_or_none()
    if consignment is None:
        return 0
    _note_reasons(session, consignment.id)
    sums = select(func.sum(Batch.size).filter(IS_PLANNED), func.sum(Batch.doubted))
    people, doubted = session.execute(sums.where(Batch.consignment_id == consignment.id)).one()
    consignment.people, consignment.doubted, consignment.counted_at = people or 0, doubted or 0, now
    session.flush()
    for kept in (Batch, Retry, RetryCount, Postponement, Detour, Latecomer):
        session.execute(delete(kept).where(kept.consignment_id == consignment.id))
    return 1


def reasons(
    session: Session, consignment_id: int, *, states: Collection[DeliveryState] = NOT_REACHED
) -> dict[str, int]:
    """Why people in these states were not reached, as written down when the consignment was sealed; empty before."""
    query = select(Reason.reason, func.sum(Reason.count)).where(
        Reason.consignment_id == consignment_id, Reason.state.in_(states)
    )
    return {reason: int(count) for reason, count in session.execute(query.group_by(Reason.reason))}


def drop(session: Session, now: datetime) -> int:
    """Take out the oldest range of consignments that are all over, with every delivery in it; how many. PostgreSQL."""
    newest = session.scalar(select(func.max(Consignment.id))) or 0
    used_up = {cut.start: cut for cut in partitions.ranges(session, TABLE) if cut.stop <= newest}
    start = _over(session, used_up.values()) if used_up else None
    return 0 if start is None else int(_take_out(session, used_up[start]))


def drop_taken_out(session: Session, now: datetime) -> int:
    """Drop a range that was taken out; how many."""
    return partitions.drop_taken_out(session, TABLE)


def leave(session: Session, now: datetime) -> int:
    """Delete a step of the deliveries that waited long enough for their range to be dropped; how many.

    The consignment whose last delivery leaves is purged.
    """
    waited = _sealed().where(Consignment.counted_at.is_not(None), Consignment.sealed_at <= now - PATIENCE)
    consignment = session.scalars(waited.limit(1).with_for_update(skip_locked=True)).one_or_none()
    if consignment is None:
        return 0
    mine = Delivery.consignment_id == consignment.id
    step = select(Delivery.subscriber_id).where(mine).order_by(Delivery.subscriber_id).limit(ROWS_AT_ONCE)
    last = session.scalar(select(func.max(step.subquery().c.subscriber_id)))  # the primary key
    if last is None:
        consignment.state = PURGED
        return 0
    return bulk.changed(session, delete(Delivery).where(mine, Delivery.subscriber_id <= last))


def forget_letters(session: Session, now: datetime) -> int:
    """Delete letters whose agency's term for words is over, at most 1,000 of an agency; how many."""
    gone = 0
    for agency in agencies.every(session):
        term = now - timedelta(days=agency.keep_words_days)
        old = (
            select(Letter.id)  # ix_letters_agency_created
            .where(Letter.agency_id == agency.id, Letter.created_at <= term, Letter.state.in_(SETTLED))
            .order_by(Letter.created_at)
            .limit(LETTERS_AT_ONCE)
        )
        gone += bulk.changed(session, delete(Letter).where(Letter.id.in_(old)))
    return gone


def make_room(session: Session, *, newest: int, a_day: int) -> int:
    """Make ranges ahead of the newest consignment's id, each for about a day's worth of them; how many were made."""
    return partitions.extend(session, TABLE, key=KEY, newest=newest, width=max(SMALLEST_RANGE, a_day))


def _sealed() -> Select[Consignment]:
    return select(Consignment).where(Consignment.state == SEALED).order_by(Consignment.created_at, Consignment.id)


def _note_reasons(session: Session, consignment_id: int) -> None:
    """One pass over the consignment's deliveries, once in its life."""
    counted = (
        select(Delivery.consignment_id, Delivery.state, Delivery.reason, func.count())
        .where(Delivery.consignment_id == consignment_id, Delivery.state.in_(NOT_REACHED), Delivery.reason.is_not(None))
        .group_by(Delivery.consignment_id, Delivery.state, Delivery.reason)
    )
    session.execute(insert(Reason).from_select(["consignment_id", "state", "reason", "count"], counted))


def _over(session: Session, ranges: Iterable[Range]) -> int | None:
    """Where the first of these begins in which everything is over, as far as one sees; asked again before it goes."""
    bounds = values(column("start", Id), column("stop", Id), name="bounds").data([(r.start, r.stop) for r in ranges])
    within = (Consignment.id >= bounds.c.start, Consignment.id < bounds.c.stop)
    is_over = exists().where(*within, Consignment.counted_at.is_not(None))
    in_use = exists().where(*within, Consignment.counted_at.is_(None))
    return session.scalar(select(bounds.c.start).where(is_over, ~in_use).order_by(bounds.c.start).limit(1))


def _take_out(session: Session, cut: Range) -> bool:
    mine = select(Consignment.id).where(Consignment.id >= cut.start, Consignment.id < cut.stop)
    over: Sequence[int] = session.scalars(mine.where(Consignment.counted_at.is_not(None))).all()
    if not partitions.take_out(session, TABLE, cut, key=KEY, over=over):
        return False
    session.execute(update(Consignment).where(Consignment.id.in_(over)).values(state=PURGED))
    return True
