"""Bulletins: defining them, and running one occurrence.

An occurrence is a row with a unique key, inserted in the same transaction as the broadcast it makes: whoever inserts it
runs it, so restarts, second schedulers and changed clocks neither repeat nor lose one.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from broadcast import characters, compose, content, digest, launch, outcomes, published, schedule, telling
from broadcast.content import Flaw, Way
from broadcast.models import Broadcast, Bulletin, Content, Occurrence
from broadcast.states import Kind, Note, State
from db import bulk
from delivery import letters
from delivery.drafts import Draft
from delivery.switchboard import LimitsOf
from locales import texts
from staff import agencies, audit, officers
from staff.models import Agency, Role
from subscribers import areas
from subscribers.models import Topic

log = structlog.get_logger(__name__)

INTRODUCTION_LENGTH = 300
KEY_LENGTH = 40
# A launch is stamped a little before it is committed: what is younger than this waits for the next bulletin.
COMMITTING = timedelta(seconds=5)
TOLD_OF = (Kind.NOTICE, Kind.ALERT)
STANDING = (State.SENDING, State.FINISHED)  # not what was paused or taken back


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
    """The ids of the bulletins that have an occurrence to run."""
    ran = func.max(Occurrence.local_at)
    query = select(Bulletin, ran).outerjoin(Occurrence, Occurrence.bulletin_id == Bulletin.id)
    rows = session.execute(query.where(Bulletin.stopped_at.is_(None)).group_by(Bulletin.id))
    return [bulletin.id for bulletin, last in rows if _due(bulletin, last, now) is not None]


def run(session: Session, bulletin_id: int, *, limits_of: LimitsOf, now: datetime) -> Occurrence | None:
    """Run the occurrence that is due, if there is one and nobody else has; what became of it is its `note`."""
    bulletin = session.get_one(Bulletin, bulletin_id)
    last = _last(session, bulletin)
    found = _due(bulletin, last.local_at if last else None, now)
    if bulletin.stopped_at is not None or found is None:
        return None
    occurrence = _claimed(session, bulletin, found, after=last, now=now)
    if occurrence is not None:
        _fill(session, bulletin, occurrence, limits_of=limits_of, now=now)
        log.info("bulletins.ran", bulletin=bulletin.id, local_at=occurrence.local_at, note=occurrence.note.value)
    return occurrence


def _fill(session: Session, bulletin: Bulletin, occurrence: Occurrence, *, limits_of: LimitsOf, now: datetime) -> None:
    until = now - COMMITTING
    items = _announced(session, bulletin, occurrence, until=until, states=STANDING)
    paused = _announced(session, bulletin, occurrence, until=until, states=(State.PAUSED,))
    if not items:
        occurrence.note, occurrence.covered_until = Note.NOTHING_NEW, max(until, occurrence.covered_until)
    elif schedule.is_too_late(schedule.Due(occurrence.local_at, occurrence.due_at), now, bulletin.late_minutes):
        _hold(session, bulletin, occurrence, Note.HELD_LATE, now=now)
    else:
        _send(session, bulletin, occurrence, items, limits_of=limits_of, now=now)
    if occurrence.note in (Note.SENT, Note.NOTHING_NEW):
        occurrence.passed_over = [each.id for each in paused]
    session.flush()


def _send(
    session: Session,
    bulletin: Bulletin,
    occurrence: Occurrence,
    items: Sequence[Broadcast],
    *,
    limits_of: LimitsOf,
    now: datetime,
) -> None:
    try:
        with session.begin_nested():
            made = _written(session, bulletin, items, limits_of=limits_of, now=now)
            launch.start(session, made, limits_of=limits_of, now=now, allowed=(Flaw.MISSING,))
    except launch.Unready:
        _hold(session, bulletin, occurrence, Note.HELD_UNREADY, now=now)
        return
    occurrence.note, occurrence.broadcast_id = Note.SENT, made.id
    occurrence.covered_until = now - COMMITTING


def _written(
    session: Session, bulletin: Bulletin, items: Sequence[Broadcast], *, limits_of: LimitsOf, now: datetime
) -> Broadcast:
    agency, ways = session.get_one(Agency, bulletin.agency_id), compose.ways_of(session, bulletin.agency_id, limits_of)
    made = Broadcast(agency_id=agency.id, kind=Kind.BULLETIN, state=State.DRAFT, created_at=now)
    made.topic_id, made.bulletin_id = bulletin.topic_id, bulletin.id
    compose.coin(session, made)
    said = {each.id: each.texts for each in published.shown(session, items)}
    for locale in agency.locales:
        told = [_told(session, item, said[item.id], locale) for item in items]
        readable = [text for text in told if text is not None]
        if readable:
            text = _text(session, made, agency, bulletin, locale, readable, ways)
            compose.put_text(session, made, locale, text)
    return made


def _text(
    session: Session,
    made: Broadcast,
    agency: Agency,
    bulletin: Bulletin,
    locale: str,
    items: Sequence[str],
    ways: Sequence[Way],
) -> str:
    frame = compose.frame(made, agency, session.get(Topic, bulletin.topic_id), locale)
    return digest.composed(
        _introduction(bulletin, agency, locale),
        items,
        more=lambda n: texts.say_many("bulletin.more", n, locale),
        fits=lambda text: content.fits(frame, locale, text, ways),
    )


def _told(session: Session, item: Broadcast, said: Mapping[str, str], locale: str) -> str | None:
    """Its text, below the areas where it concerns some only: a bulletin is read by people of all."""
    text = said.get(locale) or said.get(item.fallback_locale or "")
    names = areas.named(session, item.agency_id, item.area_ids, locale)
    if text is None or not names:
        return text
    return f"{texts.say('published.areas', locale, areas=texts.listed(names, locale))}\n{text}"


def _introduction(bulletin: Bulletin, agency: Agency, locale: str) -> str:
    known = bulletin.introductions
    return known.get(locale) or known.get(agency.locales[0]) or ""


def _announced(
    session: Session, bulletin: Bulletin, occurrence: Occurrence, *, until: datetime, states: Collection[State]
) -> Sequence[Broadcast]:
    """What was launched since the last one; and what the last one passed over, because it was paused."""
    is_new = and_(Broadcast.launched_at > occurrence.covered_until, Broadcast.launched_at <= until)
    query = select(Broadcast).where(  # ix_broadcasts_topic_launched
        Broadcast.topic_id == bulletin.topic_id,
        or_(is_new, Broadcast.id.in_(occurrence.passed_over)),
        Broadcast.segment.is_(None),  # it is for its people alone
        Broadcast.is_drill.is_(False),
        Broadcast.kind.in_(TOLD_OF),
        outcomes.is_news(),
        Broadcast.state.in_(states),
        select(Content.locale).where(Content.broadcast_id == Broadcast.id).exists(),
    )
    return session.scalars(query.order_by(Broadcast.launched_at, Broadcast.id)).all()


def _due(bulletin: Bulletin, ran: str | None, now: datetime) -> schedule.Due | None:
    found = schedule.latest(now, bulletin.local_time, bulletin.time_zone)
    is_new = ran is None or found.local_at > ran
    return found if is_new and found.due_at > bulletin.created_at else None


def _last(session: Session, bulletin: Bulletin) -> Occurrence | None:
    query = select(Occurrence).where(Occurrence.bulletin_id == bulletin.id).order_by(Occurrence.local_at.desc())
    return session.scalars(query.limit(1)).one_or_none()  # the primary key


def _claimed(
    session: Session, bulletin: Bulletin, found: schedule.Due, *, after: Occurrence | None, now: datetime
) -> Occurrence | None:
    since = max(after.covered_until, bulletin.created_at) if after else bulletin.created_at
    row: dict[str, object] = {"passed_over": after.passed_over if after else []}
    row |= {"bulletin_id": bulletin.id, "local_at": found.local_at, "due_at": found.due_at, "covered_until": since}
    row |= {"note": Note.NOTHING_NEW, "created_at": now}
    won = bulk.insert_new(session, Occurrence, [row], Occurrence.bulletin_id)
    return session.get_one(Occurrence, (bulletin.id, found.local_at)) if won else None


def _hold(session: Session, bulletin: Bulletin, occurrence: Occurrence, note: Note, *, now: datetime) -> None:
    """Send nothing and tell the admins. `covered_until` stays, so the next one says what this one would have."""
    occurrence.note = note
    agency = session.get_one(Agency, bulletin.agency_id)
    locale = agency.locales[0]
    due_at = texts.instant(occurrence.due_at, bulletin.time_zone, locale)
    text = texts.say(f"bulletin.{note}", locale, bulletin=bulletin.key, due=due_at)
    telling.groups_of(session, agency.id, text, now=now)
    for account in officers.accounts(session, agency.id, role=Role.ADMIN):
        letters.post(
            session,
            sender_id=account.sender_id,
            agency_id=agency.id,
            to=account.address,
            draft=Draft(text),
            now=now,
        )


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
