"""Who hears of a topic's notices in its bulletin: for them neither the notice itself nor a digest has to say it.

A bulletin that is for a segment tells its people only, so nobody waits for it: what it says again, everybody has read.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from broadcast import parts
from broadcast.models import Broadcast, Bulletin
from subscribers.models import Cadence

READERS = {
    Cadence.DAILY: (Cadence.DAILY,),
    Cadence.WEEKLY: (Cadence.WEEKLY,),
    Cadence.AT_ONCE: (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY),  # whoever wants more than alerts
}
"""Whose a bulletin is, by its cadence: which cadences of its topic read it."""


def cadences(session: Session, topic_id: int | None) -> frozenset[Cadence]:
    """The cadences whose people read this topic's notices in a bulletin."""
    told = (READERS[each.cadence] for each in _running(session, Bulletin.topic_id == topic_id))
    return frozenset(cadence for some in told for cadence in some)


def topic_ids(session: Session, agency_id: int, cadence: Cadence) -> list[int]:
    """The agency's topics whose notices people of this cadence read in a bulletin."""
    found = _running(session, Bulletin.agency_id == agency_id)
    return [each.topic_id for each in found if cadence in READERS[each.cadence]]


def called(broadcast: Broadcast) -> str:
    """What its heading calls it: people are told how often such a one comes."""
    if broadcast.digest_cadence is not None:
        return f"digest.{broadcast.digest_cadence}"
    is_daily = broadcast.bulletin_cadence in (None, Cadence.DAILY)
    return broadcast.kind.value if is_daily else f"{broadcast.kind}.{broadcast.bulletin_cadence}"


def _running(session: Session, whose: ColumnElement[bool]) -> Sequence[Bulletin]:
    query = select(Bulletin).where(whose, Bulletin.stopped_at.is_(None), Bulletin.segment.is_(None))
    return [each for each in session.scalars(query.order_by(Bulletin.id)) if parts.has_news(each)]
