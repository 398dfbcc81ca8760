"""Whoever writes without end is told so once and then waits; STOP always works."""

from datetime import timedelta

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
