"""Consignments: what a broadcast hands to the post office, and the officer's hand on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from db import bulk, wake
from delivery.models import Batch, Consignment, Retry, RetryCount, Tally, Wording
from delivery.states import Aim, BatchState, ConsignmentState, DeliveryState, DoubtPolicy, Lane

LIVE = (ConsignmentState.OPEN, ConsignmentState.DONE)
"""Where messages may leave: also after the end, because a receipt may still ask for another attempt."""
OVER = (ConsignmentState.STOPPED, ConsignmentState.SEALED, ConsignmentState.PURGED)
"""Where nobody gets another attempt."""
CLOSED_TO_RECEIPTS = (ConsignmentState.SEALED, ConsignmentState.PURGED)
UNFINISHED = (BatchState.READY, BatchState.LEASED, BatchState.STUCK)
"""Batches that keep their consignment from being complete."""
IS_PLANNED = and_(Batch.attempt == 1, Batch.deadline_at.is_(None))
"""Of a batch: the launch wrote it, so that its people are counted once. Who is postponed comes in another."""
CLOSED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a consignment is: people planned so far, messages settled, waiting for another attempt, ever in doubt."""

    people: int
    settled: int
    retrying: int
    doubted: int
    tallies: Mapping[DeliveryState, int]


def open(
    session: Session,
    consignment_id: int,
    *,
    agency_id: int,
    lane: Lane,
    policy: DoubtPolicy,
    topic_id: int | None,
    cadences: Sequence[str],
    deadline_at: datetime,
    now: datetime,
    launched_at: datetime | None = None,
    topic_ids: Sequence[int] = (),
    area_ids: Sequence[int] = (),
    segment: str | None = None,
    is_drill: bool = False,
    media_id: int | None = None,
    aim: Aim = Aim.ANNOUNCE,
    of_ids: Sequence[int] = (),
) -> Consignment:
    """The consignment with this id (its broadcast's): a new one, open and unplanned, or the one that is there.

    `launched_at` is when its time-to-reach curve begins: now, unless it was launched before. `topic_ids` are those of a
    digest or of a bulletin about several: who left one of them gets nothing. `of_ids` are the consignments that the
    `aim` is about.
    """
    values = {
        "id": consignment_id,
        "agency_id": agency_id,
        "lane": lane,
        "state": ConsignmentState.OPEN,
        "policy": policy,
        "aim": aim,
        "of_ids": list(of_ids),
        "topic_id": topic_id,
        "topic_ids": list(topic_ids),
        "cadences": list(cadences),
        "area_ids": list(area_ids),
        "segment": segment,
        "is_drill": is_drill,
        "deadline_at": deadline_at,
        "media_id": media_id,
        "is_planned": False,
        "launched_at": launched_at or now,
        "created_at": now,
    }
    session.execute(bulk.insert(session, Consignment).values(values).on_conflict_do_nothing())
    return session.get_one(Consignment, consignment_id, populate_existing=True)


def add_wording(
    session: Session,
    consignment_id: int,
    *,
    sender_id: int,
    locale: str,
    text: str,
    template_id: str | None = None,
    variables: Mapping[str, str] | None = None,
    alternative: str = "",
    without_media: str = "",
    has_preview: bool = True,
) -> None:
    """Say what goes to people of this locale through this sender. Said twice, the first word stands."""
    values = {
        "consignment_id": consignment_id,
        "sender_id": sender_id,
        "locale": locale,
        "text": text,
        "template_id": template_id,
        "variables": dict(variables or {}),
        "alternative": alternative,
        "without_media": without_media,
        "has_preview": has_preview,
    }
    session.execute(bulk.insert(session, Wording).values(values).on_conflict_do_nothing())


def planned(session: Session, consignment_id: int) -> None:
    """Say that every batch has been written: from now on the consignment can become complete."""
    session.execute(update(Consignment).where(Consignment.id == consignment_id).values(is_planned=True))


def pause(session: Session, consignment_id: int) -> bool:
    """Let nothing leave until `resume`; what is leased stops before its next sub-batch. False if it was not open."""
    return _move(session, consignment_id, (ConsignmentState.OPEN,), ConsignmentState.PAUSED)


def resume(session: Session, consignment_id: int) -> bool:
    """Let it go on. False if it was not paused."""
    moved = _move(session, consignment_id, (ConsignmentState.PAUSED,), ConsignmentState.OPEN)
    if moved:
        _wake_senders(session, consignment_id)
    return moved


