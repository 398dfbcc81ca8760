"""Officers change a bulletin: its hours, topics, people and first line; and let it run again, or delete it.

Each takes the row's lock, and writes its line in the audit. What is on its way is not touched.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from broadcast import bulletins, defining, filling, held, occurring, parts, retelling, schedule, segmented
from broadcast.compose import NotAllowed
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Note, State
from db import bulk
from staff.models import Agency, Officer
from subscribers.models import Cadence, Topic
from subscribers.segments import tree


def set_time(session: Session, bulletin: Bulletin, officer: Officer, local_time: str, *, now: datetime) -> None:
    """Run at this time of day from now on: an hour that is over today is none of its own. Raises BadBulletin."""
    agency = _open(session, bulletin, officer)
    bulletin.local_time = defining.checked_time(local_time)
    _move(session, bulletin, officer, agency, now=now)


def set_days(session: Session, bulletin: Bulletin, officer: Officer, days: Collection[int], *, now: datetime) -> None:
    """Run on these days of the week from now on. Raises BadBulletin."""
    agency = _open(session, bulletin, officer)
    bulletin.days = defining.checked_days(days)
    _move(session, bulletin, officer, agency, now=now)


def set_topics(
    session: Session, bulletin: Bulletin, officer: Officer, topics: Sequence[Topic], *, now: datetime
) -> None:
    """Be about these topics, from the next one on. Of a new one it tells what is announced from now on: digests tell
    what came before. Raises BadBulletin.
    """
    agency = _open(session, bulletin, officer)
    defining.check_topics(session, agency, topics, but=bulletin)
    wanted = {topic.id for topic in topics}
    retelling.leave(session, bulletin, [each for each in bulletin.about if each.topic_id not in wanted])
    defining.be_about(bulletin, topics, now=now)
    _note(session, bulletin, officer, "topics", now)


def set_segment(session: Session, bulletin: Bulletin, officer: Officer, said: str | None, *, now: datetime) -> None:
    """Go only to whom a segment means: its text, or the name of a saved one. None: all. Raises BadSegment."""
    agency = _open(session, bulletin, officer)
    with retelling.turn(session, bulletin, now=now):
        bulletin.segment = None if said is None else tree.show(segmented.read(session, agency, said))
    _note(session, bulletin, officer, "segment", now)


def set_cadence(session: Session, bulletin: Bulletin, officer: Officer, cadence: Cadence, *, now: datetime) -> None:
    """Go to whoever chose this cadence for its topics."""
    _open(session, bulletin, officer)
    with retelling.turn(session, bulletin, now=now):
        bulletin.cadence = cadence
    _note(session, bulletin, officer, "cadence", now)


def set_introduction(
    session: Session, bulletin: Bulletin, officer: Officer, *, locale: str, text: str | None, now: datetime
) -> None:
    """Begin with this line in a language; None: with that of the agency's first language. Raises BadBulletin."""
    agency = _open(session, bulletin, officer)
    others = {each: said for each, said in bulletin.introductions.items() if each != locale}
    said = others if text is None else {**others, locale: text}
    bulletin.introductions = defining.checked_introductions(agency, said)
    _note(session, bulletin, officer, "introduction", now)


def set_parts(
    session: Session, bulletin: Bulletin, officer: Officer, said: Sequence[Mapping[str, Any]], *, now: datetime
) -> None:
    """Consist of these parts from the next one on. Raises BadParts."""
    _open(session, bulletin, officer)
    with retelling.turn(session, bulletin, now=now):
        parts.set_parts(session, bulletin, said, officer=officer, now=now)


def pause(session: Session, bulletin: Bulletin, officer: Officer, *, now: datetime) -> None:
    """Let it run no more until it is resumed. Raises Passed where it does not run."""
    occurring.lock(session, bulletin, officer)
    if bulletin.stopped_at is not None:
        raise occurring.Passed
    bulletins.stop(session, bulletin, now=now, officer=officer)


def resume(session: Session, bulletin: Bulletin, officer: Officer, *, now: datetime) -> None:
    """Let it run again: the next one says what waited when it was paused, and what comes from now on.

    What was announced in between reached its people at once, or does so in their digests; and what a digest told them
    meanwhile waits no more. Raises Passed where it runs already.
    """
    _open(session, bulletin, officer)
    if bulletin.stopped_at is None:
        raise occurring.Passed
    found = schedule.asked(now, bulletin.time_zone)
    begun = bulletins.coming(session, bulletin, found, now=now)
    states = (*filling.STANDING, State.PAUSED)
    waited = filling.announced(session, bulletin, begun, until=bulletin.stopped_at, states=states)
    waits = retelling.take_back(session, bulletin, waited)
    row = {"bulletin_id": bulletin.id, "local_at": found.local_at, "due_at": now, "covered_until": now}
    row |= {"passed_over": waits, "note": Note.RESUMED, "officer_id": officer.id}
    if not bulk.insert_new(session, Occurrence, [row | {"created_at": now}], Occurrence.bulletin_id):
        raise occurring.Passed
    retelling.keep_told(session, bulletin, bulletin.about, until=bulletin.stopped_at)
    bulletin.stopped_at = None
    for each in bulletin.about:
        each.since = now
    defining.note(session, bulletin, "bulletin.resumed", officer=officer, now=now)


def remove(session: Session, bulletin: Bulletin, officer: Officer, *, now: datetime) -> None:
    """Delete it: its name and its topics are free again, and what it sent stays. Raises Passed where it is no more."""
    _open(session, bulletin, officer)
    held.leave(session, bulletin, now=now)
    defining.note(session, bulletin, "bulletin.deleted", officer=officer, now=now)
    if bulletin.stopped_at is None:
        retelling.leave(session, bulletin, bulletin.about)
    firsts = select(Occurrence.broadcast_id).where(Occurrence.bulletin_id == bulletin.id)
    sent = or_(Broadcast.id.in_(firsts), Broadcast.together_id.in_(firsts))
    session.execute(update(Broadcast).where(sent).values(bulletin_id=None))
    session.execute(delete(Occurrence).where(Occurrence.bulletin_id == bulletin.id))
    session.delete(bulletin)
    session.flush()


def _open(session: Session, bulletin: Bulletin, officer: Officer) -> Agency:
    agency = session.get_one(Agency, bulletin.agency_id)
    if not defining.may_define(officer, agency):
        raise NotAllowed(f"officer {officer.id} may not change bulletin {bulletin.id}")
    occurring.lock(session, bulletin, officer)
    return agency


def _move(session: Session, bulletin: Bulletin, officer: Officer, agency: Agency, *, now: datetime) -> None:
    """Its hours are the agency's, from now on."""
    bulletin.time_zone, bulletin.hours_since = agency.time_zone, now
    session.flush()
    occurring.move_skip(session, bulletin, officer, now=now)
    _note(session, bulletin, officer, "hours", now)


def _note(session: Session, bulletin: Bulletin, officer: Officer, what: str, now: datetime) -> None:
    session.flush()
    days = ",".join(str(day) for day in bulletin.days)
    defining.note(
        session,
        bulletin,
        "bulletin.changed",
        officer=officer,
        now=now,
        what=what,
        hours=f"{bulletin.local_time} {days}",
        topics=defining.keys_of(filling.about(session, bulletin)),
        segment=bulletin.segment,
        cadence=bulletin.cadence.value,
    )
