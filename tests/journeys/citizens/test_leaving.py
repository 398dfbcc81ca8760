"""Leaving and rights: one topic, fewer messages, stop; what we hold, what was agreed to, and its end."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from locales import texts
from subscribers.models import Address
from tests.journeys.citizens.citizen import ZONE, Citizen


def test_less_then_nothing_then_everything_forgotten(citizen: Citizen) -> None:
    begun = datetime.now(UTC)
    citizen.arrives("flood")
    citizen.says(citizen.words.topics)
    citizen.reads("topics.choose", topics=citizen.listed("flood"))
    citizen.says("2")
    citizen.reads("topics.choose", topics=citizen.listed("flood", "haze"))

    hear_less(citizen)
    leave_and_come_back_for_alerts(citizen)
    read_what_is_known(citizen, begun)
    citizen.reads_one_language()

    citizen.says(citizen.words.delete_me)
    citizen.reads("deleting.ask")
    citizen.says(citizen.words.delete)
    citizen.reads("deleting.done")
    citizen.reads_one_language()
    value = citizen.person.phone.partition("-")[2]
    known = select(Address.id).where(Address.channel == citizen.app, Address.value.endswith(value))
    assert citizen.city.town.in_session(lambda session: session.scalars(known).all()) == []
    citizen.says(citizen.words.start)
    citizen.person.see_new(citizen.text("language.ask"))  # a stranger is asked in every language again


def hear_less(citizen: Citizen) -> None:
    """One topic less, by its name; and who has too much of it is asked what they mean."""
    citizen.says(citizen.words.stop_floods)
    citizen.reads("leaving.topic_stopped", topic=citizen.name("flood"))
    citizen.says(citizen.words.too_many)
    citizen.reads("leaving.ask")
    citizen.taps("leaving:stay")
    citizen.receives(citizen.text("leaving.stayed", topics=f"• {citizen.name('haze')}", language=citizen.words.name))


def leave_and_come_back_for_alerts(citizen: Citizen) -> None:
    """Stop, in their words; the goodbye offers less, and they take the alerts alone."""
    citizen.says(citizen.words.stop)
    citizen.reads("leaving.stopped_fewer", topics=f"• {citizen.name('haze')}")
    citizen.says(citizen.words.fewer)
    alerts = f"• {citizen.name('haze')} ({citizen.text('topics.cadence.alerts')})"
    citizen.reads("leaving.returned", topics=alerts)


def read_what_is_known(citizen: Citizen, begun: datetime) -> None:
    """In short what we hold, and line by line what they agreed to and took back, with the day in their way."""
    citizen.says(citizen.words.my_data)
    topic = citizen.text("mine.topic", topic=citizen.name("haze"), cadence=citizen.text("mine.cadence.alerts"))
    held = citizen.person.see_new(topic)
    assert citizen.text("mine.language", language=citizen.words.name) in held
    assert f"{citizen.city.town.settings.public_url}/mine/" in held
    citizen.says(citizen.words.history)
    told = citizen.person.see_new(citizen.words.stop)
    days = {texts.day(at.astimezone(ZoneInfo(ZONE)).date(), ZONE, citizen.locale) for at in (begun, datetime.now(UTC))}
    assert sum(told.count(day) for day in days) == 3, "agreed, stopped, and agreed to less"
