"""Bulletins: defining them, and running one occurrence.

An occurrence is a row with a unique key, inserted in the same transaction as the broadcast it makes: whoever inserts it
runs it, so restarts, second schedulers and changed clocks neither repeat nor lose one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from broadcast import characters, evidence, filling, held, parts, schedule
from broadcast.evidence import Said
from broadcast.filling import COMMITTING, STANDING
from broadcast.filling import TOLD_OF as TOLD_OF
from broadcast.models import Bulletin, Occurrence
from broadcast.states import Note, State
from db import bulk
from delivery.switchboard import LimitsOf
from staff import agencies, audit
from staff.models import Agency
from subscribers.models import Topic

log = structlog.get_logger(__name__)

INTRODUCTION_LENGTH = 300
KEY_LENGTH = 40


class BadBulletin(Exception):
    """A bulletin cannot be defined like this. The message tells the operator what to change."""


def define(
    session: Session,
    agency: Agency,
    *,
    key: str,
    topic: Topic,
    local_time: str,
    time_zone: str,
    introductions: Mapping[str, str],
    now: datetime,
    late_minutes: int = 120,
) -> Bulletin:
    """A bulletin that runs every day from now on, or a stopped one of the same key anew. Raises BadBulletin."""
    _check(session, agency, key, topic)
    made = session.scalars(select(Bulletin).filter_by(agency_id=agency.id, key=key)).one_or_none()
    made = made or Bulletin(agency_id=agency.id, key=key)
    made.topic_id, made.introductions = topic.id, _introductions(agency, introductions)
    made.local_time, made.time_zone = _time(local_time), _zone(time_zone)
    made.late_minutes, made.created_at, made.stopped_at = _minutes(late_minutes), now, None
    session.add(made)
    session.flush()
    _note(session, made, "bulletin.defined", now)
    return made


def every(session: Session, agency_id: int) -> Sequence[Bulletin]:
    """The agency's bulletins, stopped ones included, by key."""
    return session.scalars(select(Bulletin).where(Bulletin.agency_id == agency_id).order_by(Bulletin.key)).all()


def by_key(session: Session, agency_id: int, key: str) -> Bulletin | None:
    """The agency's bulletin with this key."""
    return session.scalars(select(Bulletin).filter_by(agency_id=agency_id, key=key)).one_or_none()


def stop(session: Session, bulletin: Bulletin, *, now: datetime) -> None:
    """Let it run no more; what is on its way goes on."""
    if bulletin.stopped_at is None:
        bulletin.stopped_at = now
        _note(session, bulletin, "bulletin.stopped", now)


def due(session: Session, now: datetime) -> list[int]:
    """The ids of the bulletins that have an occurrence to run, and need no feed for it."""
    return [each.id for each in _waiting(session, now) if not parts.feeds_of(each)]


def due_with_feeds(session: Session, now: datetime) -> list[int]:
    """The ids of those that do need one (see `gathering`)."""
    return [each.id for each in _waiting(session, now) if parts.feeds_of(each)]


def run(
    session: Session, bulletin_id: int, *, limits_of: LimitsOf, now: datetime, said: Said | None = None
) -> Occurrence | None:
    """Run the occurrence that is due, if there is one and nobody else has; what became of it is its `note`.

    `said` is what its feeds said a moment ago. Without all of them nothing is run: whoever has them does it.
    """
    bulletin = session.get_one(Bulletin, bulletin_id)
    last = _last(session, bulletin)
    found = _due(bulletin, last.local_at if last else None, now)
    if bulletin.stopped_at is not None or found is None or {*parts.feeds_of(bulletin)} != {*(said or ())}:
        return None
    occurrence = _claimed(session, bulletin, found, after=last, now=now)
    if occurrence is not None:
        _fill(session, bulletin, occurrence, said or {}, limits_of=limits_of, now=now)
        log.info("bulletins.ran", bulletin=bulletin.id, local_at=occurrence.local_at, note=occurrence.note.value)
    return occurrence


def _fill(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, said: Said, *, limits_of: LimitsOf, now: datetime
) -> None:
    until = now - COMMITTING
    items = filling.announced(session, bulletin, occurrence, until=until, states=STANDING)
    paused = filling.announced(session, bulletin, occurrence, until=until, states=(State.PAUSED,))
    judged = evidence.judge(session, bulletin, said, now=now)
    if not items and not parts.stands_alone(bulletin):
        occurrence.note, occurrence.covered_until = Note.NOTHING_NEW, max(until, occurrence.covered_until)
    elif schedule.is_too_late(schedule.Due(occurrence.local_at, occurrence.due_at), now, bulletin.late_minutes):
        held.not_sent(session, bulletin, occurrence, Note.HELD_LATE, now=now)
    elif any(each.findings for each in judged.values()):
        held.hold(session, bulletin, occurrence, judged, now=now)
    else:
        readings = {key: each.reading for key, each in judged.items() if each.reading is not None}
        if not filling.send(session, bulletin, occurrence, items, readings, limits_of=limits_of, now=now):
            held.not_sent(session, bulletin, occurrence, Note.HELD_UNREADY, now=now)
    if occurrence.note in (Note.SENT, Note.NOTHING_NEW):
        occurrence.passed_over = [each.id for each in paused]
    session.flush()


