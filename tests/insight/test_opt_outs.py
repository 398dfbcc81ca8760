"""A stop counts for the announcement that reached somebody last before it, within a day."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from insight import opt_outs
from insight.launched import Launched
from insight.opt_outs import Stops
from subscribers import forgetting
from tests.broadcast.places import NOW
from tests.insight.town import Town, found

HOUR = timedelta(hours=1)


def counted(town: Town, *launched: Launched) -> list[int]:
    """How many stopped after each, in this order."""
    opt_outs.count(town.session, town.agency.id, launched)
    stops = opt_outs.of(town.session, [each.id for each in launched])
    return [stops[each.id].people for each in launched]


def test_a_stop_counts_for_what_reached_them_last_and_for_nothing_later_than_a_day(session: Session) -> None:
    town = found(session)
    first, second = town.launches(NOW), town.launches(NOW + 3 * HOUR)
    both, before, late, never = (town.comes(NOW - HOUR) for _ in range(4))
    for person in (both, before, late):
        town.reaches(first, person, NOW + HOUR)
    town.reaches(second, both, NOW + 4 * HOUR)
    town.reaches(second, before, NOW + 4 * HOUR)
    town.says(both, NOW + 5 * HOUR, is_yes=False)
    town.says(before, NOW + 2 * HOUR, is_yes=False)
    town.says(late, NOW + 26 * HOUR, is_yes=False)
    town.says(never, NOW + 5 * HOUR, is_yes=False)
    assert counted(town, first, second) == [1, 1]
    assert counted(town, first, second) == [1, 1]
    assert opt_outs.of(session, [second.id]) == {second.id: Stops(1, NOW + 5 * HOUR)}


def test_who_stops_twice_counts_once_and_who_had_everything_deleted_still_counts(session: Session) -> None:
    town = found(session)
    launched, person = town.launches(NOW), town.comes(NOW - HOUR)
    town.reaches(launched, person, NOW)
    for hour, is_yes in ((1, False), (2, True), (3, False)):
        town.says(person, NOW + hour * HOUR, is_yes=is_yes)
    assert counted(town, launched) == [1]
    forgetting.erase(session, person, now=NOW + 4 * HOUR)
    assert counted(town, launched) == [1]


def test_what_was_launched_a_moment_ago_and_is_not_planned_yet_has_stopped_nobody(session: Session) -> None:
    town = found(session)
    assert counted(town, Launched(4711, "B7K2", NOW, None)) == [0]


def test_nobody_of_another_agency_is_counted(session: Session) -> None:
    town, other = found(session), found(session, "health")
    mine, theirs = town.launches(NOW), other.launches(NOW)
    stranger = other.comes(NOW - HOUR)
    other.reaches(theirs, stranger, NOW)
    other.says(stranger, NOW + HOUR, is_yes=False)
    assert counted(town, mine) == [0]
    assert counted(other, theirs) == [1]


Messages = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(1, 4)), max_size=12)
Words = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=8)


@given(messages=Messages, words=Words)
def test_stops_are_those_of_a_naive_recount(messages: list[tuple[int, int, int]], words: list[tuple[int, int]]) -> None:
    """Messages are (who, hour, announcement), words are (who, hour)."""
    said = [(who, _at(hour), id, _at(then)) for who, hour in set(words) for whom, then, id in messages if whom == who]
    naive: dict[int, set[int]] = {}
    for who, hour in words:
        last = max(((then, id) for whom, then, id in messages if whom == who and then <= hour), default=None)
        if last is not None and hour < last[0] + 24:
            naive.setdefault(last[1], set()).add(who)
    found = opt_outs.counted(said)
    assert {id: stops.people for id, stops in found.items()} == {id: len(who) for id, who in naive.items()}


def _at(hour: int) -> datetime:
    return NOW + hour * HOUR
