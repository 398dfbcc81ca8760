"""Bulletins: running one occurrence.

An occurrence is a row with a unique key, inserted in the same transaction as the broadcast it makes: whoever inserts it
runs it, so restarts, second schedulers and changed clocks neither repeat nor lose one.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from broadcast import compose, content, digest, launch, outcomes, published, schedule, telling
from broadcast.content import Flaw, Way
from broadcast.defining import BadBulletin as BadBulletin
from broadcast.defining import by_key as by_key
from broadcast.defining import define as define
from broadcast.defining import every as every
from broadcast.defining import find as find
from broadcast.defining import stop as stop
from broadcast.models import Broadcast, Bulletin, Content, Occurrence
from broadcast.states import Kind, Note, State
from db import bulk
from delivery import letters
from delivery.drafts import Draft
from delivery.switchboard import LimitsOf
from locales import texts
from staff import officers
from staff.models import Account, Agency, Role
from subscribers import areas
from subscribers.models import Topic

log = structlog.get_logger(__name__)

# A launch is stamped a little before it is committed: what is younger than this waits for the next bulletin.
COMMITTING = timedelta(seconds=5)
TOLD_OF = (Kind.NOTICE, Kind.ALERT)
STANDING = (State.SENDING, State.FINISHED)  # not what was paused or taken back


def due(session: Session, now: datetime) -> list[int]:
    """The ids of the bulletins that have an occurrence to run."""
    ran = func.max(Occurrence.due_at)
    query = select(Bulletin, ran).outerjoin(Occurrence, Occurrence.bulletin_id == Bulletin.id)
    rows = session.execute(query.where(Bulletin.stopped_at.is_(None)).group_by(Bulletin.id))
    return [bulletin.id for bulletin, last in rows if _due(bulletin, last, now) is not None]


def run(session: Session, bulletin_id: int, *, limits_of: LimitsOf, now: datetime) -> Occurrence | None:
    """Run the occurrence that is due, if there is one and nobody else has; what became of it is its `note`."""
    bulletin = session.get_one(Bulletin, bulletin_id)
    found = _due(bulletin, session.scalar(_latest(bulletin, Occurrence.due_at)), now)
    if bulletin.stopped_at is not None or found is None:
        return None
    occurrence = _claimed(session, bulletin, found, now=now)
    if occurrence is not None:
        _fill(session, bulletin, occurrence, limits_of=limits_of, now=now)
        _tell_asker(session, bulletin, occurrence, now=now)
        log.info("bulletins.ran", bulletin=bulletin.id, local_at=occurrence.local_at, note=occurrence.note.value)
    return occurrence


def last_run(session: Session, bulletin: Bulletin) -> Occurrence | None:
    """The occurrence that ran last; none that was skipped is one."""
    ran = _latest(bulletin, Occurrence).where(Occurrence.note != Note.SKIPPED)
    return session.scalars(ran).one_or_none()


def coming(session: Session, bulletin: Bulletin, found: schedule.Due, *, now: datetime) -> Occurrence:
    """An occurrence as it would begin: with what it has to cover. It is no row yet."""
    last = last_run(session, bulletin)
    made = Occurrence(bulletin_id=bulletin.id, local_at=found.local_at, due_at=found.due_at, note=Note.NOTHING_NEW)
    made.covered_until = max(last.covered_until, bulletin.created_at) if last else bulletin.created_at
    made.passed_over, made.created_at = list(last.passed_over) if last else [], now
    return made


def said_by(session: Session, bulletin: Bulletin, occurrence: Occurrence, *, until: datetime) -> Sequence[Broadcast]:
    """The announcements an occurrence covers up to `until`, oldest first."""
    return _announced(session, bulletin, occurrence, until=until, states=STANDING)


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
            made = written(session, bulletin, items, limits_of=limits_of, now=now)
            launch.start(session, made, limits_of=limits_of, now=now, allowed=(Flaw.MISSING,))
    except launch.Unready:
        _hold(session, bulletin, occurrence, Note.HELD_UNREADY, now=now)
        return
    occurrence.note, occurrence.broadcast_id = Note.SENT, made.id
    occurrence.covered_until = now - COMMITTING


def written(
    session: Session, bulletin: Bulletin, items: Sequence[Broadcast], *, limits_of: LimitsOf, now: datetime
) -> Broadcast:
    """The broadcast as a draft, with a text for each language that has something to read."""
    agency, ways = session.get_one(Agency, bulletin.agency_id), compose.ways_of(session, bulletin.agency_id, limits_of)
    made = Broadcast(agency_id=agency.id, kind=Kind.BULLETIN, state=State.DRAFT, created_at=now)
    made.topic_id, made.bulletin_id = bulletin.topic_id, bulletin.id
    made.segment, made.bulletin_cadence = bulletin.segment, bulletin.cadence
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
        Broadcast.kind.in_(TOLD_OF),
        outcomes.is_news(),
        Broadcast.state.in_(states),
        select(Content.locale).where(Content.broadcast_id == Broadcast.id).exists(),
    )
    return session.scalars(query.order_by(Broadcast.launched_at, Broadcast.id)).all()


def _due(bulletin: Bulletin, ran: datetime | None, now: datetime) -> schedule.Due | None:
    """What an officer asked for, else the last hour that is its own and after what `ran` last."""
    if bulletin.asked_at is not None:
        return schedule.asked(bulletin.asked_at, bulletin.time_zone)
    found = schedule.latest(now, bulletin.local_time, bulletin.time_zone, bulletin.days)
    is_new = ran is None or found.due_at > ran
    return found if is_new and found.due_at > (bulletin.hours_since or bulletin.created_at) else None


def _latest(bulletin: Bulletin, what: Any) -> Select[Any]:
    mine = select(what).where(Occurrence.bulletin_id == bulletin.id)
    return mine.order_by(Occurrence.due_at.desc()).limit(1)  # a bulletin has few hundred a year


def _claimed(session: Session, bulletin: Bulletin, found: schedule.Due, *, now: datetime) -> Occurrence | None:
    begun = coming(session, bulletin, found, now=now)
    row: dict[str, object] = {"passed_over": begun.passed_over, "covered_until": begun.covered_until}
    row |= {"bulletin_id": bulletin.id, "local_at": found.local_at, "due_at": found.due_at}
    row |= {"note": Note.NOTHING_NEW, "created_at": now, "officer_id": bulletin.asked_by_id}
    if not bulk.insert_new(session, Occurrence, [row], Occurrence.bulletin_id):
        return None
    bulletin.asked_at = bulletin.asked_by_id = None
    return session.scalars(select(Occurrence).filter_by(bulletin_id=bulletin.id, local_at=found.local_at)).one()


def _tell_asker(session: Session, bulletin: Bulletin, occurrence: Occurrence, *, now: datetime) -> None:
    """Tell the officer who asked for it what became of it."""
    if occurrence.officer_id is None or occurrence.note not in (Note.SENT, Note.NOTHING_NEW):
        return
    locale = session.get_one(Agency, bulletin.agency_id).locales[0]
    made = session.get(Broadcast, occurrence.broadcast_id) if occurrence.broadcast_id else None
    code = made.code if made is not None else ""
    text = texts.say(f"bulletin.asked.{occurrence.note}", locale, bulletin=bulletin.key, code=code)
    for account in officers.accounts_of(session, occurrence.officer_id):
        _post(session, bulletin, account, text, now=now)


def _hold(session: Session, bulletin: Bulletin, occurrence: Occurrence, note: Note, *, now: datetime) -> None:
    """Send nothing and tell the admins. `covered_until` stays, so the next one says what this one would have."""
    occurrence.note = note
    agency = session.get_one(Agency, bulletin.agency_id)
    locale = agency.locales[0]
    due_at = texts.instant(occurrence.due_at, bulletin.time_zone, locale)
    text = texts.say(f"bulletin.{note}", locale, bulletin=bulletin.key, due=due_at)
    telling.groups_of(session, agency.id, text, now=now)
    for account in officers.accounts(session, agency.id, role=Role.ADMIN):
        _post(session, bulletin, account, text, now=now)


def _post(session: Session, bulletin: Bulletin, account: Account, text: str, *, now: datetime) -> None:
    letters.post(
        session,
        sender_id=account.sender_id,
        agency_id=bulletin.agency_id,
        to=account.address,
        draft=Draft(text),
        now=now,
    )