def _waiting(session: Session, now: datetime) -> list[Bulletin]:
    ran = func.max(Occurrence.local_at)
    query = select(Bulletin, ran).outerjoin(Occurrence, Occurrence.bulletin_id == Bulletin.id)
    rows = session.execute(query.where(Bulletin.stopped_at.is_(None)).group_by(Bulletin.id).order_by(Bulletin.id))
    return [bulletin for bulletin, last in rows if _due(bulletin, last, now) is not None]


def _due(bulletin: Bulletin, ran: str | None, now: datetime) -> schedule.Due | None:
    found = schedule.latest(now, bulletin.local_time, bulletin.time_zone)
    is_new = ran is None or found.local_at > ran
    return found if is_new and found.due_at > bulletin.created_at else None


def _last(session: Session, bulletin: Bulletin) -> Occurrence | None:
    query = select(Occurrence).where(Occurrence.bulletin_id == bulletin.id).order_by(Occurrence.local_at.desc())
    return session.scalars(query.limit(1)).one_or_none()  # its unique key


def _claimed(
    session: Session, bulletin: Bulletin, found: schedule.Due, *, after: Occurrence | None, now: datetime
) -> Occurrence | None:
    since = max(after.covered_until, bulletin.created_at) if after else bulletin.created_at
    row: dict[str, object] = {"passed_over": after.passed_over if after else []}
    row |= {"bulletin_id": bulletin.id, "local_at": found.local_at, "due_at": found.due_at, "covered_until": since}
    row |= {"note": Note.NOTHING_NEW, "readings": {}, "evidence": {}, "created_at": now}
    won = bulk.insert_new(session, Occurrence, [row], Occurrence.id)
    return session.get_one(Occurrence, won[0]) if won else None


def _check(session: Session, agency: Agency, key: str, topic: Topic) -> None:
    if not agencies.SLUG.fullmatch(key) or len(key) > KEY_LENGTH:
        raise BadBulletin(f"the key {key!r} may hold a-z, 0-9 and hyphens between them, {KEY_LENGTH} at most")
    if topic.agency_id != agency.id:
        raise BadBulletin("there is no such topic")
    query = select(Bulletin).where((Bulletin.topic_id == topic.id) | (Bulletin.key == key))
    for other in session.scalars(query.where(Bulletin.agency_id == agency.id)):
        if other.key != key or other.stopped_at is None:
            raise BadBulletin(f"bulletin {other.key!r} is there already, for this topic or with this key")


def _introductions(agency: Agency, introductions: Mapping[str, str]) -> dict[str, str]:
    unknown = [locale for locale in introductions if locale not in agency.locales]
    if unknown:
        raise BadBulletin(f"{', '.join(unknown)} is not enabled in {agency.slug}")
    if not introductions.get(agency.locales[0], "").strip():
        raise BadBulletin(f"an introduction in {agency.locales[0]} is needed: the other languages fall back to it")
    tidied = {locale: characters.tidied(text) for locale, text in introductions.items()}
    for locale, text in tidied.items():
        if len(text) > INTRODUCTION_LENGTH or not characters.is_readable(text):
            raise BadBulletin(f"the introduction in {locale} may have {INTRODUCTION_LENGTH} readable characters")
    return tidied


def _time(local_time: str) -> str:
    try:
        schedule.parsed(local_time)
    except ValueError as error:
        raise BadBulletin(f"{local_time!r} is no time of day; it looks like 08:00") from error
    return local_time


def _zone(time_zone: str) -> str:
    try:
        return agencies.checked_zone(time_zone)
    except agencies.BadAgency as error:
        raise BadBulletin(str(error)) from error


def _minutes(late_minutes: int) -> int:
    if not 0 <= late_minutes < 24 * 60:
        raise BadBulletin("it may be up to 1439 minutes late")
    return late_minutes


def _note(session: Session, bulletin: Bulletin, verb: str, now: datetime) -> None:
    audit.note(
        session,
        agency_id=bulletin.agency_id,
        officer_id=None,
        verb=verb,
        subject=f"bulletin:{bulletin.id}",
        now=now,
        details={"key": bulletin.key, "local_time": bulletin.local_time, "time_zone": bulletin.time_zone},
    )
