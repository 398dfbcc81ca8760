"""After STOP: fewer messages or all, each by an explicit return; and the stop of single topics, with its way back."""

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from locales import texts
from subscribers import directory, topics, wishes
from subscribers.models import Cadence, ConsentKind
from tests.bot import people
from tests.bot.people import Person, subscribed


def cadences(person: Person) -> set[Cadence]:
    """How often they hear of what they hold."""
    return set(topics.held(person.session, person.subscriber).values())


def test_fewer_messages_are_offered_in_the_goodbye_and_never_before(
    session: Session, telegram: Sender, whatsapp: Sender
) -> None:
    for sender in (telegram, whatsapp):
        person = subscribed(Person(session, sender), 1, 2)
        for text in ("how do I stop?", "too many messages", "/stop nonsense"):
            assert "Fewer" not in person.says(text)
            assert person.is_subscribed
        assert "Fewer messages?" in person.says("stop")
        assert not person.is_subscribed
        assert person.labels() == ["Daily summary only", "Alerts only", "Come back"]
        assert len(person.seen) == 1


@pytest.mark.parametrize(
    ("way", "cadence"),
    [
        ("Daily summary only", Cadence.DAILY),
        ("daily summary only please", Cadence.DAILY),
        ("Ringkasan harian", Cadence.DAILY),
        ("Alerts only", Cadence.ALERTS),
        ("只要警报", Cadence.ALERTS),
        ("எச்சரிக்கை மட்டும்", Cadence.ALERTS),
        ("come back", Cadence.AT_ONCE),
        ("恢复订阅", Cadence.AT_ONCE),
    ],
)
def test_a_way_back_that_is_typed_subscribes_anew_with_what_was_shown_as_evidence(
    session: Session, telegram: Sender, way: str, cadence: Cadence
) -> None:
    person = subscribed(Person(session, telegram), 1, 2)
    shown = person.says("stop")
    answer = person.says(way)
    if not person.is_subscribed:  # "恢复订阅" and "come back" may be the word START too: then they are asked
        answer = person.chooses("Yes, subscribe")
    assert person.is_subscribed
    assert cadences(person) == {cadence}
    assert "Floods" in answer
    last = person.record[-1]
    assert last.kind is ConsentKind.GRANTED
    assert "Water Board" in last.wording
    assert last.evidence["answer"]
    assert last.wording == shown or last.evidence["answer"] == "Yes, subscribe"


def test_a_tapped_way_back_holds_the_goodbye_as_wording(session: Session, whatsapp: Sender) -> None:
    person = subscribed(Person(session, whatsapp))
    shown = person.says("STOP")
    assert "alerts only" in person.chooses("Alerts only")
    assert person.record[-1].wording == shown
    assert person.record[-1].evidence["way"] == "alerts"
    assert cadences(person) == {Cadence.ALERTS}


