"""Messages that wait for another attempt, and how those that are due become batches again."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import bulk
from delivery import batches
from delivery.consignments import LIVE, OVER
from delivery.models import Consignment, Retry
from delivery.states import Lane

GATHERED_AT_ONCE = 2_000
COLUMNS = ("consignment_id", "subscriber_id", "sender_id", "attempt", "due_at")
BEFORE_EVERYTHING = -1
"""The position of a gathered batch: who has waited goes before who has not been tried, within the lane."""

Row = tuple[int, int, int, int, datetime]


def put(session: Session, rows: Iterable[Row]) -> None:
    """Write down (consignment, subscriber, sender, attempt to come, due at); whoever waits already goes on waiting.

    What was stopped or sealed meanwhile gets no other attempt.
    """
    wished = sorted(rows)
    if not wished:
        return
    ended = select(Consignment.id).where(Consignment.id.in_({row[0] for row in wished}), Consignment.state.in_(OVER))
    over = set(session.scalars(ended))
    bulk.insert_rows(session, bulk.Rows(Retry, COLUMNS, [row for row in wished if row[0] not in over]))


def gather(session: Session, now: datetime) -> int:
    """Make batches of what is due (at most 2,000 at once), for live consignments only; how many messages that were."""
    due = (
        select(Retry, Consignment.lane)
        .join(Consignment, Consignment.id == Retry.consignment_id)
        .where(Retry.due_at <= now, Consignment.state.in_(LIVE))  # ix_retries_due_at
        .order_by(Retry.due_at)
        .limit(GATHERED_AT_ONCE)
        .with_for_update(of=Retry, skip_locked=True)
    )
    found = sorted((_group(retry, lane), retry.subscriber_id) for retry, lane in session.execute(due))
    for (consignment_id, sender_id, attempt, lane), members in groupby(found, key=itemgetter(0)):
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
        )
    return len(found)


def _group(retry: Retry, lane: Lane) -> tuple[int, int, int, Lane]:
    return (retry.consignment_id, retry.sender_id, retry.attempt, lane)
