"""What waits behind the door, read for whoever watches: bounded, and by index."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from webhooks.models import Call, CallState

COUNTED_AT_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """Calls nobody has handled yet, since when the oldest waits, and calls that were given up (at most 100,000)."""

    waiting: int
    oldest_at: datetime | None
    failed: int


def read(session: Session) -> Backlog:
    """The backlog now. Index: ix_calls_work."""
    waiting = _some(CallState.WAITING)
    count, oldest = session.execute(select(func.count(), func.min(waiting.c.received_at))).one()
    failed = session.scalar(select(func.count()).select_from(_some(CallState.FAILED)))
    return Backlog(count, oldest, failed or 0)


def _some(state: CallState) -> Subquery:
    return select(Call.received_at).where(Call.state == state).limit(COUNTED_AT_MOST).subquery()