def stop(session: Session, consignment_id: int) -> bool:
    """Nothing of it leaves any more, waiting retries included. False if it was stopped before.

    Also when it is done: its broadcast ends a moment later, and until then a receipt may ask for another attempt.
    """
    here = (ConsignmentState.OPEN, ConsignmentState.PAUSED, ConsignmentState.DONE)
    if not _move(session, consignment_id, here, ConsignmentState.STOPPED):
        return False
    waiting = (Batch.consignment_id == consignment_id, Batch.state.in_([BatchState.READY, BatchState.STUCK]))
    session.execute(update(Batch).where(*waiting).values(state=BatchState.DROPPED))
    session.execute(delete(Retry).where(Retry.consignment_id == consignment_id))
    return True


def tallies(session: Session, *consignment_ids: int) -> dict[DeliveryState, int]:
    """How many deliveries are in each state, of one or several. A handful of rows; states nobody is in are left out."""
    mine = Tally.consignment_id.in_(consignment_ids)
    question = select(Tally.state, func.sum(Tally.count)).where(mine).group_by(Tally.state)
    return {state: int(count) for state, count in session.execute(question) if count}


def progress(session: Session, consignment_id: int) -> Progress:
    """The figures of an officer's progress card, from the batches and the tallies; as noted once batches have left."""
    known = select(Consignment.people, Consignment.doubted, Consignment.counted_at, Consignment.state)
    noted = session.execute(known.where(Consignment.id == consignment_id)).one_or_none()
    if noted is not None and noted.counted_at is not None:
        people, doubted, retrying = noted.people, noted.doubted, 0
    else:
        people, doubted, retrying = _sums(session, consignment_id)
    if noted is not None and noted.state in OVER:
        retrying = 0
    counted = tallies(session, consignment_id)
    return Progress(int(people or 0), sum(counted.values()), max(0, int(retrying)), int(doubted or 0), counted)


def _sums(session: Session, consignment_id: int) -> tuple[int, int, int]:
    """People, ever in doubt, waiting for another attempt: put among the retries and in no batch of their own yet."""
    put = select(func.coalesce(func.sum(RetryCount.count), 0)).where(RetryCount.consignment_id == consignment_id)
    gathered = func.coalesce(func.sum(Batch.size).filter(~IS_PLANNED), 0)
    sums = select(
        func.coalesce(func.sum(Batch.size).filter(IS_PLANNED), 0),
        func.coalesce(func.sum(Batch.doubted), 0),
        put.scalar_subquery() - gathered,
    )
    people, doubted, retrying = session.execute(sums.where(Batch.consignment_id == consignment_id)).one()
    return int(people), int(doubted), int(retrying)


def is_complete(session: Session, consignment_id: int) -> bool:
    """Whether it is planned, every batch is done and no retry waits."""
    complete = select(Consignment.id).where(Consignment.id == consignment_id, _is_complete())
    return session.scalar(complete) is not None


def close_complete(session: Session, now: datetime) -> list[int]:
    """Close the open consignments that are complete, at most 100 of them; their ids."""
    due = (
        select(Consignment.id)
        .where(Consignment.state == ConsignmentState.OPEN, _is_complete())
        .order_by(Consignment.id)
        .limit(CLOSED_AT_ONCE)
    )
    found = session.scalars(due).all()
    return [id for id in found if _move(session, id, (ConsignmentState.OPEN,), ConsignmentState.DONE)]


def _is_complete() -> ColumnElement[bool]:
    busy = exists().where(  # ix_batches_consignment
        Batch.consignment_id == Consignment.id, Batch.state.in_(UNFINISHED)
    )
    retrying = exists().where(Retry.consignment_id == Consignment.id)
    return and_(Consignment.is_planned, ~busy, ~retrying)


def _move(session: Session, consignment_id: int, here: Sequence[ConsignmentState], there: ConsignmentState) -> bool:
    """One UPDATE that only one caller can win."""
    moved = (
        update(Consignment)
        .where(Consignment.id == consignment_id, Consignment.state.in_(here))
        .values(state=there)
        .returning(Consignment.id)
    )
    return session.execute(moved).first() is not None


def _wake_senders(session: Session, consignment_id: int) -> None:
    waiting = (
        select(Batch.sender_id, Batch.lane_rank)
        .where(Batch.consignment_id == consignment_id, Batch.state == BatchState.READY)
        .distinct()
    )
    for sender_id, lane_rank in session.execute(waiting):
        wake.later(session, task_of(lane_rank), sender_id)


def task_of(lane_rank: int) -> str:
    """Which task works on batches of this lane: alerts have one of their own, so that they never queue."""
    return "alert" if lane_rank == Lane.ALERT.rank else "work"
