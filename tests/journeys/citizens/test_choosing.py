"""Choosing: everything on the card of /settings by words and taps, a pause, and a second app of the same person."""

import re

from sqlalchemy import select

from locales import texts
from subscribers import areas, topics, wishes
from subscribers.models import Address, Cadence, Subscriber
from tests.journeys.citizens.citizen import ZONE, Citizen

CODE = re.compile(r"\b[0-9A-Z]{4} [0-9A-Z]{4}\b")
NIGHT = wishes.QuietHours(22 * 60, 7 * 60)


def test_everything_is_chosen_in_ones_own_words_and_two_apps_are_joined(citizen: Citizen) -> None:
    citizen.arrives("haze")
    choose_on_the_card(citizen)
    pause_and_return(citizen)
    other = join_another_app(citizen)
    citizen.reads_one_language()
    other.reads_one_language()

    haze = citizen.city.town.topic("haze")
    with citizen.city.town.sessions() as session:
        values = [each.person.phone.partition("-")[2] for each in (citizen, other)]
        whose = select(Subscriber).join(Address, Address.subscriber_id == Subscriber.id)
        (person,) = {session.scalars(whose.where(Address.value.endswith(value))).one() for value in values}
        assert wishes.quiet_hours(person) == NIGHT
        assert (person.locale, person.wants_media, person.paused_until) == (citizen.locale, False, None)
        assert topics.held(session, person) == {haze: Cadence.DAILY}
        chosen = areas.chosen(session, person)
        assert [area.key for area in areas.list_for(session, person.agency_id) if area.id in chosen] == ["bedok"]


def choose_on_the_card(citizen: Citizen) -> None:
    """Quiet hours, how often, an area, and no pictures; each answer is the card with what holds now."""
    words = citizen.words
    citizen.says(words.settings)
    card = citizen.reads("settings.no_quiet")
    assert citizen.text("settings.language", language=words.name) in card
    citizen.says(words.quiet)
    begins, ends = (texts.clock(minute, ZONE, citizen.locale) for minute in (NIGHT.start, NIGHT.end))
    citizen.reads("settings.quiet", start=begins, end=ends)
    citizen.says(words.often)
    citizen.taps(f"settings:topic:{citizen.city.town.topic('haze')}")
    citizen.taps(":daily")
    citizen.receives(f"• {citizen.name('haze')} ({citizen.text('topics.cadence.daily')})")
    citizen.says(words.area)
    citizen.reads("settings.areas_ask", areas=f"▫️ 1. {words.bedok}\n▫️ 2. {words.jurong}")
    citizen.says(words.bedok)
    citizen.reads("settings.areas_ask", areas=f"✅ 1. {words.bedok}\n▫️ 2. {words.jurong}")
    citizen.says(words.done)
    citizen.reads("settings.areas", areas=words.bedok)
    citizen.taps("settings:media:off")
    citizen.receives(citizen.text("settings.media_off"))


def pause_and_return(citizen: Citizen) -> None:
    """A week without anything, told with its end, and over at a word."""
    citizen.says(citizen.words.pause)
    citizen.person.tap_is_offered("settings:resume")
    citizen.says(citizen.words.settings)
    citizen.person.see_new("⏸ ")
    citizen.says(citizen.words.start)
    assert "⏸" not in citizen.reads("settings.resumed", wishes="")


def join_another_app(citizen: Citizen) -> Citizen:
    """A code of the first app, sent from the other, makes both one person; both are told. The other app."""
    citizen.says(citizen.words.join)
    shown = CODE.search(citizen.person.see_new(citizen.text("joining.code", code="\0", length="").split("\0")[0]))
    assert shown is not None
    other = citizen.city.citizen("whatsapp" if citizen.app == "telegram" else "telegram", citizen.locale)
    other.says(shown[0])
    other.reads("joining.joined")
    citizen.receives(citizen.text("joining.told"))
    other.taps(other.text("joining.here.button"))
    other.receives(other.text("joining.prefers_here"))
    return other
