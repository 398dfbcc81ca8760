"""What the room `insight` is told of announcements, for figures, charts, the weekly report and trouble."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import outcomes
from broadcast.models import Broadcast
from broadcast.states import Kind
from delivery.switchboard import LimitsOf
from insight import orders, watching, weekly
from insight.launched import Launched

AT_MOST = 1_000  # announcements, the newest
SHOWN = 8
SHOWN_SINCE = timedelta(days=90)
SAID = (Kind.ALERT, Kind.NOTICE, Kind.CAMPAIGN)  # not what only repeats them


def launched(
    session: Session,
    agency_id: int,
    since: datetime,
    *,
    kinds: Collection[Kind] = tuple(Kind),
    limit: int = AT_MOST,
) -> Sequence[Launched]:
    """What an agency launched since then, the newest first: no retry, recall or drill; they reach fewer by nature."""
    columns = (Broadcast.id, Broadcast.code, Broadcast.launched_at, Broadcast.audience_size, Broadcast.officer_id)
    query = select(*columns).where(  # ix_broadcasts_agency_launched
        Broadcast.agency_id == agency_id,
        Broadcast.launched_at > since,
        Broadcast.kind.in_(kinds),
        Broadcast.is_drill.is_(False),
        outcomes.is_news(),
    )
    rows = session.execute(query.order_by(Broadcast.launched_at.desc(), Broadcast.id.desc()).limit(limit))
    return [Launched(id, code, at, people, officer_id) for id, code, at, people, officer_id in rows if at is not None]


def shown(session: Session, agency_id: int, now: datetime) -> Sequence[Launched]:
    """The last announcements that officers are shown figures of."""
    return launched(session, agency_id, now - SHOWN_SINCE, kinds=SAID, limit=SHOWN)


def look(session: Session, now: datetime) -> int:
    """Look for trouble where it is time to; at how many agencies."""
    return watching.look(session, now, launched_of=launched)


def draw(session: Session, order_id: int, *, limits_of: LimitsOf, now: datetime) -> int | None:
    """Draw and send charts that were asked for."""
    return orders.carry_out(
        session, order_id, launched_of=lambda session, agency_id: shown(session, agency_id, now), now=now
    )


def report_week(session: Session, agency_id: int, *, limits_of: LimitsOf, now: datetime) -> int | None:
    """Write an agency's weekly report."""
    return weekly.run(session, agency_id, launched_of=partial(launched, kinds=SAID), now=now)
