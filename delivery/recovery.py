"""What is found of a batch whose worker was lost: the messages in doubt, and an end to being in doubt for ever.

Called in the transaction that leases the batch, which holds its row.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import bulk, wake
from delivery import ledger, meters
from delivery.consignments import task_of
from delivery.models import Batch, Consignment, Delivery
from delivery.packing import unpack
from delivery.states import BatchState, DeliveryState, DoubtPolicy, Lane, Report, first

log = structlog.get_logger(__name__)

DOUBT = "worker_lost"
STALLED_AT_MOST = 5
"""So often in a row a batch may be leased again with its last sub-batch unsettled: nobody gets a message more than six
times. Not fewer, because a healthy batch must not end here: a kill costs it one only if it hits before the very
sub-batch is settled, and four kills in a row that all do so (as many as the fault suite has) leave one to spare."""
NAMED_AT_MOST = 100


class Stuck(NamedTuple):
    """A stuck batch, and how many of its people are not settled."""

    id: int
    consignment_id: int
    people: int


def is_stuck(session: Session, batch: Batch) -> bool:
    """Count a batch that is found unsettled; True, and it is sent no more, where that has happened too often."""
    if batch.marked == batch.cursor:
        return False
    batch.stalled += 1
    if batch.stalled <= STALLED_AT_MOST:
        return False
    batch.state = BatchState.STUCK
    session.flush()
    log.error("batch.stuck", batch_id=batch.id, consignment_id=batch.consignment_id, sender_id=batch.sender_id)
    wake.later(session, task_of(Lane.BULLETIN.rank), batch.sender_id)  # an alert that is stuck lets the rest go on
    return True


def recover(session: Session, batch: Batch, consignment: Consignment, now: datetime) -> frozenset[int]:
    """Deal with the messages in doubt: count them and leave them to be sent again (RESEND), or write them down as
    unknown and pass them over (HOLD). Who has the message as its receipt says, and must not be sent it again."""
    doubtful = unpack(batch.recipients)[batch.cursor : batch.marked]
    known = _heard_of(session, batch, doubtful)
    lost = [id for id in doubtful if id not in known]
    batch.doubted += len(lost)
    meters.doubted(batch.sender_id, consignment.lane, len(lost))
    if consignment.policy is DoubtPolicy.HOLD:
        unknown = first(Report(batch.attempt, DeliveryState.UNKNOWN, now, reason=DOUBT))
        ledger.record(session, [ledger.Entry(consignment.id, id, batch.sender_id, unknown) for id in lost])
        _pass_over(batch)
    session.flush()
    return known


def note_dropped(session: Session, consignment_ids: Collection[int], *, now: datetime) -> int:
    """Write down as unknown who was on their way in batches that were dropped before they were settled; how many.

    Of a consignment that was stopped nobody leases such a batch again, and whoever is in doubt may have got it.
    """
    dropped = select(Batch).where(  # ix_batches_consignment
        Batch.consignment_id.in_(consignment_ids), Batch.state == BatchState.DROPPED, Batch.marked > Batch.cursor
    )
    entries = []
    for batch in session.scalars(dropped.order_by(Batch.id).with_for_update()).all():
        doubtful = unpack(batch.recipients)[batch.cursor : batch.marked]
        known, batch.cursor = _heard_of(session, batch, doubtful), batch.marked
        unknown = first(Report(batch.attempt, DeliveryState.UNKNOWN, now, reason=DOUBT))
        entries += [
            ledger.Entry(batch.consignment_id, id_, batch.sender_id, unknown) for id_ in doubtful if id_ not in known
        ]
    ledger.record(session, entries)
    session.flush()
    return len(entries)


def stuck(session: Session) -> Sequence[Stuck]:
    """The stuck batches, at most 100 of them, the oldest first."""
    query = select(Batch.id, Batch.consignment_id, Batch.size - Batch.cursor)  # ix_batches_lease
    query = query.where(Batch.state == BatchState.STUCK).order_by(Batch.id).limit(NAMED_AT_MOST)
    return [Stuck(*row) for row in session.execute(query)]


def unstick(session: Session, batch_id: int) -> Consignment | None:
    """Have a stuck batch sent again, as if it had never stalled; its consignment, or None if it is not stuck."""
    freed = (
        update(Batch)
        .where(Batch.id == batch_id, Batch.state == BatchState.STUCK)
        .values(state=BatchState.READY, stalled=0)
        .returning(Batch.consignment_id, Batch.sender_id, Batch.lane_rank)
    )
    row = session.execute(freed).one_or_none()
    if row is None:
        return None
    wake.later(session, task_of(row.lane_rank), row.sender_id)
    return session.get_one(Consignment, row.consignment_id)


def _pass_over(batch: Batch) -> None:
    batch.cursor, batch.stalled = batch.marked, 0
    if batch.cursor >= batch.size:
        batch.state, batch.lease_until = BatchState.DONE, None


def _heard_of(session: Session, batch: Batch, ids: Sequence[int]) -> frozenset[int]:
    """Those whose receipt of this very attempt came, although the worker that sent it did not live to tell."""
    question = select(Delivery.subscriber_id).where(
        Delivery.consignment_id == batch.consignment_id,
        bulk.among(session, Delivery.subscriber_id, ids),
        Delivery.attempt >= batch.attempt,
        Delivery.state.not_in([DeliveryState.UNKNOWN, DeliveryState.WITHHELD]),
    )
    return frozenset(session.scalars(question)) & frozenset(ids)
