"""How many people are subscribed, and how many came and went: the row of a day, against a naive recount."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from insight import census, figures
from insight.models import AgencyDay
from staff.models import Agency
from subscribers.models import Consent, ConsentKind, Subscriber
from tests.broadcast.places import NOW
from tests.insight.town import Town, found

MIDNIGHT = datetime.fromisoformat("2026-11-24T16:00:00+00:00")  # of the 25th, in Singapore
AFTER = MIDNIGHT + timedelta(minutes=2)
DAY = timedelta(days=1)
ON_A_DATABASE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def row_of(session: Session, agency: Agency, now: datetime) -> AgencyDay:
    """The row that is written at this hour."""
    census.take(session, now)
    return census.last(session, agency.id, days=1)[0]


def test_a_day_is_counted_once_when_it_is_over(session: Session) -> None:
    town = found(session)
    gone = town.comes(locale="ta")
    for _ in range(2):
        town.comes(NOW + timedelta(hours=1))
    town.says(gone, NOW + timedelta(hours=2), is_yes=False)
    assert census.take(session, NOW) == 1  # an agency that is new has a yesterday at once
    assert census.take(session, NOW) == 0
    assert census.take(session, MIDNIGHT + timedelta(seconds=30)) == 0  # what was said just before may be unwritten
    row = row_of(session, town.agency, AFTER)
    assert (row.day, row.people, row.joined, row.left) == ("2026-11-24", 2, 2, 1)
    assert (row.by_locale, row.by_channel) == ({"en": 2}, {"free": 2})
    assert row.by_topic == {str(town.place.topic.id): 2}
    assert census.take(session, AFTER) == 0


def test_a_clock_that_was_away_for_days_leaves_nobody_out(session: Session) -> None:
    town = found(session)
    census.take(session, NOW)
    for days in range(3):
        town.comes(NOW + days * DAY)
    row = row_of(session, town.agency, AFTER + 2 * DAY)
    assert (row.day, row.joined) == ("2026-11-26", 3)


def test_who_says_stop_without_having_agreed_has_not_left_and_who_says_it_twice_leaves_once(session: Session) -> None:
    town = found(session)
    never = town.comes()
    twice = town.comes()
    for hour in (1, 2, 3):
        town.says(twice, NOW + timedelta(hours=hour), is_yes=False)
    other = Subscriber(agency_id=town.agency.id, locale="en", created_at=NOW)
    session.add(other)
    session.flush()
    town.says(other, NOW + timedelta(hours=1), is_yes=False)
    row = row_of(session, town.agency, AFTER)
    assert (row.people, row.left) == (1, 1)
    assert never.consented_at is not None


def test_an_empty_agency_and_one_of_another_count_nobody(session: Session) -> None:
    town, other = found(session), found(session, "health")
    town.comes()
    here = other.comes()
    other.says(here, NOW + timedelta(minutes=5), is_yes=False)
    for agency, people, left in ((town.agency, 1, 0), (other.agency, 0, 1)):
        counted = census.count(session, agency.id, since=NOW, until=NOW + DAY)
        assert (counted.people, counted.left) == (people, left)
    assert census.count(session, other.agency.id, since=NOW, until=NOW + DAY).by_locale == {}


WORDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 71), st.booleans()), max_size=25)


@ON_A_DATABASE
@given(words=WORDS)
def test_the_figures_are_those_of_a_naive_recount(session: Session, words: list[tuple[int, int, bool]]) -> None:
    with session.begin_nested() as undone:
        _recount(found(session, "town"), words)
        undone.rollback()
    session.expunge_all()


def _recount(town: Town, words: list[tuple[int, int, bool]]) -> None:
    """Words of people in the order of their hours, over three days from a midnight."""
    people = [Subscriber(agency_id=town.agency.id, locale="en", created_at=NOW) for _ in range(5)]
    town.session.add_all(people)
    town.session.flush()
    for who, hour, is_yes in sorted(words, key=lambda word: word[1]):
        town.says(people[who], MIDNIGHT + timedelta(hours=hour), is_yes=is_yes)
    for day in range(3):
        since, until = MIDNIGHT + day * DAY, MIDNIGHT + (day + 1) * DAY
        counted = census.count(town.session, town.agency.id, since=since, until=until)
        assert counted.left == _naive_left(town, since, until)
        here = [each for each in people if each.consented_at is not None]
        assert (counted.people, counted.by_locale.get("en", 0)) == (len(here), len(here))
        assert counted.joined == sum(since <= (each.consented_at or NOW) < until for each in here)


def _naive_left(town: Town, since: datetime, until: datetime) -> int:
    left, agreed = set(), set()
    lines = select(Consent).where(Consent.agency_id == town.agency.id).order_by(Consent.id)
    for line in town.session.scalars(lines):
        if line.kind is ConsentKind.GRANTED:
            agreed.add(line.subscriber_id)
        elif line.subscriber_id in agreed:
            agreed.remove(line.subscriber_id)
            if since <= line.at < until:
                left.add(line.subscriber_id)
    return len(left)


@pytest.mark.parametrize(("hours", "is_today"), [(0, True), (20, False)])
def test_a_small_agency_is_counted_when_it_is_asked_for(session: Session, hours: int, is_today: bool) -> None:
    town = found(session)
    census.take(session, NOW)
    town.comes(NOW + timedelta(hours=hours, minutes=1))
    at = NOW + timedelta(hours=hours, minutes=2)
    shown = figures.of(session, town.agency, [], now=at)
    assert (shown.people, shown.joined, shown.left) == (1, 1, 0)
    assert [day.day for day in shown.days] == ["2026-11-23", "2026-11-24" if is_today else "2026-11-25"]


def test_of_a_large_agency_the_last_night_is_said(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    town = found(session)
    town.comes()
    town.comes()
    census.take(session, AFTER)
    town.comes(AFTER)
    monkeypatch.setattr(census, "FEW", 1)
    shown = figures.of(session, town.agency, [], now=AFTER + timedelta(hours=9))
    assert (shown.people, shown.joined, shown.counted_at) == (2, 2, AFTER)
