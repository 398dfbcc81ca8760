"""Batches: slices of a frozen audience, leased to one worker at a time and fenced by an epoch.

READY -> LEASED -> DONE, and back to READY when a worker yields or its lease runs out. A lease ends with the clock on
the wall: who does not mark or renew in time has lost the batch, and the epoch of the next lease keeps him from writing.
What he left in doubt is the matter of `recovery`.
"""

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select, update
from sqlalchemy.orm import Session

from db import bulk, wake
from delivery import recovery
from delivery.consignments import IS_PLANNED, LIVE, task_of
from delivery.models import Batch, Consignment
from delivery.packing import pack as pack
from delivery.packing import unpack as unpack
from delivery.states import Aim, BatchState, ConsignmentState, DoubtPolicy, Lane
from staff.models import Agency

SECONDS_IN_A_BATCH = 5
SMALLEST, LARGEST = 50, 5_000
EXPIRED_AT_ONCE = 500


@dataclass(slots=True)
class Leased:
    """A batch in one worker's hands. `own_deadline` is that of people who were postponed, `patience` the time between
    launch and deadline. `known` are recipients of a dead worker whose receipts came: they have it."""

    id: int
    consignment_id: int
    sender_id: int
    agency_id: int
    lane: Lane
    policy: DoubtPolicy
    topic_id: int | None
    cadences: frozenset[str]
    launched_at: datetime
    deadline_at: datetime
    own_deadline: datetime | None
    patience: timedelta
    area_ids: frozenset[int]
    time_zone: str
    attempt: int
    epoch: int
    recipients: "array[int]"
    cursor: int
    marked: int
    known: frozenset[int] = frozenset()
    topic_ids: frozenset[int] = frozenset()
    media_id: int | None = None
    segment: str | None = None
    is_drill: bool = False
    aim: Aim = Aim.ANNOUNCE
    of_ids: tuple[int, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether every recipient is settled."""
        return self.cursor >= len(self.recipients)


def useful_size(rate: float) -> int:
    """How many people a batch should hold for a sender of this rate (messages a second): some seconds of work."""
    return int(min(max(rate * SECONDS_IN_A_BATCH, SMALLEST), LARGEST))


def parallel(rate: float) -> int:
    """How many batches in flight fill a rate: two, so that one settles while the other sends; more when it is high."""
    return min(8, 2 + int(rate // 500))


def share_of_a_process(slots: int) -> int:
    """How many of a sender's batches one process carries: half, so that another host finds something to do."""
    return max(2, -(-slots // 2))


def add(
    session: Session,
    consignment_id: int,
    *,
    sender_id: int,
    lane: Lane,
    position: int,
    ids: Sequence[int],
    now: datetime,
    attempt: int = 1,
    deadline_at: datetime | None = None,
) -> int:
    """Write one batch and have its sender woken; its id. `ids` leave in the order given."""
    batch = Batch(
        consignment_id=consignment_id,
        sender_id=sender_id,
        lane_rank=lane.rank,
        position=position,
        attempt=attempt,
        recipients=pack(ids),
        size=len(ids),
        deadline_at=deadline_at,
        created_at=now,
    )
    session.add(batch)
    session.flush()
    wake.later(session, task_of(lane.rank), sender_id)
    return batch.id


def last_position(session: Session, consignment_id: int, sender_id: int | None = None) -> int | None:
    """The position of the last batch planned (through one sender, or any); None where there is none yet."""
    question = select(func.max(Batch.position)).where(Batch.consignment_id == consignment_id, IS_PLANNED)
    if sender_id is not None:
        question = question.where(Batch.sender_id == sender_id)
    return session.scalar(question)


def lease(
    session: Session, sender_id: int, lanes: Collection[Lane], *, slots: int, now: datetime, lease_for: timedelta
) -> Leased | None:
    """Take this sender's best batch of these lanes, by lane and position; None if there is none, or `slots` are taken.

    What a dead worker left in doubt is dealt with here: sent again and counted (RESEND), or written down as unknown
    and passed over (HOLD). A batch that was in doubt too often in a row is stuck, and the next one is taken.
    """
    _release_expired(session, sender_id, now)
    ranks = [lane.rank for lane in lanes]
    if _in_flight(session, sender_id, ranks) >= slots:
        return None
    while (batch := session.execute(_best(sender_id, ranks)).scalar_one_or_none()) is not None:
        if not recovery.is_stuck(session, batch):
            return _take(session, batch, now=now, lease_for=lease_for)
    return None


def is_alert_waiting(session: Session, sender_id: int, now: datetime) -> bool:
    """Whether an alert of this sender waits or is on its way: everything else lets it pass."""
    alert = exists().where(
        Batch.sender_id == sender_id,
        Batch.state.in_([BatchState.READY, BatchState.LEASED]),
        Batch.lane_rank == Lane.ALERT.rank,
        Batch.consignment_id == Consignment.id,
        Consignment.state.in_(LIVE),
    )
    return bool(session.scalar(select(alert)))


def mark(session: Session, leased: Leased, upto: int, *, now: datetime, lease_for: timedelta) -> bool:
    """Write down that recipients up to `upto` may be on their way from now on, and renew the lease.

    False, and nothing may be sent, if the batch is somebody else's by now or its consignment is not open.
    """
    may_leave = exists().where(Consignment.id == leased.consignment_id, Consignment.state.in_(LIVE))
    changed = update(Batch).where(*_held(leased, now), may_leave).values(marked=upto, lease_until=now + lease_for)
    if bulk.changed(session, changed) != 1:
        return False
    leased.marked = upto
    return True


def renew(session: Session, leased: Leased, *, now: datetime, lease_for: timedelta) -> bool:
    """Keep the batch while a provider thinks; False if it is lost."""
    return bulk.changed(session, update(Batch).where(*_held(leased, now)).values(lease_until=now + lease_for)) == 1


def settle(session: Session, leased: Leased, *, unsent: Sequence[int] = ()) -> bool:
    """Move the cursor over what was marked; `unsent` of them stay for the next sub-batch. False where the epoch fell.

    Called first in the settling transaction: it is the fence, and its row lock orders everybody behind it.
    """
    recipients = _reordered(leased, unsent)
    cursor = leased.marked - len(unsent)
    values: dict[str, object] = {"cursor": cursor, "marked": cursor}
    if cursor > leased.cursor:
        values["stalled"] = 0
    if unsent:
        values["recipients"] = pack(recipients)
    if cursor >= len(recipients):
        values |= {"state": BatchState.DONE, "lease_until": None}
    ours = update(Batch).where(Batch.id == leased.id, Batch.epoch == leased.epoch)
    if bulk.changed(session, ours.values(values)) != 1:
        return False
    leased.recipients, leased.cursor, leased.marked = recipients, cursor, cursor
    return True


def give_back(session: Session, leased: Leased) -> bool:
    """Hand the rest of a settled batch to whoever comes next; False if it is not ours any more."""
    mine = (Batch.id == leased.id, Batch.epoch == leased.epoch, Batch.state == BatchState.LEASED)
    return bulk.changed(session, update(Batch).where(*mine).values(state=_after_lease(), lease_until=None)) == 1


def wake_expired(session: Session, now: datetime) -> int:
    """Hand out the batches whose lease ran out and wake their senders; how many there were (at most 500 at once)."""
    lapsed = (
        select(Batch.id)
        .where(Batch.state == BatchState.LEASED, Batch.lease_until < now)  # ix_batches_lease
        .order_by(Batch.lease_until)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(lapsed).all()
    if not ids:
        return 0
    freed = update(Batch).where(Batch.id.in_(ids)).values(state=_after_lease(), lease_until=None)
    for sender_id, rank in session.execute(freed.returning(Batch.sender_id, Batch.lane_rank)):
        wake.later(session, task_of(rank), sender_id)
    return len(ids)


def _release_expired(session: Session, sender_id: int, now: datetime) -> None:
    lapsed = (Batch.sender_id == sender_id, Batch.state == BatchState.LEASED, Batch.lease_until < now)
    session.execute(update(Batch).where(*lapsed).values(state=_after_lease(), lease_until=None))


def _after_lease() -> ColumnElement[BatchState]:
    stopped = exists().where(Consignment.id == Batch.consignment_id, Consignment.state == ConsignmentState.STOPPED)
    kind = Batch.state.type
    return case((stopped, literal(BatchState.DROPPED, kind)), else_=literal(BatchState.READY, kind))


def _in_flight(session: Session, sender_id: int, ranks: Sequence[int]) -> int:
    leased = (Batch.sender_id == sender_id, Batch.state == BatchState.LEASED, Batch.lane_rank.in_(ranks))
    return session.scalar(select(func.count()).where(*leased)) or 0


def _best(sender_id: int, ranks: Sequence[int]) -> Select[Batch]:
    return (  # ix_batches_work, in its order
        select(Batch)
        .join(Consignment, Consignment.id == Batch.consignment_id)
        .where(
            Batch.sender_id == sender_id,
            Batch.state == BatchState.READY,
            Batch.lane_rank.in_(ranks),
            Consignment.state.in_(LIVE),
        )
        .order_by(Batch.lane_rank, Batch.position, Batch.id)
        .limit(1)
        .with_for_update(of=Batch, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _take(session: Session, batch: Batch, *, now: datetime, lease_for: timedelta) -> Leased | None:
    """None if nothing was left of it but doubts that are held."""
    consignment = session.get_one(Consignment, batch.consignment_id)
    batch.state = BatchState.LEASED
    batch.epoch += 1
    batch.lease_until = now + lease_for
    session.flush()
    known = recovery.recover(session, batch, consignment, now) if batch.marked > batch.cursor else frozenset()
    if batch.state is BatchState.DONE:
        wake.later(session, task_of(batch.lane_rank), batch.sender_id)
        return None
    return Leased(
        id=batch.id,
        consignment_id=batch.consignment_id,
        sender_id=batch.sender_id,
        agency_id=consignment.agency_id,
        lane=consignment.lane,
        policy=consignment.policy,
        topic_id=consignment.topic_id,
        cadences=frozenset(consignment.cadences),
        launched_at=consignment.launched_at,
        deadline_at=batch.deadline_at or consignment.deadline_at,
        own_deadline=batch.deadline_at,
        patience=consignment.deadline_at - consignment.launched_at,
        area_ids=frozenset(consignment.area_ids),
        time_zone=session.scalars(select(Agency.time_zone).where(Agency.id == consignment.agency_id)).one(),
        attempt=batch.attempt,
        epoch=batch.epoch,
        recipients=unpack(batch.recipients),
        cursor=batch.cursor,
        marked=batch.marked,
        known=known,
        topic_ids=frozenset(consignment.topic_ids),
        media_id=consignment.media_id,
        segment=consignment.segment,
        is_drill=consignment.is_drill,
        aim=consignment.aim,
        of_ids=tuple(consignment.of_ids),
    )


def _held(leased: Leased, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Batch.id == leased.id,
        Batch.epoch == leased.epoch,
        Batch.state == BatchState.LEASED,
        Batch.lease_until >= now,
    )


def _reordered(leased: Leased, unsent: Sequence[int]) -> "array[int]":
    """The recipients, with those of the marked slice that were not sent behind those that were."""
    if not unsent:
        return leased.recipients
    waiting = frozenset(unsent)
    marked = leased.recipients[leased.cursor : leased.marked]
    sent = array("q", [id for id in marked if id not in waiting])
    return leased.recipients[: leased.cursor] + sent + array("q", unsent) + leased.recipients[leased.marked :]
