"""What waits at the post office, read for whoever watches: bounded, by index, and never out of the deliveries.

Numbers of single rows end at COUNTED_AT_MOST: beyond that "very many" is all one needs to know.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, String, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from delivery import throttle
from delivery.consignments import LIVE, UNFINISHED
from delivery.models import Batch, Consignment, Letter, Retry, Sender, Tally
from delivery.retries import oldest_of, waiting
from delivery.states import BatchState, ConsignmentState, DeliveryState, Lane, LetterState

COUNTED_AT_MOST = 100_000
LANES = tuple(Lane)


@dataclass(frozen=True, slots=True)
class Line:
    """The batches of one sender and lane in one state (ready, leased, stuck, "paused"), and the people behind them."""

    sender_id: int
    lane: Lane
    state: str
    batches: int
    people: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows that wait one by one, and since when the oldest does."""

    waiting: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brakes:
    """What a sender may do: its rate (None: its channel's), the share of it in use, until when it must wait."""

    sender_id: int
    agency_id: int
    channel: str
    rate: float | None
    pace: float
    held_until: datetime | None
    is_stopped: bool


def lines(session: Session) -> Sequence[Line]:
    """The batches that are not done, by sender, lane and state. Index: ix_batches_lease."""
    is_as_it_says = or_(Consignment.state.in_(LIVE), Batch.state == BatchState.STUCK)
    state = case((is_as_it_says, type_coerce(Batch.state, String)), else_="paused").label("standing")
    query = (
        select(
            Batch.sender_id,
            Batch.lane_rank,
            state,
            func.count(),
            func.sum(Batch.size - Batch.cursor),
            func.min(Batch.created_at),
        )
        .join(Consignment, Consignment.id == Batch.consignment_id)
        .where(Batch.state.in_(UNFINISHED))
        .group_by(Batch.sender_id, Batch.lane_rank, state)
        .order_by(Batch.sender_id, Batch.lane_rank, state)
    )
    found = session.execute(query)
    return [Line(sender, LANES[rank], str(on), count, int(people), at) for sender, rank, on, count, people, at in found]


def retries(session: Session) -> Pile:
    """The messages that wait for another attempt; the oldest by when it is due. By the key and its first of each."""
    some = select(Retry.consignment_id).limit(COUNTED_AT_MOST).subquery()
    count = session.scalar(select(func.count()).select_from(some)) or 0
    known = waiting()
    return Pile(count, session.scalar(select(func.min(oldest_of(known.c.id)))))


def letters(session: Session) -> Pile:
    """The letters that are not settled; the oldest by when it was written. Index: ix_letters_work."""
    waiting = (LetterState.WAITING, LetterState.LEASED)
    return _pile(session, select(Letter.created_at).where(Letter.state.in_(waiting)))


def in_doubt(session: Session, *, since: datetime) -> int:
    """Messages of which we do not know whether they went out, of consignments that run or began after `since`."""
    recent = select(Consignment.id).where(
        or_(Consignment.state.in_((ConsignmentState.OPEN, ConsignmentState.PAUSED)), Consignment.launched_at >= since)
    )
    query = select(func.sum(Tally.count)).where(Tally.state == DeliveryState.UNKNOWN, Tally.consignment_id.in_(recent))
    return int(session.scalar(query) or 0)


def brakes(session: Session, now: datetime) -> Sequence[Brakes]:
    """What every sender may do now, by its id."""
    return [
        Brakes(
            sender_id=sender.id,
            agency_id=sender.agency_id,
            channel=sender.channel,
            rate=sender.rate,
            pace=_pace(sender, now),
            held_until=sender.held_until if sender.held_until and sender.held_until > now else None,
            is_stopped=sender.stopped_at is not None,
        )
        for sender in session.scalars(select(Sender).order_by(Sender.id))
    ]


def settled_by_sender(session: Session, ids: Collection[int]) -> dict[int, int]:
    """How many messages of these consignments are settled, by sender: the difference of two looks is a rate."""
    query = select(Tally.sender_id, func.sum(Tally.count)).where(Tally.consignment_id.in_(ids))
    return {sender: int(count) for sender, count in session.execute(query.group_by(Tally.sender_id))}


def _pace(sender: Sender, now: datetime) -> float:
    """As the brakes have it: what the database remembers is where it began to creep back."""
    since = (now - sender.held_until).total_seconds() if sender.held_until else 0.0
    return min(1.0, sender.pace + max(0.0, since) * throttle.RECOVERY)


def _pile(session: Session, some: Select[datetime]) -> Pile:
    counted = some.limit(COUNTED_AT_MOST).subquery()
    count, oldest = session.execute(select(func.count(), func.min(counted.c[0]))).one()
    return Pile(count, oldest)
