"""A pause ends with a word beforehand: once, in the person's language, where they may be written to."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import returns
from channels.contract import Template
from delivery import postman, senders
from delivery.models import Letter, Sender
from locales import texts
from staff.models import Agency
from subscribers import consent, wishes
from subscribers.models import Address, Source, Subscriber
from subscribers.wishes import QuietHours
from tests.bot import people
from tests.bot.people import START, Person
from tests.delivery.taking import taken

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
EVE = START + 6 * DAY  # a day before a pause of seven days ends


def pausing(session: Session, sender: Sender, *, locale: str = "en", days: int = 7) -> Subscriber:
    """Somebody who agreed and then paused, at START."""
    person = Person(session, sender)
    person.says("hello")
    found = session.scalars(select(Subscriber)).one()
    found.locale = locale
    consent.grant(session, found, source=Source.CHAT, wording="yes", evidence={}, now=START)
    wishes.pause(found, days, now=START)
    session.flush()
    return found


def posted(session: Session) -> list[Letter]:
    return list(session.scalars(select(Letter).order_by(Letter.id)))


@pytest.mark.parametrize(("days", "due"), [(30, 29 * DAY), (7, 6 * DAY), (1, 22 * HOUR)])
def test_the_return_is_announced_once_a_day_or_two_hours_before(
    session: Session, telegram: Sender, days: int, due: timedelta
) -> None:
    person = pausing(session, telegram, days=days)
    assert returns.announce(session, START + due - timedelta(seconds=1)) == 0
    assert returns.announce(session, START + due) == 1
    assert returns.announce(session, START + due) == 0  # another clock, or the next tick
    [letter] = posted(session)
    assert (letter.to, person.pause_announced_at) == ("4242", START + due)
    assert [choice[0] for choice in letter.choices] == ["settings:pause:7", "settings:pause:30", "leaving:stop"]
    assert "STOP" in letter.text


@pytest.mark.parametrize(("locale", "word"), [("en", "Your pause ends"), ("zh_Hans", "暂停"), ("ta", "இடைநிறுத்தம்")])
def test_it_is_said_in_the_persons_language(session: Session, telegram: Sender, locale: str, word: str) -> None:
    pausing(session, telegram, locale=locale)
    returns.announce(session, EVE)
    assert word in posted(session)[0].text


def test_who_says_stop_meanwhile_hears_nothing_and_is_not_paused_when_they_come_back(
    session: Session, telegram: Sender
) -> None:
    person = pausing(session, telegram)
    consent.withdraw(session, person, source=Source.CHAT, wording="stop", evidence={}, now=START)
    assert returns.announce(session, EVE) == 0
    person.announce_return_at = EVE  # as if the stop had come between the two
    assert returns.announce(session, EVE) == 0
    assert not posted(session)
    assert person.paused_until is None


def test_who_says_stop_before_it_has_left_hears_nothing(session: Session, telegram: Sender) -> None:
    person = pausing(session, telegram)
    returns.announce(session, EVE)
    consent.withdraw(session, person, source=Source.CHAT, wording="stop", evidence={}, now=EVE + HOUR)
    [letter] = posted(session)
    assert taken(session, letter.id, now=EVE + HOUR, lease_for=HOUR) is None
    assert letter.reason == postman.STOPPED


def test_in_quiet_hours_it_waits_for_their_end(session: Session, telegram: Sender) -> None:
    person = pausing(session, telegram)  # 8 in the morning, where they are
    wishes.set_quiet_hours(person, QuietHours(22 * 60, 9 * 60 + 30))
    assert returns.announce(session, EVE) == 0
    assert returns.announce(session, EVE + HOUR) == 0
    assert returns.announce(session, EVE + 1.5 * HOUR) == 1


def test_a_pause_that_ends_in_quiet_hours_ends_without_waking_anybody(session: Session, telegram: Sender) -> None:
    person = pausing(session, telegram, days=1)
    wishes.set_quiet_hours(person, QuietHours(5 * 60, 9 * 60))
    assert returns.announce(session, START + 22 * HOUR) == 0
    assert returns.announce(session, START + 23 * HOUR) == 0
    assert not posted(session)


def test_a_clock_that_was_away_until_the_pause_was_over_says_nothing(session: Session, telegram: Sender) -> None:
    pausing(session, telegram)
    assert returns.announce(session, START + 7 * DAY) == 0
    assert not posted(session)


def test_one_tap_pauses_again_and_that_return_is_announced_too(session: Session, telegram: Sender) -> None:
    person = pausing(session, telegram)
    returns.announce(session, EVE)
    phone = Person(session, telegram)
    phone.now = EVE
    assert "will send you nothing until" in phone.taps("settings:pause:7")
    session.flush()
    assert person.paused_until == phone.now + 7 * DAY
    assert returns.announce(session, EVE + DAY) == 0
    assert returns.announce(session, phone.now + 6 * DAY) == 1


def test_an_old_button_pauses_nobody_who_said_stop(session: Session, telegram: Sender) -> None:
    person = pausing(session, telegram)
    phone = Person(session, telegram)
    phone.says("STOP")
    assert phone.taps("settings:pause:30")
    assert person.paused_until is None


def test_outside_the_reply_window_only_an_approved_wording_leaves(session: Session, whatsapp: Sender) -> None:
    person = pausing(session, whatsapp)
    assert returns.announce(session, EVE) == 0
    assert person.pause_announced_at is None
    person.announce_return_at = EVE
    senders.set_template(
        session, sender_id=whatsapp.id, purpose="returning", locale="en", provider_id="HX9", body="{{1}}: {{2}}"
    )
    assert returns.announce(session, EVE) == 1
    [letter] = posted(session)
    assert letter.choices == []
    leased = taken(session, letter.id, now=EVE, lease_for=HOUR)
    assert leased is not None
    assert leased.message.template == Template("HX9", {"1": "Water Board", "2": "1 Dec 2026, 8:00 am"})


@pytest.mark.parametrize("locale", people.LOCALES)
def test_no_return_is_promised_where_nobody_could_be_told_of_it(
    session: Session, whatsapp: Sender, locale: str
) -> None:
    phone = people.subscribed(Person(session, whatsapp))
    phone.subscriber.locale = locale
    names = session.get_one(Agency, whatsapp.agency_id)

    def until(days: int) -> str:
        return texts.instant(phone.now + days * DAY, names.time_zone, locale)

    said = phone.says("/pause 7")
    assert said == texts.say("settings.paused_untold", locale, agency=names.name_in(locale), until=until(7))
    said = phone.says("/pause 1")  # they are told after 22 hours, and may be written to for 24
    told = texts.instant(phone.now + 22 * HOUR, names.time_zone, locale)
    assert said == texts.say("settings.paused", locale, agency=names.name_in(locale), until=until(1), told=told)
    senders.set_template(
        session, sender_id=whatsapp.id, purpose="returning", locale=locale, provider_id="HX9", body="{{1}}: {{2}}"
    )
    assert texts.instant(phone.now + 6 * DAY + 10 * SECOND, names.time_zone, locale) in phone.says("/pause 7")


def test_the_promise_heeds_quiet_hours(session: Session, telegram: Sender) -> None:
    phone = people.subscribed(Person(session, telegram))  # at 8 in the morning
    wishes.set_quiet_hours(phone.subscriber, QuietHours(5 * 60, 9 * 60))
    assert "tell you on 30 Nov 2026, 9:00 am" in phone.says("/pause 7")
    assert "cannot remind you beforehand" in phone.says("/pause 1")


def test_where_one_app_may_not_be_written_to_the_other_is(session: Session, whatsapp: Sender, telegram: Sender) -> None:
    person = pausing(session, whatsapp)
    other = Address(subscriber_id=person.id, agency_id=person.agency_id, sender_id=telegram.id, channel="telegram")
    other.value, other.created_at = "777", START
    session.add(other)
    session.flush()
    person.preferred_address_id = session.scalars(select(Address.id).where(Address.value == "4242")).one()
    assert returns.announce(session, EVE) == 1
    assert [letter.to for letter in posted(session)] == ["777"]
