"""Arriving: a poster, one's language first, its topic, consent; the alert in force at once; a change by one word."""

from sqlalchemy import select

from subscribers.models import Address, Subscriber
from tests.journeys.citizens.citizen import Citizen
from tests.journeys.steps import TEXTS


def test_by_a_poster_in_an_emergency_and_changed_by_a_word(citizen: Citizen) -> None:
    citizen.opens("flood")
    citizen.person.see(citizen.text("onboarding.topics", topics=citizen.listed("flood")))
    citizen.says(citizen.words.done)
    citizen.reads("consent.ask", topics=f"• {citizen.name('flood')}")
    assert not has_agreed(citizen)
    assert TEXTS[citizen.locale] not in citizen.person.screen()

    citizen.says(citizen.words.yes)
    citizen.reads("consent.done", topics=f"• {citizen.name('flood')}", language=citizen.words.name)
    heading = citizen.text("broadcast.heading.alert", title=citizen.name("flood"), code=citizen.city.alert)
    alert = citizen.receives(heading)["text"]
    assert TEXTS[citizen.locale] in alert
    assert alert.endswith(citizen.text("broadcast.footer"))
    assert has_agreed(citizen)

    citizen.says(citizen.words.topics)
    citizen.reads("topics.choose", topics=citizen.listed("flood"))
    citizen.says("2")
    citizen.reads("topics.choose", topics=citizen.listed("flood", "haze"))
    citizen.says(citizen.words.done)
    both = "\n".join(f"• {citizen.name(topic)}" for topic in ("flood", "haze"))
    citizen.reads("settings.topics", topics=both)
    citizen.reads_one_language()


def has_agreed(citizen: Citizen) -> bool:
    """Whether we may write to them, as the database has it."""
    value = citizen.person.phone.partition("-")[2]
    whose = select(Subscriber.consented_at).join(Address, Address.subscriber_id == Subscriber.id)
    query = whose.where(Address.channel == citizen.app, Address.value.endswith(value))
    return citizen.city.town.in_session(lambda session: session.scalars(query).one()) is not None
