"""Every person with news is in one digest, whatever sets of topics people hold; beyond the limit, in one a topic."""

from collections import Counter
from datetime import timedelta
from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from broadcast import holdings
from broadcast.holdings import Holding
from subscribers.models import Cadence, Subscriber, Subscription
from tests.broadcast.evenings import Town
from tests.broadcast.places import NOW

KEYS = ("floods", "dengue", "roads")
SETS = [keys for size in range(1, 4) for keys in combinations(KEYS, size)]


def served(session: Session, found: list[Holding]) -> Counter[tuple[int, int]]:
    """How often each (person, topic) is served."""
    return Counter(
        (person, topic)
        for holding in found
        for person in session.scalars(holdings.holders(holding))
        for topic in holding.topics
    )


def people(town: Town) -> dict[int, tuple[str, ...]]:
    made = {town.person(*keys).id: keys for keys in SETS for _ in range(len(keys))}
    town.person("floods", cadence=Cadence.WEEKLY)
    left = town.person("floods")
    town.session.get_one(Subscriber, left.id).consented_at = None
    town.session.flush()
    return made


def groups(town: Town, news: list[int], at_most: int) -> list[Holding]:
    return holdings.groups(town.session, town.place.agency.id, (Cadence.DAILY,), news, now=NOW, at_most=at_most)


def test_everybody_is_in_exactly_one_group_and_the_most_common_set_comes_first(session: Session) -> None:
    town = Town(session)
    held, news = people(town), [topic.id for topic in town.topics.values()]
    found = groups(town, news, 64)
    assert len(found) == len(SETS)
    assert found[0].topics == tuple(news)
    reached = Counter(person for holding in found for person in session.scalars(holdings.holders(holding)))
    assert {person: reached[person] for person in held} == dict.fromkeys(held, 1)


def test_what_was_subscribed_to_after_the_launch_makes_no_set(session: Session) -> None:
    town = Town(session)
    person = town.person("floods")
    town.hold(person, "dengue", cadence=Cadence.DAILY)
    session.get_one(Subscription, (person.id, town.topics["dengue"].id)).created_at = NOW + timedelta(seconds=1)
    session.flush()
    (found,) = groups(town, [topic.id for topic in town.topics.values()], 64)
    assert found.topics == (town.topics["floods"].id,)


def test_only_topics_with_news_make_a_difference(session: Session) -> None:
    town = Town(session)
    people(town)
    (found,) = groups(town, [town.topics["floods"].id], 64)
    assert found.topics == (town.topics["floods"].id,)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(at_most=st.integers(1, 8))
def test_whatever_the_limit_everybody_reads_each_of_their_topics_once(session: Session, at_most: int) -> None:
    with session.begin_nested() as savepoint:
        town = Town(session, f"town-{at_most}")
        held, news = people(town), [topic.id for topic in town.topics.values()]
        found = groups(town, news, at_most)
        expected = {(person, town.topics[key].id): 1 for person, keys in held.items() for key in keys}
        counted = served(session, found)
        assert {pair: counted[pair] for pair in expected} == expected
        assert len(found) <= at_most + len(news)
        savepoint.rollback()


def test_topics_beyond_the_bits_of_a_number_get_a_digest_each(session: Session) -> None:
    town = Town(session)
    held = people(town)
    news = [*range(10_000, 10_000 + holdings.TOPICS - 1), *(topic.id for topic in town.topics.values())]
    found = groups(town, news, 64)
    counted = served(session, found)
    expected = {(person, town.topics[key].id): 1 for person, keys in held.items() for key in keys}
    assert {pair: counted[pair] for pair in expected} == expected
