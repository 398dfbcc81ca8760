"""Arriving by a link, on both channels and in every language; what an edited sentence and a wrong key do."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from locales import texts
from staff.models import Agency
from subscribers import links, topics
from subscribers.models import Link
from tests.bot import people
from tests.bot.people import Person, subscribed


def link(session: Session, sender: Sender, topic: str | None = None, **values: Any) -> Link:
    """A link of the sender's agency."""
    about = topics.by_key(session, sender.agency_id, topic) if topic else None
    enabled = people.LOCALES
    return links.add(session, agency_id=sender.agency_id, now=people.START, topic=about, enabled=enabled, **values)


def test_a_link_offers_its_language_and_topic_and_asks_all_the_same(session: Session, telegram: Sender) -> None:
    made = link(session, telegram, "dengue", source="poster-bedok", locale="ms")
    person = Person(session, telegram, hint="en")
    welcome = person.says(f"/start {made.key}")
    assert welcome.index(texts.say("language.ask", "ms")) < welcome.index(texts.say("language.ask", "en"))
    assert person.labels()[0] == "Bahasa Melayu"
    assert not person.is_subscribed
    assert "✅ 2. Dengue" in person.chooses("English")
    question = person.says("done")
    assert "Dengue" in question
    assert not person.is_subscribed
    person.says("yes")
    assert person.holds == {"dengue"}
    said = person.record[-1].evidence
    expected = {"link": made.key, "link_topic": "dengue", "link_source": "poster-bedok", "link_locale": "ms"}
    assert {name: said[name] for name in expected} == expected
    assert person.subscriber.link_id == made.id


@pytest.mark.parametrize("locale", people.LOCALES)
@pytest.mark.parametrize("edited", ["{}", "{} 😀 thanks", "Saw it at the bus stop! {}"])
def test_the_sentence_around_a_key_may_be_edited(session: Session, whatsapp: Sender, locale: str, edited: str) -> None:
    made = link(session, whatsapp, "floods", locale=locale)
    person = Person(session, whatsapp, hint=None)
    welcome = person.says(edited.format(texts.say("arriving.hello", locale, link=made.key)))
    assert texts.say("language.ask", locale) in welcome
    assert person.labels()[0] == texts.native_name(locale)
    assert person.subscriber.link_id == made.id
    assert person.holds == {"floods"}
    assert not person.is_subscribed


def test_a_wrong_foreign_or_late_key_is_an_ordinary_hello(session: Session, telegram: Sender, whatsapp: Sender) -> None:
    foreign = link(session, whatsapp, "floods")
    late = link(session, telegram, "floods", expires_at=people.START.replace(second=1))
    hello = Person(session, telegram, value="1").says("hello")
    said = ["/start k7f3p2ab", f"/start {foreign.key}", f"/start {late.key}", f"Hello! ({late.key})", "/start '--;"]
    for number, text in enumerate(said):
        person = Person(session, telegram, value=f"9{number}")
        assert person.says(text) == hello
        assert person.subscriber.link_id is None
        assert not person.holds


def test_only_the_first_link_is_remembered_and_the_last_one_leads(session: Session, telegram: Sender) -> None:
    first, last = link(session, telegram, "floods"), link(session, telegram, "roads")
    person = Person(session, telegram)
    person.says(f"/start {first.key}")
    person.says(f"/start {first.key}")
    person.says(f"/start {last.key}")
    assert person.subscriber.link_id == first.id
    assert person.holds == {"floods", "roads"}
    assert [each.arrived for each in links.counted(session, telegram.agency_id)] == [1, 0]


def test_who_comes_back_by_a_link_is_asked_in_their_own_language(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1)
    person.says("stop")
    made = link(session, telegram, "roads", locale="ta")
    question = person.says(f"/start {made.key}")
    assert "Do you agree?" in question
    assert "Road works" in question
    assert not person.is_subscribed


def test_a_subscriber_is_offered_the_links_topic_and_nothing_changes_before_yes(
    session: Session, telegram: Sender, whatsapp: Sender
) -> None:
    for sender in (telegram, whatsapp):
        made = link(session, sender, "roads", locale="ta")
        person = subscribed(Person(session, sender), 1)
        offer = person.says(f"Hi ({made.key})")
        assert "“Road works”" in offer
        assert person.labels() == ["Yes, add it", "No, thanks"]
        assert person.holds == {"floods"}
        assert "You are subscribed" in person.says("no")
        assert person.holds == {"floods"}
        person.says(f"/start {made.key}")
        assert "Road works" in person.says("yes")
        assert person.holds == {"floods", "roads"}
        assert "You are subscribed" in person.says(f"/start {made.key}")
        assert person.subscriber.link_id is None


def test_an_old_offer_of_a_topic_leads_back_in_after_stop(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1)
    made = link(session, telegram, "roads")
    person.says(f"/start {made.key}")
    person.says("stop")
    assert "Do you agree?" in person.taps(f"arriving:add:{made.topic_id}")
    assert not person.is_subscribed
    for key in ("arriving:add:99999", "arriving:add:x", "arriving:no", "arriving:"):
        person.taps(key)
    assert not person.is_subscribed


def test_stop_beside_a_key_is_no_hello(session: Session, whatsapp: Sender) -> None:
    made = link(session, whatsapp, "roads")
    person = subscribed(Person(session, whatsapp), 1)
    assert "Do you want to stop" in person.says(f"stop ({made.key})")
    assert person.holds == {"floods"}


def test_a_language_that_was_closed_since_is_not_given(session: Session, telegram: Sender) -> None:
    made = link(session, telegram, locale="ta")
    session.get_one(Agency, telegram.agency_id).locales = ["en", "ms"]
    person = Person(session, telegram, hint="ms")
    person.says(f"/start {made.key}")
    assert person.subscriber.locale == "ms"
