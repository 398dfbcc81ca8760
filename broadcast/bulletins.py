"""Bulletins: running one occurrence.

An occurrence is a row with a unique key, inserted in the same transaction as the broadcasts it makes: whoever inserts
it runs it, so restarts, second schedulers and changed clocks neither repeat nor lose one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, lazyload

from broadcast import defining, evidence, filling, held, parts, retelling, schedule, together
from broadcast.defining import BadBulletin as BadBulletin
from broadcast.defining import by_key as by_key
from broadcast.defining import define as define
from broadcast.defining import every as every
from broadcast.defining import find as find
from broadcast.evidence import Said
from broadcast.filling import COMMITTING, STANDING
from broadcast.models import Broadcast, Bulletin, Occurrence
from broadcast.states import Note, State
from db import bulk
from delivery import letters
from delivery.drafts import Draft
from delivery.switchboard import LimitsOf
from locales import texts
from staff import officers
from staff.models import Agency, Officer

log = structlog.get_logger(__name__)


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
    its_own = {"key_share": True}  # an officer changes, pauses or deletes it before or after, not meanwhile
    bulletin = session.get(Bulletin, bulletin_id, with_for_update=its_own, populate_existing=True)
    if bulletin is None:
        return None
    ran = session.scalar(_latest(bulletin, Occurrence.due_at).where(Occurrence.due_at <= now))
    found = _due(bulletin, ran, now)
    if bulletin.stopped_at is not None or found is None or {*parts.feeds_of(bulletin)} != {*(said or ())}:
        return None
    occurrence = _claimed(session, bulletin, found, now=now)
    if occurrence is not None:
        held.supersede(session, occurrence, limits_of=limits_of, now=now)
        _fill(session, bulletin, occurrence, said or {}, limits_of=limits_of, now=now)
        _tell_asker(session, bulletin, occurrence, now=now)
        log.info("bulletins.ran", bulletin=bulletin.id, local_at=occurrence.local_at, note=occurrence.note.value)
    return occurrence


def stop(session: Session, bulletin: Bulletin, *, now: datetime, officer: Officer | None = None) -> None:
    """Let it run no more, or not until it is resumed; what is on its way goes on, and what is held is let go."""
    held.leave(session, bulletin, now=now)
    defining.stop(session, bulletin, now=now, officer=officer)


def last_run(session: Session, bulletin: Bulletin) -> Occurrence | None:
    """The occurrence that ran last; none that was skipped is one."""
    ran = _latest(bulletin, Occurrence).where(Occurrence.note != Note.SKIPPED)
    return session.scalars(ran).one_or_none()


def coming(session: Session, bulletin: Bulletin, found: schedule.Due, *, now: datetime) -> Occurrence:
    """An occurrence as it would begin: with what it has to cover. It is no row yet."""
    last = retelling.told_last(session, bulletin)  # defined anew, it tells what comes
    made = Occurrence(bulletin_id=bulletin.id, local_at=found.local_at, due_at=found.due_at, note=Note.NOTHING_NEW)
    made.covered_until = max(last.covered_until, bulletin.created_at) if last else bulletin.created_at
    made.passed_over, made.created_at = list(last.passed_over) if last else [], now
    return made


def said_by(session: Session, bulletin: Bulletin, occurrence: Occurrence, *, until: datetime) -> Sequence[Broadcast]:
    """The announcements an occurrence covers up to `until`, oldest first."""
    return filling.announced(session, bulletin, occurrence, until=until, states=STANDING)


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
        readings = evidence.readings(judged)
        problems = filling.send(session, bulletin, occurrence, items, readings, limits_of=limits_of, now=now)
        if problems:
            held.not_sent(session, bulletin, occurrence, Note.HELD_UNREADY, problems, now=now)
    if occurrence.note in (Note.SENT, Note.NOTHING_NEW):
        occurrence.passed_over = [each.id for each in paused]
    session.flush()


def _waiting(session: Session, now: datetime) -> list[Bulletin]:
    ran = func.max(Occurrence.due_at)
    past = and_(Occurrence.bulletin_id == Bulletin.id, Occurrence.due_at <= now)  # the next one may be skipped already
    query = select(Bulletin, ran).outerjoin(Occurrence, past).options(lazyload(Bulletin.about))  # each second, twice
    rows = session.execute(query.where(Bulletin.stopped_at.is_(None)).group_by(Bulletin.id).order_by(Bulletin.id))
    return [bulletin for bulletin, last in rows if _due(bulletin, last, now) is not None]


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
    won = bulk.insert_new(session, Occurrence, [row], Occurrence.id)
    if not won:
        return None
    bulletin.asked_at = bulletin.asked_by_id = None
    return session.get_one(Occurrence, won[0])


def _tell_asker(session: Session, bulletin: Bulletin, occurrence: Occurrence, *, now: datetime) -> None:
    """Tell the officer who asked for it what became of it."""
    if occurrence.officer_id is None or occurrence.note not in (Note.SENT, Note.NOTHING_NEW):
        return
    locale = session.get_one(Agency, bulletin.agency_id).locales[0]
    codes = [each.code for each in together.sent(session, occurrence)]
    key = f"bulletin.asked.{occurrence.note}{'.several' if len(codes) > 1 else ''}"
    values = {"code": codes[0] if codes else "", "codes": ", ".join(codes), "n": len(codes)}
    text = texts.say(key, locale, bulletin=bulletin.key, **values)
    for account in officers.accounts_of(session, occurrence.officer_id):
        letters.post(
            session,
            sender_id=account.sender_id,
            agency_id=bulletin.agency_id,
            to=account.address,
            draft=Draft(text),
            now=now,
        )
