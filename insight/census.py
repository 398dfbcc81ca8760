"""How many people are subscribed, by language, channel and topic: counted once a day for each agency, and kept.

Counting is a walk over an agency's people, so the clock does it once, soon after its midnight. What is asked in between
is answered from the row; only an agency of few people is counted when it is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, literal_column, select, tuple_
from sqlalchemy.orm import Session, aliased

from db import bulk, ranges
from insight.models import AgencyDay
from staff.models import Agency
from subscribers.models import Address, Consent, Subscriber, Subscription, Topic

FEW = 20_000  # people who may be counted while an officer waits: some milliseconds
COMMITTING = timedelta(minutes=1)  # what was said just before midnight has been written by then
LOOKED_AT = 1_000  # agencies
WITHDRAWN: ColumnElement[str] = literal_column(
    "'withdrawn'"
)  # not bound: a plan for any kind could not use ix_consents_withdrawn


@dataclass(frozen=True, slots=True)
class Census:
    """The people subscribed at one moment, and how many came and went since another.

    `joined` are those who said yes since then and still are; `left` who had said yes and said stop, each once. Who has
    several addresses counts at each of them in `by_channel`.
    """

    people: int
    joined: int
    left: int
    by_locale: Mapping[str, int]
    by_channel: Mapping[str, int]
    by_topic: Mapping[str, int]


def take(session: Session, now: datetime) -> int:
    """Write the row of one agency whose local day is over and not counted; of how many. For the clock, again and again.

    An agency that was never counted has its yesterday written at once, so that there always is a row.
    """
    agency = _uncounted(session, now)
    if agency is None:
        return 0
    ended = yesterday(now, agency.time_zone)
    since = _since(session, agency, ended)
    found = count(session, agency.id, since=since, until=end_of(ended.isoformat(), agency.time_zone))
    row = {"agency_id": agency.id, "day": ended.isoformat(), "counted_at": now, "people": found.people}
    row |= {"joined": found.joined, "left": found.left, "by_locale": dict(found.by_locale)}
    row |= {"by_channel": dict(found.by_channel), "by_topic": dict(found.by_topic)}
    return len(bulk.insert_new(session, AgencyDay, [row], AgencyDay.agency_id))  # two clocks count, and one writes


def count(session: Session, agency_id: int, *, since: datetime, until: datetime) -> Census:
    """Count an agency's people now, and who came and went from `since` to before `until`: four passes over them."""
    ranges.weigh(session, Subscriber)
    ranges.sweep(session)
    ours = and_(Subscriber.agency_id == agency_id, Subscriber.consented_at.is_not(None))
    by_locale = _by_locale(session, ours)
    return Census(
        people=sum(by_locale.values()),
        joined=_joined(session, agency_id, since, until),
        left=left(session, agency_id, since=since, until=until),
        by_locale=by_locale,
        by_channel=_by_channel(session, agency_id, ours),
        by_topic=_by_topic(session, agency_id, ours),
    )


def left(session: Session, agency_id: int, *, since: datetime, until: datetime) -> int:
    """How many people who had said yes said stop in this time. Reads those who said stop, and no others."""
    before = aliased(Consent)
    last = select(before.kind).where(before.subscriber_id == Consent.subscriber_id, before.id < Consent.id)
    had_agreed = last.order_by(before.id.desc()).limit(1).scalar_subquery() == literal_column("'granted'")
    question = select(func.count(Consent.subscriber_id.distinct()))  # ix_consents_withdrawn
    question = question.where(Consent.agency_id == agency_id, Consent.at >= since, Consent.at < until)
    return session.scalar(question.where(Consent.kind == WITHDRAWN, had_agreed)) or 0


def is_small(session: Session, agency_id: int) -> bool:
    """Whether there are so few people that they may be counted at once. Reads FEW rows of an index at most."""
    some = select(Subscriber.id).where(  # ix_subscribers_agency_consented
        Subscriber.agency_id == agency_id, Subscriber.consented_at.is_not(None)
    )
    return (session.scalar(select(func.count()).select_from(some.limit(FEW + 1).subquery())) or 0) <= FEW


def last(session: Session, agency_id: int, *, days: int) -> list[AgencyDay]:
    """The agency's last rows, the oldest first."""
    mine = select(AgencyDay).where(AgencyDay.agency_id == agency_id)  # the primary key
    return list(reversed(session.scalars(mine.order_by(AgencyDay.day.desc()).limit(days)).all()))


def yesterday(now: datetime, zone: str) -> date:
    """The last local day that is over, and over for so long that everything said on it is written."""
    return (now - COMMITTING).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def midnight(day: date, zone: str) -> datetime:
    """When a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def end_of(day: str, zone: str) -> datetime:
    """When a local day that has a row is over."""
    return midnight(date.fromisoformat(day) + timedelta(days=1), zone)


def _uncounted(session: Session, now: datetime) -> Agency | None:
    agencies = session.scalars(select(Agency).order_by(Agency.id).limit(LOOKED_AT)).all()
    wanted = [(each.id, yesterday(now, each.time_zone).isoformat()) for each in agencies]
    known = tuple_(AgencyDay.agency_id, AgencyDay.day).in_(wanted)  # the primary key
    counted = set(session.scalars(select(AgencyDay.agency_id).where(known)))
    return next((each for each in agencies if each.id not in counted), None)


def _since(session: Session, agency: Agency, ended: date) -> datetime:
    """From the end of the last day that was counted, however long the clock was away; else of the day itself."""
    rows = last(session, agency.id, days=1)
    return end_of(rows[0].day, agency.time_zone) if rows else midnight(ended, agency.time_zone)


def _by_locale(session: Session, ours: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(select(Subscriber.locale, func.count()).where(ours).group_by(Subscriber.locale))
    return {locale: int(number) for locale, number in sorted(rows.all())}


def _by_channel(session: Session, agency_id: int, ours: ColumnElement[bool]) -> dict[str, int]:
    theirs = and_(Address.subscriber_id == Subscriber.id, Address.agency_id == agency_id)
    each = select(Address.channel, func.count()).join(Subscriber, theirs)  # DISTINCT would take as long as all the rest
    rows = session.execute(each.where(ours).group_by(Address.channel))
    return {channel: int(number) for channel, number in sorted(rows.all())}


def _by_topic(session: Session, agency_id: int, ours: ColumnElement[bool]) -> dict[str, int]:
    topics = select(Topic.id).where(Topic.agency_id == agency_id)
    held = select(Subscription.topic_id, func.count()).join(Subscriber, Subscriber.id == Subscription.subscriber_id)
    rows = session.execute(held.where(ours, Subscription.topic_id.in_(topics)).group_by(Subscription.topic_id))
    return {str(topic_id): int(number) for topic_id, number in sorted(rows.all())}


def _joined(session: Session, agency_id: int, since: datetime, until: datetime) -> int:
    came = and_(Subscriber.consented_at >= since, Subscriber.consented_at < until)  # ix_subscribers_agency_consented
    return session.scalar(select(func.count()).where(Subscriber.agency_id == agency_id, came)) or 0
