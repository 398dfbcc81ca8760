"""An agency's daily and weekly digest: when they run, and running the occurrence that is due.

One occurrence is a row with a unique key, inserted in the same transaction as the broadcasts it makes: one for each set
of topics that people hold together among those with news, so that everybody gets one message and nothing twice.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from broadcast import compose, holdings, launch, published, retelling, schedule, summary
from broadcast.content import Problem
from broadcast.filling import COMMITTING, is_told_of
from broadcast.holdings import Holding
from broadcast.models import Broadcast, DigestOccurrence
from broadcast.states import Kind, Note, State
from broadcast.summary import News
from db import bulk
from delivery import letters
from delivery.drafts import Draft
from delivery.switchboard import LimitsOf
from insight import telling
from locales import texts
from staff import agencies, audit, officers
from staff.models import Agency, Role
from subscribers import areas, topics
from subscribers.models import Cadence

log = structlog.get_logger(__name__)

LATE_MINUTES = {Cadence.DAILY: 120, Cadence.WEEKLY: 240}  # later than this it is held, and the admins are told
TOLD = (State.SENDING, State.FINISHED, State.CORRECTED)  # not what was paused, cancelled or taken back
AT_MOST = 500  # announcements of one occurrence, the newest: a message shows some dozens
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadDigest(Exception):
    """A digest cannot run like this. The message tells the operator what to change."""


def set_times(
    session: Session, agency: Agency, *, local_time: str | None, weekday: int | None = None, now: datetime
) -> None:
    """Run the digests at this local time, the weekly one on this weekday (None: as before); None: no digests at all.

    Without digests, who chose one gets notices at once. What was said while there were none is in no later one.
    """
    if local_time is not None:
        _check(local_time)
        if agency.digest_time is None:
            agency.digests_since = now
    agency.digest_time, agency.digests_set_at = local_time, now
    agency.digest_weekday = agency.digest_weekday if weekday is None else weekday
    details: dict[str, audit.Detail] = {"local_time": local_time or "off", "weekday": WEEKDAYS[agency.digest_weekday]}
    subject = f"agency:{agency.id}"
    audit.note(
        session, agency_id=agency.id, officer_id=None, verb="agency.digest", subject=subject, now=now, details=details
    )


def due(session: Session, now: datetime) -> list[int]:
    """The ids of the agencies that have a digest to run."""
    agencies = session.scalars(select(Agency).where(Agency.digest_time.is_not(None)).order_by(Agency.id)).all()
    ran = _ran(session)
    return [each.id for each in agencies if any(_due(each, cadence, ran, now) for cadence in LATE_MINUTES)]


def run(session: Session, agency_id: int, *, limits_of: LimitsOf, now: datetime) -> list[DigestOccurrence]:
    """Run the agency's occurrences that are due and nobody else has; what became of each is its `note`."""
    agencies.take_turns(session, agency_id)  # what waited for a bulletin may be handed over now
    agency, found = session.get_one(Agency, agency_id), []
    ran = _ran(session, agency_id)
    for cadence in LATE_MINUTES:
        one = _due(agency, cadence, ran, now)
        occurrence = _claimed(session, agency, cadence, one, now=now) if one else None
        if occurrence is not None:
            _fill(session, agency, occurrence, limits_of=limits_of, now=now)
            log.info("digests.ran", agency=agency.id, cadence=cadence.value, note=occurrence.note.value)
            found.append(occurrence)
    return found


def _fill(
    session: Session, agency: Agency, occurrence: DigestOccurrence, *, limits_of: LimitsOf, now: datetime
) -> None:
    until = max(now - COMMITTING, occurrence.covered_until)
    news = _news(session, agency, occurrence, until=until, now=now)
    paused = _announced(session, agency, occurrence, until=until, states=(State.PAUSED,))
    groups = holdings.groups(session, agency.id, (occurrence.cadence,), news.topic_ids, now=now) if news.items else []
    late = LATE_MINUTES[occurrence.cadence]
    problems: Sequence[Problem] = ()
    if not groups:
        occurrence.note = Note.NOTHING_NEW
    elif schedule.is_too_late(schedule.Due(occurrence.local_at, occurrence.due_at), now, late):
        occurrence.note = Note.HELD_LATE
    else:
        problems = _send(session, agency, news, groups, limits_of=limits_of, now=now)
        occurrence.note = Note.HELD_UNREADY if problems else Note.SENT
    if occurrence.note in (Note.HELD_LATE, Note.HELD_UNREADY):
        _tell(session, agency, occurrence, problems, now=now)
    else:
        occurrence.covered_until, occurrence.passed_over = until, [each.id for each in paused]
    session.flush()


def _send(
    session: Session, agency: Agency, news: News, groups: Sequence[Holding], *, limits_of: LimitsOf, now: datetime
) -> Sequence[Problem]:
    """Launch a broadcast for each group: all of them; or none, and what keeps one of them from leaving."""

    def write() -> list[Broadcast]:
        made = (_written(session, agency, news, group, limits_of=limits_of, now=now) for group in groups)
        return [each for each in made if each is not None]

    _, problems = launch.start_all(session, write, limits_of=limits_of, now=now)
    return problems