def test_a_way_back_from_an_old_goodbye_asks_before_it_subscribes(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("stop")
    person.says("start")
    person.says("stop")
    assert "alerts only" in person.taps("leaving:alerts", "Alerts only")
    assert not person.is_subscribed
    person.chooses("Yes, subscribe")
    assert person.is_subscribed
    assert cadences(person) == {Cadence.ALERTS}


def test_a_goodbye_in_another_language_is_asked_anew_in_the_present_one(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("stop")
    directory.set_locale(person.subscriber, "ta")
    person.taps("leaving:back", "Come back")
    assert not person.is_subscribed
    assert person.labels()[0] == texts.say("consent.yes.button", "ta")


def test_a_way_back_ends_a_pause_from_before(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("/pause 30")
    person.says("stop")
    person.chooses("Alerts only")
    assert person.is_subscribed
    assert not wishes.is_paused(person.subscriber, now=person.now)


def test_who_holds_no_topic_is_offered_the_plain_way_back(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.says("stop floods")
    assert "Fewer" not in person.says("stop")
    assert person.labels() == ["Subscribe"]


@pytest.mark.parametrize(
    "text", ["yes", "ok", "1", "2", "👍", "done", "thanks", "daily newspaper", "floods", "alerts", "back", "daily"]
)
def test_nothing_that_is_no_way_back_subscribes(session: Session, telegram: Sender, text: str) -> None:
    person = subscribed(Person(session, telegram))
    person.says("stop")
    person.says(text)
    assert not person.is_subscribed


@pytest.mark.parametrize(
    "text", ["stop dengue", "停止骨痛热症通知", "hentikan mesej denggi", "டெங்கு செய்திகளை நிறுத்து", "/stop dengue"]
)
def test_one_topic_is_stopped_at_once_by_naming_it(session: Session, telegram: Sender, text: str) -> None:
    person = subscribed(Person(session, telegram), 1, 2)
    assert "no more messages about “Dengue”" in person.says(text)
    assert person.holds == {"floods"}
    assert person.is_subscribed
    assert person.labels() == ["Get it back", "Stop all messages", "My topics"]
    assert "again" in person.chooses("Get it back")
    assert person.holds == {"floods", "dengue"}


def test_a_topic_that_comes_back_comes_as_often_as_before(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1, 2)
    for topic_id in topics.held(session, person.subscriber):
        topics.set_cadence(session, person.subscriber, topic_id, Cadence.WEEKLY)
    person.says("stop floods and dengue")
    assert person.holds == set()
    assert "no other topic" in person.seen[-1].text
    person.says("get it back")
    assert cadences(person) == {Cadence.WEEKLY}
    assert person.holds == {"floods", "dengue"}


def test_everything_can_be_stopped_from_there(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1, 2)
    person.says("stop dengue")
    person.chooses("Stop all messages")
    assert not person.is_subscribed
    person.taps(f"leaving:return:{topics.list_for(session, telegram.agency_id)[1].id}", "Get it back")
    assert not person.is_subscribed
    assert person.labels()[0] == "Yes, subscribe"


def test_a_topic_is_asked_about_where_it_is_not_clear(session: Session, telegram: Sender) -> None:
    for text in ["stop the floods", "why did you stop flood alerts?", "stop floods?", "不要水灾", "tak nak banjir"]:
        person = subscribed(Person(session, telegram, value=text), 1, 2)
        assert "about “Floods”" in person.says(text)
        assert person.holds == {"floods", "dengue"}
        person.chooses("Stop this topic")
        assert person.holds == {"dengue"}


def test_two_topics_that_may_be_meant_are_both_offered(session: Session, whatsapp: Sender) -> None:
    person = subscribed(Person(session, whatsapp), 1, 2)
    assert "Which messages" in person.says("how to stop floods or dengue?")
    assert person.labels() == ["Floods", "Dengue", "Stop all messages", "No, keep them"]
    person.says("dengue")
    assert person.holds == {"floods"}


def test_a_topic_takes_along_what_belongs_to_it(session: Session, telegram: Sender) -> None:
    floods = topics.by_key(session, telegram.agency_id, "floods")
    assert floods is not None
    names = dict.fromkeys(people.LOCALES, "Coastal floods")
    coast = topics.add(session, agency_id=telegram.agency_id, key="coast", names=names, locales=people.LOCALES)
    coast.parent_id = floods.id
    session.flush()
    person = subscribed(Person(session, telegram), 1, 3)  # Floods with the coastal ones, Dengue
    person.says("stop coastal floods")
    assert person.holds == {"floods", "dengue"}
    person.says("stop floods")
    person.chooses("Get it back")
    assert person.holds == {"floods", "dengue"}  # and not what was gone before
    topics.subscribe(session, person.subscriber, [coast.id], now=person.now)
    assert "Floods and Coastal floods" in person.says("stop floods")
    assert person.holds == {"dengue"}


def test_a_topic_they_do_not_have_is_said_so(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1)
    assert "do not receive" in person.says("stop dengue alerts")
    assert person.holds == {"floods"}


def test_stopping_a_topic_before_agreeing_takes_it_out_and_subscribes_nobody(
    session: Session, telegram: Sender
) -> None:
    person = Person(session, telegram)
    for text in ("hi", "English", "1 2"):
        person.says(text)
    assert "not subscribed" in person.says("stop flood alerts")
    assert person.holds == {"dengue"}
    assert not person.is_subscribed
