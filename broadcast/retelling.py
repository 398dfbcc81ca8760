"""Who hears of a topic's notices in a bulletin: for them neither the notice itself nor a digest has to say it.

A bulletin that is for a segment tells its people only, so nobody waits for it: what it says again, everybody has read.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, lazyload

from broadcast import parts, schedule
from broadcast.models import Broadcast, Bulletin, BulletinTopic, DigestOccurrence, Occurrence, Retold
from broadcast.states import Kind, Note
from staff import agencies
from staff.models import Agency
from subscribers.models import Cadence

READERS = {
    Cadence.DAILY: (Cadence.DAILY,),
    Cadence.WEEKLY: (Cadence.WEEKLY,),
    Cadence.AT_ONCE: (Cadence.AT_ONCE, Cadence.DAILY, Cadence.WEEKLY),  # whoever wants more than alerts
}
"""Whose a bulletin is, by its cadence: which cadences of its topic read it."""

DIGESTED = (Cadence.DAILY, Cadence.WEEKLY)  # who chose one of these reads a digest


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


def leave(session: Session, bulletin: Bulletin, left: Sequence[BulletinTopic]) -> None:
    """It tells no more of these topics: what it told is in no digest, and what waited for it is in the next one.

    Where it is paused, that was done when it was paused. Where the agency has no digests, nobody tells what waited.
    """
    last = told_last(session, bulletin)
    if bulletin.stopped_at is None:
        _hand_over(session, bulletin.agency_id, _waiting(bulletin), _untold(session, left, last))
    if last is not None:
        keep_told(session, bulletin, left, until=last.covered_until)


def keep_told(session: Session, bulletin: Bulletin, left: Sequence[BulletinTopic], *, until: datetime) -> None:
    """No digest tells its readers what was announced on these topics up to `until`, but for what was handed to it."""
    if _waiting(bulletin):
        _keep(session, bulletin.cadence, left, until)
    session.flush()


def take_back(session: Session, bulletin: Bulletin, waited: Sequence[Broadcast]) -> list[int]:
    """It is about to run again: what of `waited` its readers read there after all, and no digest tells.

    The rest a digest told some of them meanwhile; the others read it in the next one of theirs.
    """
    if bulletin.stopped_at is None or not waited:
        return []
    agencies.take_turns(session, bulletin.agency_id)
    digests = _digests(session, bulletin.agency_id, READERS[bulletin.cadence])
    ran = [each for each in digests if each.created_at > bulletin.stopped_at]
    told = {one.id for one in waited for each in ran if _has_told(each, one)}
    waits = [one.id for one in waited if one.id not in told]
    for each in digests:
        each.passed_over = [one for one in each.passed_over if one not in waits]
    session.flush()
    return waits


@contextmanager
def turn(session: Session, bulletin: Bulletin, *, now: datetime) -> Iterator[None]:
    """Within, it is changed to tell others, or otherwise: what it told stays told, to whom it was.

    Who waits for it still reads there what waited; who does not any more, in the next digest. Where somebody did not
    wait before, it tells what is announced from now on. Its row is held until the end of the transaction.
    """
    session.flush()
    session.refresh(bulletin, with_for_update={"key_share": True})
    before, was = _waiting(bulletin), bulletin.cadence
    yield
    after = _waiting(bulletin)
    if after == before:
        return
    last, goes_on = told_last(session, bulletin), bool(after) and after <= before
    if bulletin.stopped_at is None:
        wait_no_more = before - after if goes_on else before
        _hand_over(session, bulletin.agency_id, wait_no_more, _untold(session, bulletin.about, last))
    if before and last is not None:
        _keep(session, was, bulletin.about, last.covered_until)
    for each in bulletin.about:
        each.since = max(each.since, last.covered_until if last else each.since) if goes_on else now
    session.flush()


def called(broadcast: Broadcast) -> str:
    """What its heading calls it: people are told how often such a one comes."""
    if broadcast.digest_cadence is not None:
        return f"digest.{broadcast.digest_cadence}"
    is_daily = broadcast.bulletin_cadence in (None, Cadence.DAILY)
    return broadcast.kind.value if is_daily else f"{broadcast.kind}.{broadcast.bulletin_cadence}"


def _running(session: Session, whose: ColumnElement[bool]) -> Sequence[Bulletin]:
    query = select(Bulletin).where(whose, Bulletin.stopped_at.is_(None), Bulletin.segment.is_(None))
    found = session.scalars(query.order_by(Bulletin.id).options(lazyload(Bulletin.about)))
    return [each for each in found if parts.has_news(each)]


def _keep(session: Session, cadence: Cadence, topics: Sequence[BulletinTopic], until: datetime) -> None:
    for each in topics:
        session.merge(Retold(topic_id=each.topic_id, cadence=cadence, since=each.since, until=until))


def _waiting(bulletin: Bulletin) -> frozenset[Cadence]:
    """The cadences whose people wait for it, while it runs."""
    is_waited_for = bulletin.segment is None and parts.has_news(bulletin)
    return frozenset(READERS[bulletin.cadence] if is_waited_for else ())


def told_last(session: Session, bulletin: Bulletin) -> Occurrence | None:
    """The occurrence that ran last since it was defined, and none that was skipped; None: it has not run yet."""
    ran = select(Occurrence).where(
        Occurrence.bulletin_id == bulletin.id,
        Occurrence.note != Note.SKIPPED,
        Occurrence.created_at > bulletin.created_at,
    )
    return session.scalar(ran.order_by(Occurrence.due_at.desc()).limit(1))


def _has_told(digest: DigestOccurrence, announcement: Broadcast) -> bool:
    """Whether a digest that ran after it was handed over said it: what it has yet to say, it keeps."""
    is_covered = announcement.launched_at is not None and announcement.launched_at <= digest.covered_until
    return is_covered and announcement.id not in digest.passed_over


def _untold(session: Session, topics: Sequence[BulletinTopic], last: Occurrence | None) -> list[int]:
    """What waits for it on these topics: announced since it ran, or paused when it did."""
    found = list[int]()
    for each in topics:
        is_new = Broadcast.launched_at >= each.since
        if last is not None:
            is_new = and_(is_new, Broadcast.launched_at > last.covered_until)
        query = select(Broadcast.id).where(  # ix_broadcasts_topic_launched
            Broadcast.topic_id == each.topic_id,
            Broadcast.kind != Kind.BULLETIN,
            or_(is_new, Broadcast.id.in_(last.passed_over if last else ())),
        )
        found += session.scalars(query.order_by(Broadcast.id))
    return found


def _hand_over(session: Session, agency_id: int, cadences: Collection[Cadence], ids: Sequence[int]) -> None:
    """Have the next digests of these cadences tell this, though the last one may have passed over its hour."""
    if not ids or session.get_one(Agency, agency_id).digest_time is None:
        return
    agencies.take_turns(session, agency_id)  # a digest that runs now has told what it tells
    for last in _digests(session, agency_id, cadences):
        last.passed_over = sorted({*last.passed_over, *ids})
    session.flush()


def _digests(session: Session, agency_id: int, cadences: Collection[Cadence]) -> list[DigestOccurrence]:
    """What the next digest of each of these cadences goes on from."""
    found = list[DigestOccurrence]()
    for cadence in DIGESTED:
        last = select(DigestOccurrence).filter_by(agency_id=agency_id, cadence=cadence)  # the primary key
        last = last.order_by(DigestOccurrence.local_at.desc()).limit(1).execution_options(populate_existing=True)
        if cadence in cadences:
            found.append(session.scalar(last) or _beginning(session, agency_id, cadence))
    return found


def _beginning(session: Session, agency_id: int, cadence: Cadence) -> DigestOccurrence:
    """What the first digest goes on from: earlier than any hour that is its own."""
    agency = session.get_one(Agency, agency_id)
    began = schedule.asked(agency.digests_set_at or agency.created_at, agency.time_zone)
    made = DigestOccurrence(agency_id=agency_id, cadence=cadence, local_at=began.local_at[: len("2026-11-24T18:00")])
    made.due_at = made.created_at = began.due_at
    made.covered_until, made.passed_over = agency.digests_since or agency.created_at, []
    made.note = Note.NOTHING_NEW
    session.add(made)
    session.flush()
    return made
