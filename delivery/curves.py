"""The time-to-reach curve of each consignment, kept by every settlement in its own transaction, so that nothing counts.

Everybody who keeps one does it after the tallies and in the order of the keys, so that settlements and receipts which
meet wait for each other instead of deadlocking.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import bulk
from delivery import curve
from delivery.curve import Percentiles
from delivery.ledger import Change, Settled
from delivery.models import CurvePoint
from delivery.states import Ledger, Milestone

COLUMNS = ("consignment_id", "sender_id", "milestone", "bucket", "count")

Reached = defaultdict[tuple[int, int, Milestone], list[float]]
Curves = dict[int, dict[Milestone, Percentiles]]


def record(
    session: Session, consignment_id: int, sender_id: int, milestone: Milestone, seconds: Sequence[float]
) -> None:
    """Count people who reached a milestone so many seconds after the launch."""
    _add(session, {(consignment_id, sender_id, milestone): seconds})


def settle(session: Session, settled: Settled, *, launched_at: datetime) -> None:
    """Count whom this settlement has reached for the first time."""
    taken = settled.taken
    reached = _reached(settled.changes, {taken.consignment_id: launched_at})
    key = (taken.consignment_id, taken.sender_id, Milestone.HANDED_OVER)
    reached[key] += [(at - launched_at).total_seconds() for _, _, at in taken.messages]
    _add(session, reached)


def follow(session: Session, changes: Iterable[Change], *, launched_at: Mapping[int, datetime]) -> None:
    """Count the changes in which somebody reached a milestone for the first time, from the consignment's launch."""
    _add(session, _reached(changes, launched_at))


def _reached(changes: Iterable[Change], launched_at: Mapping[int, datetime]) -> Reached:
    reached: Reached = defaultdict(list)
    for change in changes:
        consignment_id, _, sender_id, known = change.entry
        since = launched_at[consignment_id]
        for milestone, at_of in REACHED_AT.items():
            at = at_of(known)
            if at is not None and (change.before is None or at_of(change.before) is None):
                reached[consignment_id, sender_id, milestone].append((at - since).total_seconds())
    return reached


def of(session: Session, ids: Collection[int]) -> Curves:
    """The percentiles of these consignments over all their senders, live. Reads some hundred rows for each."""
    counts: defaultdict[tuple[int, Milestone], dict[int, int]] = defaultdict(dict)
    query = (  # the primary key
        select(CurvePoint.consignment_id, CurvePoint.milestone, CurvePoint.bucket, func.sum(CurvePoint.count))
        .where(CurvePoint.consignment_id.in_(ids))
        .group_by(CurvePoint.consignment_id, CurvePoint.milestone, CurvePoint.bucket)
    )
    for consignment_id, milestone, bucket, count in session.execute(query):
        counts[consignment_id, milestone][bucket] = int(count)
    found: Curves = {}
    for (consignment_id, milestone), by_bucket in counts.items():
        if (percentiles := curve.percentiles(by_bucket)) is not None:
            found.setdefault(consignment_id, {})[milestone] = percentiles
    return found


def _handed_over_at(known: Ledger) -> datetime | None:
    return known.accepted_at


def _delivered_at(known: Ledger) -> datetime | None:
    """Who has read it has it, also where the platform left out to say that it arrived."""
    return known.delivered_at or known.read_at


REACHED_AT = {Milestone.HANDED_OVER: _handed_over_at, Milestone.DELIVERED: _delivered_at}


def _add(session: Session, reached: Mapping[tuple[int, int, Milestone], Sequence[float]]) -> None:
    rows = [(*key, bucket, count) for key, spans in reached.items() for bucket, count in curve.counted(spans).items()]
    bulk.add_rows(session, bulk.Rows(CurvePoint, COLUMNS, sorted(rows)))
