"""The weekly report comes by itself, once for each agency and week, to every officer and staff group."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import clock
from db.engine import Sessions
from delivery.models import Letter
from insight import census, trouble, weekly
from insight.launched import Launched
from insight.models import TroubleKind, WeeklyReport
from tests.broadcast.places import NOW, limits_of
from tests.insight.town import Town, found

MONDAY = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)  # nine in the morning in Singapore
WEEK = timedelta(days=7)


def nothing(session: Session, agency_id: int, since: datetime) -> Sequence[Launched]:
    """An agency that launched nothing."""
    return []


def letters(session: Session) -> list[tuple[str, str]]:
    """Everything that was written, to whom."""
    return [(to, text) for to, text in session.execute(select(Letter.to, Letter.text).order_by(Letter.id))]


@pytest.mark.parametrize(
    ("at", "is_due"),
    [
        (MONDAY - timedelta(seconds=1), False),
        (MONDAY, True),
        (MONDAY + timedelta(days=2, hours=23), True),
        (MONDAY + timedelta(days=3), False),
        (MONDAY - WEEK + timedelta(hours=1), False),  # of a week in which there was no agency
    ],
)
def test_it_is_due_on_monday_morning_in_the_agencys_zone(session: Session, at: datetime, is_due: bool) -> None:
    town = found(session)
    assert weekly.due(session, at) == ([town.agency.id] if is_due else [])


@pytest.mark.parametrize(
    ("zone", "at", "week"),
    [
        ("Asia/Singapore", MONDAY, "2026-W48"),
        ("America/New_York", datetime(2026, 11, 30, 14, 0, tzinfo=UTC), "2026-W48"),
        ("Europe/Berlin", datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "2026-W53"),
        ("Europe/Berlin", datetime(2027, 3, 29, 7, 0, tzinfo=UTC), "2027-W12"),  # the clocks were changed on Sunday
    ],
)
def test_a_week_is_the_iso_week_of_the_agency(session: Session, zone: str, at: datetime, week: str) -> None:
    town = found(session)
    town.agency.time_zone = zone
    assert weekly.due(session, at - timedelta(seconds=1)) == []
    assert weekly.run(session, town.agency.id, launched_of=nothing, now=at) == 0
    assert session.scalars(select(WeeklyReport.week)).all() == [week]
    assert weekly.run(session, town.agency.id, launched_of=nothing, now=at) is None


def test_it_says_that_weeks_figures_and_its_trouble_to_every_officer_once(session: Session) -> None:
    town, other = found(session), found(session, "health")
    other.comes()
    for officer, address in ((town.place.admin, "admin"), (town.place.author, "author"), (town.place.admin, "old")):
        town.binds(officer, address)
    other.binds(other.place.admin, "stranger")
    while census.take(session, NOW - timedelta(minutes=1)):
        pass
    gone = town.comes(NOW)
    town.comes(NOW)
    town.says(gone, NOW + timedelta(hours=1), is_yes=False)
    kind = TroubleKind.OPT_OUT_SPIKE
    trouble.begin(session, town.agency.id, kind, "broadcast:1", details={"code": "B7K2"}, now=NOW)
    while census.take(session, MONDAY - timedelta(hours=8)):
        pass
    town.comes(MONDAY - timedelta(hours=1))  # of the week after
    launched = town.launches(NOW, accepted=9, failed=1)
    later = town.launches(MONDAY, accepted=5)
    told = weekly.run(session, town.agency.id, launched_of=lambda *of: [later, launched], now=MONDAY)
    assert told == 2
    said = {to: text for to, text in letters(session) if "week 48" in text}
    assert set(said) == {"author", "old"}  # the account an officer opened or used last
    text = said["author"]
    assert "In that week: 1 new, 1 stopped." in text
    assert f"{launched.code}: 90% of 10 reached" in text
    assert later.code not in text
    assert "Many people stopped after B7K2 (still open)" in text
    assert not any(to == "stranger" for to, _ in letters(session))


def test_two_clocks_and_a_kill_in_between_make_one(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = found(session)
        town.binds(town.place.admin, "admin")
    with sessions() as session:  # killed before its commit
        assert weekly.run(session, town.agency.id, launched_of=nothing, now=MONDAY) == 1
        session.rollback()
    for seconds in (1, 2, 3):
        clock.tick(sessions, MONDAY + timedelta(seconds=seconds), limits_of=limits_of)
    with sessions() as session:
        assert len([text for _, text in letters(session) if "week 48" in text]) == 1
        assert session.scalar(select(func.count()).select_from(WeeklyReport)) == 1


def test_charts_come_below_it_where_there_is_something_to_draw(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        town: Town = found(session)
        town.binds(town.place.admin, "admin")
        census.take(session, NOW)
    clock.tick(sessions, MONDAY, limits_of=limits_of)
    with sessions() as session:
        pictures = select(func.count()).select_from(Letter).where(Letter.media_id.is_not(None))
        assert session.scalar(pictures) == 1
