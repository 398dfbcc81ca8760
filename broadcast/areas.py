"""The areas a broadcast is for, by name."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast.models import Broadcast
from subscribers.models import Area


def of(session: Session, broadcast: Broadcast) -> Sequence[Area]:
    """In the agency's order; none: it is for everywhere."""
    if not broadcast.area_ids:
        return []
    return session.scalars(select(Area).where(Area.id.in_(broadcast.area_ids)).order_by(Area.position, Area.id)).all()
