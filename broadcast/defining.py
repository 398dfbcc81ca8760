"""Bulletins as officers and operators define them: what each is, and what is refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from broadcast import characters, schedule
from broadcast.models import Bulletin
from staff import agencies, audit
from staff.models import Agency
from subscribers.models import Topic

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