def _written(
    session: Session, agency: Agency, news: News, group: Holding, *, limits_of: LimitsOf, now: datetime
) -> Broadcast | None:
    """The broadcast for one group, with its texts; None where nobody of it could read a word."""
    readable = summary.locales_of(news, group.topics, agency.locales)
    if not readable:
        return None
    made = Broadcast(agency_id=agency.id, kind=Kind.BULLETIN, state=State.DRAFT, created_at=now)
    made.digest_cadence = news.cadence
    compose.coin(session, made)
    holdings.keep(session, made, group)
    ways = compose.ways_of(session, agency.id, limits_of)
    for locale in readable:
        topic = news.topics[group.topics[0]] if made.topic_id else None
        frame = compose.frame(made, agency, topic, locale)
        compose.put_text(session, made, locale, summary.text(news, group.topics, locale, frame, ways))
    return made


def _news(session: Session, agency: Agency, occurrence: DigestOccurrence, *, until: datetime, now: datetime) -> News:
    found = _announced(session, agency, occurrence, until=until, states=TOLD)
    return News(
        cadence=occurrence.cadence,
        items=published.shown(session, found),
        topics={topic.id: topic for topic in topics.list_for(session, agency.id)},
        areas=areas.list_for(session, agency.id),
        since=occurrence.covered_until,
        now=now,
        zone=agency.time_zone,
    )


def _announced(
    session: Session, agency: Agency, occurrence: DigestOccurrence, *, until: datetime, states: Collection[State]
) -> Sequence[Broadcast]:
    """What was launched on a topic since the last one; what that one passed over because it was paused; and what a
    bulletin handed over because it tells no more of it.

    What people of this cadence read of a topic in a running bulletin is in no digest of theirs.
    """
    is_new = and_(Broadcast.launched_at > occurrence.covered_until, Broadcast.launched_at <= until)
    is_new = and_(is_new, ~retelling.is_told(session, agency.id, occurrence.cadence))
    query = select(Broadcast).where(  # ix_broadcasts_agency_launched
        Broadcast.agency_id == agency.id,
        or_(is_new, Broadcast.id.in_(occurrence.passed_over)),
        Broadcast.topic_id.is_not(None),
        *is_told_of(states),
    )
    newest = query.order_by(Broadcast.launched_at.desc(), Broadcast.id.desc()).limit(AT_MOST)
    return list(reversed(session.scalars(newest).all()))


Ran = dict[tuple[int, Cadence], str]
"""(agency, cadence) -> the name of the last occurrence that ran."""


def _ran(session: Session, agency_id: int | None = None) -> Ran:
    query = select(DigestOccurrence.agency_id, DigestOccurrence.cadence, func.max(DigestOccurrence.local_at))
    if agency_id is not None:
        query = query.where(DigestOccurrence.agency_id == agency_id)
    rows = session.execute(query.group_by(DigestOccurrence.agency_id, DigestOccurrence.cadence))  # the primary key
    return {(agency, cadence): local_at for agency, cadence, local_at in rows}


def _due(agency: Agency, cadence: Cadence, ran: Ran, now: datetime) -> schedule.Due | None:
    if agency.digest_time is None:
        return None
    if cadence is Cadence.WEEKLY:
        found = schedule.latest(now, agency.digest_time, agency.time_zone, (agency.digest_weekday,))
    else:
        found = schedule.latest(now, agency.digest_time, agency.time_zone)
    is_new = found.local_at > ran.get((agency.id, cadence), "")
    return found if is_new and found.due_at > (agency.digests_set_at or agency.created_at) else None


def _claimed(
    session: Session, agency: Agency, cadence: Cadence, found: schedule.Due, *, now: datetime
) -> DigestOccurrence | None:
    last = session.scalars(
        select(DigestOccurrence)  # the primary key
        .where(DigestOccurrence.agency_id == agency.id, DigestOccurrence.cadence == cadence)
        .order_by(DigestOccurrence.local_at.desc())
        .limit(1)
    ).one_or_none()
    since = agency.digests_since or agency.created_at
    row: dict[str, object] = {"agency_id": agency.id, "cadence": cadence, "local_at": found.local_at}
    row |= {"due_at": found.due_at, "covered_until": max(last.covered_until, since) if last else since}
    row |= {"passed_over": last.passed_over if last else [], "note": Note.NOTHING_NEW, "created_at": now}
    won = bulk.insert_new(session, DigestOccurrence, [row], DigestOccurrence.agency_id)
    return session.get_one(DigestOccurrence, (agency.id, cadence, found.local_at)) if won else None


def _tell(
    session: Session, agency: Agency, occurrence: DigestOccurrence, problems: Sequence[Problem], *, now: datetime
) -> None:
    """Tell the admins that it was held. `covered_until` stays, so the next one says what this one would have."""
    locale = agency.locales[0]
    due_at = texts.instant(occurrence.due_at, agency.time_zone, locale)
    why = compose.explained(problems, locale)
    text = texts.say(f"digest.{occurrence.note}.{occurrence.cadence}", locale, due=due_at, why=why)
    telling.groups_of(session, agency.id, text, now=now)
    for account in officers.accounts(session, agency.id, role=Role.ADMIN):
        letters.post(
            session, sender_id=account.sender_id, agency_id=agency.id, to=account.address, draft=Draft(text), now=now
        )


def _check(local_time: str) -> None:
    try:
        schedule.parsed(local_time)
    except ValueError as error:
        raise BadDigest(f"{local_time!r} is no time of day; it looks like 18:00") from error
