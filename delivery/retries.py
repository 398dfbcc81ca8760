"""Messages that wait, for another attempt or for the end of quiet hours, and how the due become batches again."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import CTE, ColumnElement, ScalarSelect, case, delete, func, select, update
from sqlalchemy.orm import Session

from db import bulk
from delivery import batches
from delivery.batches import Leased
from delivery.consignments import LIVE, OVER
from delivery.models import Consignment, Postponement, Retry, RetryCount
from delivery.states import ConsignmentState, Lane

GATHERED_AT_ONCE = 2_000
CONSIGNMENTS_AT_ONCE = 100
NOT_OVER = (*LIVE, ConsignmentState.PAUSED)
COLUMNS = ("consignment_id", "subscriber_id", "sender_id", "attempt", "due_at", "deadline_at")
NO_DEADLINE = datetime.min.replace(tzinfo=UTC)
BEFORE_EVERYTHING = -1
"""The position of a gathered batch: who has waited goes before who has not been tried, within the lane."""

JITTER = timedelta(minutes=1)
"""Within this time after the end of their quiet hours people are due, so that not all of them are in one second."""


class Waiting(NamedTuple):
    """A message that waits for the attempt of this number; `deadline_at` None: the consignment's."""

    consignment_id: int
    subscriber_id: int
    sender_id: int
    attempt: int
    due_at: datetime
    deadline_at: datetime | None = None


class Quiet(NamedTuple):
    """How many people of a consignment wait for the end of their quiet hours, and when the last of them have waited."""

    people: int
    first: datetime
    last: datetime


def put(session: Session, rows: Iterable[Waiting], *, by: int) -> frozenset[int]:
    """Write these down; the subscribers who did not wait already. Whoever does goes on waiting as before.

    What was stopped or sealed meanwhile gets no other attempt. `by` is the sender of whom this is a settlement: its
    number is moved after its tallies, so that two settlements never wait for each other.
    """
    wished = sorted(rows, key=itemgetter(0, 1))
    if not wished:
        return frozenset()
    ended = select(Consignment.id).where(Consignment.id.in_({row[0] for row in wished}), Consignment.state.in_(OVER))
    over = set(session.scalars(ended))
    new = bulk.insert_rows(session, bulk.Rows(Retry, COLUMNS, [row for row in wished if row[0] not in over]))
    counts = Counter(consignment_id for consignment_id, _ in new)
    many = [(consignment_id, by, count) for consignment_id, count in sorted(counts.items())]
    bulk.add_rows(session, bulk.Rows(RetryCount, ("consignment_id", "sender_id", "count"), many))
    return frozenset(subscriber_id for _, subscriber_id in new)


def postpone(session: Session, leased: Leased, ends: Mapping[int, datetime]) -> None:
    """Have these subscribers of a batch wait for the end of their quiet hours, with the attempt they had.

    The time for other attempts begins anew then, so that nobody is too late because of their wish.
    """
    rows = [
        Waiting(
            leased.consignment_id,
            subscriber_id,
            leased.sender_id,
            leased.attempt,
            until + JITTER * random.random(),  # noqa: S311 - spreads load, hides nothing
            max(leased.deadline_at, until + leased.patience),
        )
        for subscriber_id, until in ends.items()
    ]
    new = put(session, rows, by=leased.sender_id)
    counts = Counter(until for subscriber_id, until in ends.items() if subscriber_id in new)
    many = [(leased.consignment_id, until, count) for until, count in sorted(counts.items())]
    bulk.add_rows(session, bulk.Rows(Postponement, ("consignment_id", "until", "count"), many))


def release(session: Session, *, agency_id: int, subscriber_id: int, until: datetime, now: datetime) -> int:
    """Make due now what waits for this end of somebody's quiet hours, and count it as postponed no more; how many.

    Whether they are in quiet hours still is asked where it leaves: then it is postponed anew, to the end there is then.
    """
    waiting = (
        select(Consignment.id)  # ix_consignments_agency_state_created, and the primary key
        .join(Postponement, Postponement.consignment_id == Consignment.id)
        .where(Consignment.agency_id == agency_id, Consignment.state.in_(NOT_OVER), Postponement.until == until)
    )
    ids = session.scalars(waiting).all()
    if not ids:
        return 0
    mine = (Retry.consignment_id.in_(ids), Retry.subscriber_id == subscriber_id)  # the primary key
    due = update(Retry).where(*mine, Retry.due_at >= until, Retry.due_at <= until + JITTER).values(due_at=now)
    released = session.scalars(due.returning(Retry.consignment_id)).all()
    fewer = [(consignment_id, until, -1) for consignment_id in sorted(released)]
    bulk.add_rows(session, bulk.Rows(Postponement, ("consignment_id", "until", "count"), fewer))
    return len(fewer)


