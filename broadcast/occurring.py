"""What officers do with single occurrences of a bulletin: skip the next one, have one sent now, see it beforehand.

Each is bound to what its officer saw: to the hour that is skipped, to the occurrence that was the last one. So a second
tap, a second officer and an old button change nothing, and are told so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import feeds.defining
from broadcast import bulletins, compose, counting, defining, evidence, filling, holdings, parts, previews, schedule
from broadcast.models import Broadcast, Bulletin, Content, Holders, Occurrence
from broadcast.previews import Preview
from broadcast.schedule import Due
from broadcast.states import Note
from db import bulk
from delivery.switchboard import LimitsOf
from staff.models import Officer
from subscribers.models import Topic


class Passed(Exception):
    """What the officer saw stands no more: it has run, is paused, or is another hour's. Show how it stands now."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next hour of a bulletin, whether it is skipped, and the one after it."""

    due: Due
    is_skipped: bool
    after: Due


@dataclass(frozen=True, slots=True)
class Outlook:
    """How an occurrence would go if it left now: its messages and how many people; no messages: nothing to say."""

    messages: Sequence[Preview]
    people: int
    feeds: Sequence[str] = ()  # whose values stand in it: those of now, or the last ones that were sent
    is_fresh: bool = False  # those of now
    topics: Sequence[Topic] = ()  # several: it is what people who hold all of these get, and `people` are of any


def upcoming(session: Session, bulletin: Bulletin, *, now: datetime) -> Upcoming:
    """What comes next by the clock."""
    due = _following(bulletin, now)
    return Upcoming(due, _is_skipped(session, bulletin, due), _following(bulletin, due.due_at))


def skip(session: Session, bulletin: Bulletin, officer: Officer, *, local_at: str, now: datetime) -> bool:
    """Send nothing at this hour, the next one; the one after says what it would have said. False: it was so already.

    Raises Passed, compose.NotAllowed.
    """
    lock(session, bulletin, officer)
    due = _following(bulletin, now)
    if bulletin.stopped_at is not None or due.local_at != local_at:
        raise Passed
    if not _skipped(session, bulletin, due, officer, now=now):
        if not _is_skipped(session, bulletin, due):
            raise Passed
        return False
    defining.note(session, bulletin, "bulletin.skipped", officer=officer, now=now, local_at=local_at)
    return True


def unskip(session: Session, bulletin: Bulletin, officer: Officer, *, local_at: str, now: datetime) -> bool:
    """Let the hour that was skipped run after all. False: it was so already. Raises Passed, compose.NotAllowed."""
    lock(session, bulletin, officer)
    if bulletin.stopped_at is not None or _following(bulletin, now).local_at != local_at:
        raise Passed
    if not _drop_skips(session, bulletin, now=now):
        return False
    defining.note(session, bulletin, "bulletin.unskipped", officer=officer, now=now, local_at=local_at)
    return True


def move_skip(session: Session, bulletin: Bulletin, officer: Officer, *, now: datetime) -> None:
    """Its hours have just changed: where the next one was skipped, the next one still is."""
    if _drop_skips(session, bulletin, now=now):
        _skipped(session, bulletin, _following(bulletin, now), officer, now=now)


def mark(session: Session, bulletin: Bulletin) -> str:
    """A short name for what ran last: who asks for one now says after which."""
    last = bulletins.last_run(session, bulletin)
    return str(int(last.due_at.timestamp())) if last is not None else "0"


def ask(session: Session, bulletin: Bulletin, officer: Officer, *, after: str, now: datetime) -> None:
    """Have the clock run one at once, an occurrence of its own; `after` is the mark that the officer saw.

    Raises Passed where another has run or was asked for since, or it is paused; compose.NotAllowed.
    """
    lock(session, bulletin, officer)
    if not may_ask(session, bulletin, after):
        raise Passed
    bulletin.asked_at, bulletin.asked_by_id = now, officer.id
    defining.note(session, bulletin, "bulletin.asked", officer=officer, now=now)


def may_ask(session: Session, bulletin: Bulletin, after: str) -> bool:
    """Whether one can be asked for now: it runs, nobody has asked, none ran since `after`, and none waits."""
    if bulletin.stopped_at is not None or bulletin.asked_at is not None:
        return False
    return mark(session, bulletin) == after and waiting(session, bulletin) is None


