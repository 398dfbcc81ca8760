"""Links: keys that anybody may make up, and what those that are ours brought."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from subscribers import links
from subscribers.models import Subscriber
from tests.bot import people

START = people.START


def test_a_key_is_short_typeable_and_no_word() -> None:
    for word in ("announce", "hello", "22223333", "K7F3P2AB", "k7f3p2abc", "x-k7f3p2ab1", "'; drop"):
        assert not links.KEY.fullmatch(word), word
    assert links.KEY.findall("Hello! (k7f3p2ab)") == ["k7f3p2ab"]
    assert links.KEY.findall("您好k7f3p2ab！") == ["k7f3p2ab"]


def test_a_key_is_found_whatever_stands_around_it(session: Session) -> None:
    owner = people.agency(session)
    made = links.add(session, agency_id=owner.id, now=START)
    for text in ("Hello! ({})", "{}", "hi, i saw your poster {} thanks", "வணக்கம்! ({})", "您好！({})", "HELLO {}"):
        typed = text.format(made.key.upper() if text.isupper() else made.key)
        assert links.named_in(session, agency_id=owner.id, text=typed, now=START) == made, typed
    for text in ("Hello!", "Hello! (k7f3p2ab)", f"x{made.key}", made.key[:-1]):
        assert links.named_in(session, agency_id=owner.id, text=text, now=START) is None, text


def test_another_agencys_key_and_one_that_is_over_are_nobodys(session: Session) -> None:
    owner, other = people.agency(session), people.agency(session, "other")
    made = links.add(session, agency_id=owner.id, now=START, expires_at=START + timedelta(days=1))
    assert links.find(session, agency_id=owner.id, key=made.key, now=START) == made
    assert links.find(session, agency_id=other.id, key=made.key, now=START) is None
    assert links.find(session, agency_id=owner.id, key=made.key, now=START + timedelta(days=1)) is None


@given(st.text(max_size=80))
def test_any_text_may_stand_where_a_key_is_expected(text: str) -> None:
    for key in links.KEY.findall(text):
        assert links.KEY.fullmatch(key)


def test_a_link_is_made_of_what_the_agency_has(session: Session) -> None:
    owner, other = people.agency(session), people.agency(session, "other")
    foreign = people.three_topics(session, other)[0]
    for wrong in ({"topic": foreign}, {"locale": "fr"}, {"source": "x" * 61}, {"expires_at": START}):
        with pytest.raises(links.BadLink):
            links.add(session, agency_id=owner.id, now=START, enabled=owner.locales, **wrong)


def test_who_came_by_which_link_first_is_counted_by_agency(session: Session) -> None:
    owner, other = people.agency(session), people.agency(session, "other")
    topic = people.three_topics(session, owner)[0]
    first = links.add(session, agency_id=owner.id, now=START, topic=topic, source="poster")
    second = links.add(session, agency_id=owner.id, now=START)
    links.add(session, agency_id=other.id, now=START)
    for number in range(5):
        person = Subscriber(agency_id=owner.id, locale="en", created_at=START)
        session.add(person)
        session.flush()
        for link in (first, second):
            links.arrive(session, person, link, enabled=owner.locales, now=START)
        person.consented_at = START if number < 2 else None
    session.flush()
    told = [(each.link.id, each.topic, each.arrived, each.subscribed) for each in links.counted(session, owner.id)]
    assert told == [(first.id, topic, 5, 2), (second.id, None, 0, 0)]
