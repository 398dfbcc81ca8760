"""An agency's figures, put together from what is counted already: the rows of its days, tallies, opt-outs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.models import Tally
from delivery.states import TAKEN, DeliveryState
from insight import census, opt_outs
from insight.launched import Launched
from insight.models import AgencyDay
from staff.models import Agency
from subscribers import topics

DAYS = 30  # that a chart shows
WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One local day ("2026-11-24"): how many were subscribed at its end, and how many came and went."""

    day: str
    people: int
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Held:
    """A topic, what it is called in each language, and how many people hold it."""

    key: str
    names: Mapping[str, str]
    people: int

    def name_in(self, locale: str) -> str:
        """Its name in a language, in English where that is missing."""
        return self.names.get(locale) or self.names.get("en") or self.key


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of an announcement, in people. `delivered` is part of `reached`, as far as the channel tells.

    `stopped`: who said stop within a day after it; None: that was not counted yet.
    """

    launched: Launched
    reached: int
    delivered: int
    failed: int
    withheld: int
    in_doubt: int
    stopped: int | None

    @property
    def people(self) -> int:
        """Those it was for: the frozen audience, and before that is known those who are settled."""
        return self.launched.people or self.reached + self.failed + self.withheld + self.in_doubt


@dataclass(frozen=True, slots=True)
class Figures:
    """An agency at `counted_at`. `days` are the last ones, the oldest first and this one last; `past` the newest first.

    `joined` and `left` are those of a week.
    """

    counted_at: datetime
    zone: str
    people: int
    joined: int
    left: int
    by_locale: Mapping[str, int]
    by_channel: Mapping[str, int]
    topics: Sequence[Held]
    days: Sequence[Day]
    past: Sequence[Reached]


def of(
    session: Session, agency: Agency, launched: Sequence[Launched], *, now: datetime, since: str | None = None
) -> Figures:
    """The figures now, where there are so few people that they may be counted; else those of the last midnight.

    Who came and went is that of the last seven days, or of the seven that begin with `since` ("2026-11-23").
    """
    rows = census.last(session, agency.id, days=DAYS)
    days = [Day(row.day, row.people, row.joined, row.left) for row in rows]
    if rows and not census.is_small(session, agency.id):
        newest, counted_at = _as_counted(rows[-1]), rows[-1].counted_at
    else:
        newest, counted_at = _today(session, agency, rows, now), now
        today = now.astimezone(ZoneInfo(agency.time_zone)).date()
        days.append(Day(today.isoformat(), newest.people, newest.joined, newest.left))
    week = [day for day in days if since <= day.day < _week_after(since)] if since else days[-WEEK:]
    return Figures(
        counted_at=counted_at,
        zone=agency.time_zone,
        people=newest.people,
        joined=sum(day.joined for day in week),
        left=sum(day.left for day in week),
        by_locale=newest.by_locale,
        by_channel=newest.by_channel,
        topics=_held(session, agency.id, newest.by_topic),
        days=days[-DAYS:],
        past=reached(session, launched),
    )


def reached(session: Session, launched: Sequence[Launched]) -> list[Reached]:
    """What became of these announcements. Reads a handful of tallies for each."""
    ids = [each.id for each in launched]
    question = select(Tally.consignment_id, Tally.state, func.sum(Tally.count)).where(Tally.consignment_id.in_(ids))
    counts: dict[int, dict[DeliveryState, int]] = {id: {} for id in ids}
    for id, state, number in session.execute(question.group_by(Tally.consignment_id, Tally.state)):
        counts[id][state] = int(number)
    stops = opt_outs.of(session, ids)
    return [_reached(each, counts[each.id], stops.get(each.id)) for each in launched]


def _reached(launched: Launched, counts: Mapping[DeliveryState, int], stops: opt_outs.Stops | None) -> Reached:
    return Reached(
        launched=launched,
        reached=sum(counts.get(state, 0) for state in TAKEN),
        delivered=counts.get(DeliveryState.DELIVERED, 0) + counts.get(DeliveryState.READ, 0),
        failed=counts.get(DeliveryState.FAILED, 0),
        withheld=counts.get(DeliveryState.WITHHELD, 0),
        in_doubt=counts.get(DeliveryState.UNKNOWN, 0),
        stopped=stops.people if stops else None,
    )


def _week_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=WEEK)).isoformat()


def _as_counted(row: AgencyDay) -> census.Census:
    return census.Census(row.people, row.joined, row.left, row.by_locale, row.by_channel, row.by_topic)


def _today(session: Session, agency: Agency, rows: Sequence[AgencyDay], now: datetime) -> census.Census:
    """Since the last day that has a row, so that nobody who came in between is left out."""
    since = census.end_of(rows[-1].day, agency.time_zone) if rows else agency.created_at
    return census.count(session, agency.id, since=since, until=now + timedelta(microseconds=1))


def _held(session: Session, agency_id: int, by_topic: Mapping[str, int]) -> list[Held]:
    found = [Held(t.key, t.names, by_topic.get(str(t.id), 0)) for t in topics.list_for(session, agency_id)]
    return sorted(found, key=lambda each: (-each.people, each.key))