def quiet(session: Session, consignment_id: int, *, now: datetime) -> Quiet | None:
    """Who still waits for the end of their quiet hours; None: nobody. Reads a row for each minute at most."""
    ahead = select(  # the primary key
        func.sum(Postponement.count), func.min(Postponement.until), func.max(Postponement.until)
    ).where(Postponement.consignment_id == consignment_id, Postponement.until > now, Postponement.count > 0)
    people, first, last = session.execute(ahead).one()
    return Quiet(int(people), first, last) if people else None


def waiting() -> CTE:
    """The consignments of which something waits, as a table with their `id`s and a NULL: each is found by the key."""
    first = select(func.min(Retry.consignment_id).label("id")).cte("waiting", recursive=True)
    following = select(func.min(Retry.consignment_id)).where(Retry.consignment_id > first.c.id)
    return first.union_all(select(following.correlate(first).scalar_subquery()).where(first.c.id.is_not(None)))


def oldest_of(consignment_id: ColumnElement[int]) -> ScalarSelect[datetime]:
    """When the first message of a consignment that waits is due. Index: ix_retries_consignment_due."""
    return select(func.min(Retry.due_at)).where(Retry.consignment_id == consignment_id).scalar_subquery()


def gather(session: Session, now: datetime) -> int:
    """Make batches of what is due (at most 2,000 at once), for live consignments only; how many messages that were.

    Each has its share, so that a town whose quiet hours end keeps nobody else waiting. What waits of paused ones is
    not looked at, however much it is.
    """
    live, gathered = _live(session, now), 0
    for place, (consignment_id, lane) in enumerate(live):
        share = (GATHERED_AT_ONCE - gathered) // (len(live) - place)
        gathered += _gather(session, consignment_id, lane, most=share, now=now)
    return gathered


def _live(session: Session, now: datetime) -> Sequence[tuple[int, Lane]]:
    """The live consignments of which something is due: alerts, then by how long it has been."""
    known, oldest = waiting(), oldest_of(Consignment.id.expression)
    due = (
        select(Consignment.id, Consignment.lane)
        .join(known, known.c.id == Consignment.id)
        .where(Consignment.state.in_(LIVE), oldest <= now)
        .order_by(case((Consignment.lane == Lane.ALERT, 0), else_=1), oldest, Consignment.id)
        .limit(CONSIGNMENTS_AT_ONCE)
    )
    return [(consignment_id, lane) for consignment_id, lane in session.execute(due)]


def _gather(session: Session, consignment_id: int, lane: Lane, *, most: int, now: datetime) -> int:
    due = (
        select(Retry)
        .where(Retry.consignment_id == consignment_id, Retry.due_at <= now)  # ix_retries_consignment_due
        .order_by(Retry.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = sorted((_group(retry), retry.subscriber_id) for retry in session.scalars(due))
    for (sender_id, attempt, deadline_at), members in groupby(found, key=itemgetter(0)):
        ids = [subscriber_id for _, subscriber_id in members]
        gone = delete(Retry).where(Retry.consignment_id == consignment_id, Retry.subscriber_id.in_(ids))
        session.execute(gone)
        batches.add(
            session,
            consignment_id,
            sender_id=sender_id,
            lane=lane,
            position=BEFORE_EVERYTHING,
            ids=ids,
            now=now,
            attempt=attempt,
            deadline_at=None if deadline_at == NO_DEADLINE else deadline_at,
        )
    return len(found)


def _group(retry: Retry) -> tuple[int, int, datetime]:
    return (retry.sender_id, retry.attempt, retry.deadline_at or NO_DEADLINE)
