"""What we hold about somebody, told to them in the chat in plain words; and what they agreed to."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot import records
from delivery.models import Sender
from locales import texts
from staff.models import Agency
from subscribers import consent, exporting
from subscribers.exporting import Line
from subscribers.models import Area, AreaChoice, ConsentKind, Source
from tests.bot import people
from tests.bot.people import Person, subscribed
from tests.bot.test_joining import join

WORDS = {
    "en": ("my data", "history"),
    "zh_Hans": ("我的资料", "同意记录"),
    "ms": ("data saya", "sejarah"),
    "ta": ("என் தரவு", "வரலாறு"),
}


@pytest.mark.parametrize("locale", people.LOCALES)
def test_both_can_be_asked_for_in_every_language(session: Session, telegram: Sender, locale: str) -> None:
    person = subscribed(Person(session, telegram), 1)
    person.subscriber.locale = locale
    asked, history = WORDS[locale]
    said = person.says(asked)
    cadence = texts.say("mine.cadence.at_once", locale)
    assert texts.say("mine.topic", locale, topic=people.TOPICS["floods"][locale], cadence=cadence) in said
    assert person.value in said
    zone = session.get_one(Agency, telegram.agency_id).time_zone
    assert texts.instant(person.record[0].at, zone, locale) in person.says(history)


def test_the_history_says_when_and_in_which_words(session: Session, telegram: Sender) -> None:
    person = subscribed(Person(session, telegram), 1)
    person.says("please stop")
    said = person.says("/history")
    assert "24 Nov 2026, 8:00 am you agreed to: “Water Board would like to send you" in said
    assert "you told us to stop: “please stop”" in said


def test_who_agreed_to_nothing_is_told_so(session: Session, telegram: Sender) -> None:
    assert "not agreed to anything" in Person(session, telegram).says("/history")


def test_a_long_history_shows_its_end_and_fits_every_channel(session: Session, whatsapp: Sender) -> None:
    person = subscribed(Person(session, whatsapp, value="whatsapp:+6591234567"), 1)
    for number in range(60):
        evidence, now = {"event_id": number}, person.now + timedelta(days=number)
        consent.withdraw(session, person.subscriber, source=Source.CHAT, wording="x" * 500, evidence=evidence, now=now)
    said = person.says("/history")
    assert said.startswith("The latest of what you agreed to")
    assert len(said) <= person.limits.text_length
    assert "agreed to: “Water" not in said


def test_wishes_areas_and_joined_apps_are_told(session: Session, telegram: Sender) -> None:
    owner = session.get_one(Agency, telegram.agency_id)
    person = subscribed(Person(session, telegram), 1)
    phone = Person(session, people.sender(session, owner, "whatsapp"), value="whatsapp:+6591234567")
    join(person, phone)
    area = Area(agency_id=owner.id, key="bedok", names={"en": "Bedok"})
    session.add(area)
    session.flush()
    session.add(AreaChoice(subscriber_id=person.subscriber.id, area_id=area.id))
    them = person.subscriber
    them.quiet_from, them.quiet_until, them.paused_until, them.wants_media = 22 * 60, 7 * 60, person.now, False
    session.flush()
    said = person.says("/mydata")
    for line in ("Areas: Bedok", "Quiet hours: 10:00", "Paused until: 24 Nov", "No pictures", "WhatsApp: +6591234567"):
        assert line in said
    assert exporting.about(session, them).ids[0] == them.id
    assert len(exporting.about(session, them).ids) == 2


@pytest.mark.parametrize("kind", ConsentKind)
@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("locale", people.LOCALES)
def test_every_kind_of_line_has_its_sentence(kind: ConsentKind, source: Source, locale: str) -> None:
    (said,) = records.history([Line(kind, people.START, source, "the words", {})], locale, "Asia/Singapore")
    assert "the words" in said
