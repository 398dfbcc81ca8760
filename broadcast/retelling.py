"""Who hears of a topic's notices in a bulletin: for them neither the notice itself nor a digest has to say it.

A bulletin that is for a segment tells its people only, so nobody waits for it: what it says again, everybody has read.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from broadcast import parts
from broadcast.models import Broadcast, Bulletin, BulletinTopic, Occurrence, Retold
from broadcast.states import Note
from subscribers.models import Cadence

READERS = {
    Cadence.DAILY: (Cadence.DAILY,),
    Cadence.WEEKLY: (Cadence.WEEKLY,),
    Cadence.AT_ONCE: (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY),  # whoever wants more than alerts
}
"""Whose a bulletin is, by its cadence: which cadences of its topic read it."""


def cadences(session: Session, topic_id: int | None) -> frozenset[Cadence]:
    """The cadences whose people read this topic's notices in a bulletin."""
    about = select(BulletinTopic.bulletin_id).where(BulletinTopic.topic_id == topic_id)
    told = (READERS[each.cadence] for each in _running(session, Bulletin.id.in_(about)))
    return frozenset(cadence for some in told for cadence in some)


def is_told(session: Session, agency_id: int, cadence: Cadence) -> ColumnElement[bool]:
    """Of an announcement: people of this cadence read it in a bulletin, or did; not what came before its topic."""
    running = _running(session, Bulletin.agency_id == agency_id)
    theirs = [each.id for each in running if cadence in READERS[each.cadence]]
    will_be = exists().where(
        BulletinTopic.topic_id == Broadcast.topic_id,
        BulletinTopic.bulletin_id.in_(theirs),
        BulletinTopic.since <= Broadcast.launched_at,
    )
    was = exists().where(  # the primary key
        Retold.topic_id == Broadcast.topic_id,
        Retold.cadence.in_([each for each, readers in READERS.items() if cadence in readers]),
        Broadcast.launched_at.between(Retold.since, Retold.until),
    )
    return or_(will_be, was)


def leave(
    session: Session, bulletin: Bulletin, left: Sequence[BulletinTopic], *, until: datetime | None = None
) -> None:
    """It tells no more of these topics; `until` when it told of them: None, until its last run."""
    last = until or _covered(session, bulletin)
    if last is None or bulletin.segment is not None or not parts.has_news(bulletin):
        return
    for each in left:
        session.merge(Retold(topic_id=each.topic_id, cadence=bulletin.cadence, since=each.since, until=last))
    session.flush()


def turn(session: Session, bulletin: Bulletin) -> None:
    """It is about to tell others, or otherwise: what it told until its last run stays told, to whom it was."""
    leave(session, bulletin, bulletin.about)
    last = _covered(session, bulletin)
    for each in bulletin.about:
        each.since = max(each.since, last or each.since)


def called(broadcast: Broadcast) -> str:
    """What its heading calls it: people are told how often such a one comes."""
    if broadcast.digest_cadence is not None:
        return f"digest.{broadcast.digest_cadence}"
    is_daily = broadcast.bulletin_cadence in (None, Cadence.DAILY)
    return broadcast.kind.value if is_daily else f"{broadcast.kind}.{broadcast.bulletin_cadence}"


def _running(session: Session, whose: ColumnElement[bool]) -> Sequence[Bulletin]:
    query = select(Bulletin).where(whose, Bulletin.stopped_at.is_(None), Bulletin.segment.is_(None))
    return [each for each in session.scalars(query.order_by(Bulletin.id)) if parts.has_news(each)]


def _covered(session: Session, bulletin: Bulletin) -> datetime | None:
    """Until when it told what there was; None: it has not run yet."""
    ran = select(Occurrence.covered_until).where(
        Occurrence.bulletin_id == bulletin.id,
        Occurrence.note != Note.SKIPPED,
        Occurrence.created_at > bulletin.created_at,
    )
    return session.scalar(ran.order_by(Occurrence.due_at.desc()).limit(1))
