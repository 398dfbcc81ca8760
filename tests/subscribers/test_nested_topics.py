"""Topics two deep: what one gets with the upper one, and how one leaves a lower one alone."""

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import topics
from subscribers.models import Cadence, Subscriber, Topic
from tests.bot import people

NOW = people.START


def below(session: Session, parent: Topic, *keys: str) -> list[Topic]:
    """Topics below another one."""
    return [
        topics.add(
            session,
            agency_id=parent.agency_id,
            key=key,
            names=dict.fromkeys(people.LOCALES, key.title()),
            locales=people.LOCALES,
            parent=parent,
        )
        for key in keys
    ]


@pytest.fixture
def floods(session: Session, sender: Sender) -> Topic:
    """The first topic, with two below it."""
    found = topics.by_key(session, sender.agency_id, "floods")
    assert found is not None
    below(session, found, "coast", "rivers")
    return found


def keys(session: Session, subscriber: Subscriber) -> set[str]:
    """What somebody holds."""
    held = topics.held(session, subscriber)
    return {topic.key for topic in topics.list_for(session, subscriber.agency_id) if topic.id in held}


def test_topics_below_another_stand_right_after_it(session: Session, floods: Topic) -> None:
    every = topics.list_for(session, floods.agency_id)
    assert [topic.key for topic in every] == ["floods", "coast", "rivers", "dengue", "roads"]


def test_who_takes_the_upper_topic_takes_those_below_and_may_leave_each(
    session: Session, subscriber: Subscriber, floods: Topic
) -> None:
    assert topics.toggle(session, subscriber, floods.id, now=NOW) is True
    assert keys(session, subscriber) == {"floods", "coast", "rivers"}
    coast = topics.by_key(session, floods.agency_id, "coast")
    assert coast is not None
    assert topics.toggle(session, subscriber, coast.id, now=NOW) is False
    assert keys(session, subscriber) == {"floods", "rivers"}
    assert topics.toggle(session, subscriber, floods.id, now=NOW) is False
    assert keys(session, subscriber) == set()
    assert topics.toggle(session, subscriber, coast.id, now=NOW) is True
    assert keys(session, subscriber) == {"coast"}


def test_how_often_goes_for_the_topics_below_too(session: Session, subscriber: Subscriber, floods: Topic) -> None:
    topics.toggle(session, subscriber, floods.id, now=NOW)
    assert topics.set_cadence(session, subscriber, floods.id, Cadence.WEEKLY)
    assert set(topics.held(session, subscriber).values()) == {Cadence.WEEKLY}
    topics.set_every_cadence(session, subscriber, Cadence.ALERTS)
    assert set(topics.held(session, subscriber).values()) == {Cadence.ALERTS}


def test_there_is_no_third_level_and_no_parent_of_another_agency(session: Session, floods: Topic) -> None:
    coast = topics.by_key(session, floods.agency_id, "coast")
    assert coast is not None
    with pytest.raises(topics.BadTopic, match="two deep"):
        below(session, coast, "beach")
    other = people.agency(session, "nea")
    foreign = topics.add(session, agency_id=other.id, key="haze", names={"en": "Haze"}, locales=["en"])
    with pytest.raises(topics.BadTopic, match="two deep"):
        topics.add(
            session, agency_id=floods.agency_id, key="smoke", names={"en": "Smoke"}, locales=["en"], parent=foreign
        )
