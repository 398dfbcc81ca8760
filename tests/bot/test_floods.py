"""Whoever writes without end is told so once and then waits; STOP always works."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot import conversation, floods
from bot.floods import AT_ONCE, Flow, Verdict, pour
from channels.contract import Inbound
from delivery.models import Sender
from locales import texts
from staff import officers
from staff.models import Agency, Role
from subscribers import topics
from tests.bot import people
from tests.bot.people import Person, subscribed

SECOND = timedelta(seconds=1)


def burst(person: Person, text: str, times: int) -> list[list[str]]:
    """The answers to the same words, said all at the same moment."""
    answers = []
    for number in range(times):
        inbound = Inbound(f"{text}-{person.now.timestamp()}-{number}", person.value, text)
        said = conversation.hear(person.session, inbound, sender=person.sender, limits=person.limits, now=person.now)
        answers.append([draft.text for draft in said])
    return answers


def test_a_flood_is_answered_for_a_while_then_told_once_and_then_ignored(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    person.now += timedelta(minutes=2)
    answers = burst(person, "you are all fools", 200)
    assert all(answers[:AT_ONCE])
    assert answers[AT_ONCE] == [texts.say("floods.slow_down", "en")]
    assert not any(answers[AT_ONCE + 1 :])
    person.now += timedelta(seconds=40)
    assert "did not understand" in burst(person, "hm", 1)[0][0]


def test_stop_works_in_the_middle_of_a_flood_and_is_always_answered(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    burst(person, "noise", 100)
    (answer,) = burst(person, "please stop", 1)
    assert answer[0].startswith("You have been unsubscribed")
    assert not person.is_subscribed
    lines = len(person.record)
    assert all(burst(person, "STOP", 50))
    assert len(person.record) == lines  # and costs us nothing more


def test_a_stop_in_a_flood_may_name_the_agency_and_offers_the_ways_back_once(
    session: Session, telegram: Sender
) -> None:
    person = subscribed(Person(session, telegram))
    burst(person, "noise", 100)
    (answer,) = burst(person, "stop Water Board messages", 1)
    assert "Fewer messages?" in answer[0]
    assert not any("Fewer" in text for texts_of_one in burst(person, "sotp", 30) for text in texts_of_one)
    assert not any(burst(person, "alerts only", 10))
    assert not person.is_subscribed


STOPS = {  # in each language everything, in polite words, with a slip, with a weak word; and one topic
    "en": ("kindly stop sending me all these messages 🙏", "unsubscrbe", "cancel", "stop flood alerts"),
    "zh_Hans": ("请不要再发短信给我", "退定", "取消", "停止水灾通知"),
    "ms": ("jangan hantar mesej lagi", "berhnti", "batal", "hentikan mesej banjir"),
    "ta": ("செய்திகள் வேண்டாம்", "நிருத்து", "ரத்து", "வெள்ளச் செய்திகளை நிறுத்து"),
}


@pytest.mark.parametrize("locale", people.LOCALES)
def test_every_clear_stop_is_heard_of_who_is_slowed_in_every_language(
    session: Session, telegram: Sender, locale: str
) -> None:
    *everything, one_topic = STOPS[locale]
    for words in everything:
        person = subscribed(Person(session, telegram, value=words))
        burst(person, "noise", 100)
        assert all(burst(person, words, 1)), words
        assert not person.is_subscribed
    person = subscribed(Person(session, telegram), 1, 2)
    burst(person, "noise", 100)
    for words in (one_topic, "/stop floods"):
        assert "Floods" in burst(person, words, 1)[0][0]
        assert person.holds == {"dengue"}
    assert person.is_subscribed
    assert not any(burst(person, "stop dengue in our street", 3))  # that may be a wish about the world
    assert not any(burst(person, "does the bus stop here", 3))


def test_the_buttons_that_stop_are_heard_of_who_is_slowed_tapped_or_typed(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1, 2)
    person.now += timedelta(minutes=2)
    burst(person, "noise", AT_ONCE - 1)
    assert "about “Floods”" in burst(person, "stop the floods", 1)[0][0]
    burst(person, "noise", 5)
    assert "Floods" in burst(person, texts.say("leaving.topic.button", "en"), 1)[0][0]
    assert person.holds == {"dengue"}
    dengue = topics.by_key(session, telegram.agency_id, "dengue")
    assert dengue is not None
    burst(person, "noise", 5)
    person.taps(f"leaving:topic:{dengue.id}")
    assert person.holds == set()
    burst(person, "noise", 50)
    person.taps("leaving:stop")
    assert not person.is_subscribed


def test_an_officer_is_never_slowed(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram))
    owner = session.get_one(Agency, telegram.agency_id)
    _, code = officers.invite(session, owner, name="Aini", role=Role.ADMIN, now=person.now)
    person.says(f"/start o-{code}")
    assert all(burst(person, "/status", 60))


def test_one_persons_flood_costs_nobody_else_an_answer(session: Session, telegram: Sender) -> None:
    person, other = Person(session, telegram), Person(session, telegram, value="77")
    burst(person, "noise", 100)
    assert all(burst(other, "hi", 1))


@given(st.lists(st.floats(0, 200), max_size=200))
def test_however_somebody_writes_they_are_told_before_they_are_ignored(pauses: list[float]) -> None:
    flow, told = Flow(0.0, people.START, is_slowed=False), False
    for pause in pauses:
        flow, verdict = pour(flow, flow.at + timedelta(seconds=pause))
        assert 0 < flow.level <= AT_ONCE + 1
        assert verdict is not Verdict.IGNORE or told
        told = verdict is not Verdict.ANSWER
        assert flow.is_slowed is told
        if pause >= (AT_ONCE + 1) / floods.A_SECOND:
            assert verdict is Verdict.ANSWER