def waiting(session: Session, bulletin: Bulletin) -> Occurrence | None:
    """The occurrence of it that waits for an officer's word."""
    held = select(Occurrence).filter_by(bulletin_id=bulletin.id, note=Note.HELD)
    return session.scalars(held.order_by(Occurrence.due_at.desc()).limit(1)).one_or_none()


def outlook(
    session: Session,
    bulletin: Bulletin,
    *,
    limits_of: LimitsOf,
    now: datetime,
    readings: filling.Readings | None = None,
) -> Outlook:
    """The next one as it would go if it left now. Only a picture of it is kept for a while.

    `readings` are what its feeds say now; without them it has the data it last sent: no request reads a feed.
    """
    begun = bulletins.coming(session, bulletin, schedule.asked(now, bulletin.time_zone), now=now)
    items = filling.announced(session, bulletin, begun, until=now, states=filling.STANDING)
    keys = parts.feeds_of(bulletin)
    if not items and not parts.stands_alone(bulletin):
        return Outlook((), 0)
    used = _last(session, bulletin) if readings is None else readings
    made = filling.draft(session, bulletin, items, used, limits_of=limits_of, now=now)
    if made is None:
        return Outlook((), 0)
    found = previews.of(session, made, limits_of=limits_of), counting.count_together(session, made, now=now).people
    told = _told_about(session, bulletin, made)
    session.execute(delete(Content).where(Content.broadcast_id == made.id))
    session.execute(delete(Holders).where(Holders.broadcast_id == made.id))
    session.delete(made)
    session.flush()
    return Outlook(*found, feeds=keys, is_fresh=readings is not None, topics=told)


def _last(session: Session, bulletin: Bulletin) -> filling.Readings:
    """What its feeds said when it was last sent."""
    specs = feeds.defining.specs_of(session, bulletin.agency_id)
    keys = [key for key in parts.feeds_of(bulletin) if key in specs]
    last = {key: evidence.last(session, bulletin, key, specs[key]) for key in keys}
    return {key: reading for key, reading in last.items() if reading is not None}


def _told_about(session: Session, bulletin: Bulletin, made: Broadcast) -> Sequence[Topic]:
    """The topics that tell its readers apart; none where there is one."""
    holding = holdings.of(session, made)
    if holding is None or len(holding.among) == 1:
        return ()
    return [each for each in filling.about(session, bulletin) if each.id in holding.among]


def lock(session: Session, bulletin: Bulletin, officer: Officer) -> None:
    """Hold the bulletin's row until the end of the transaction. Raises compose.NotAllowed; Passed: it was deleted."""
    if not defining.may_use(officer, bulletin.agency_id):
        raise compose.NotAllowed(f"officer {officer.id} may not use bulletin {bulletin.id}")
    session.flush()
    mine = select(Bulletin.id).where(Bulletin.id == bulletin.id)
    mine = mine.with_for_update(key_share=True)  # whoever sends what is held names it, and waits for nobody here
    if session.scalar(mine) is None:
        raise Passed
    session.refresh(bulletin)


def _following(bulletin: Bulletin, now: datetime) -> Due:
    return schedule.following(now, bulletin.local_time, bulletin.time_zone, bulletin.days)


def _skipped(session: Session, bulletin: Bulletin, due: Due, officer: Officer, *, now: datetime) -> bool:
    row = {"bulletin_id": bulletin.id, "local_at": due.local_at, "due_at": due.due_at, "covered_until": now}
    row |= {"note": Note.SKIPPED, "officer_id": officer.id, "created_at": now}
    return bool(bulk.insert_new(session, Occurrence, [row], Occurrence.bulletin_id))


def _drop_skips(session: Session, bulletin: Bulletin, *, now: datetime) -> bool:
    ahead = delete(Occurrence).where(Occurrence.bulletin_id == bulletin.id, Occurrence.due_at > now)
    return bulk.changed(session, ahead.where(Occurrence.note == Note.SKIPPED)) > 0


def _is_skipped(session: Session, bulletin: Bulletin, due: Due) -> bool:
    mine = select(Occurrence.local_at).filter_by(bulletin_id=bulletin.id, local_at=due.local_at, note=Note.SKIPPED)
    return session.scalar(mine) is not None
