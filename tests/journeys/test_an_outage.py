"""A platform says "blocked" of every third person for a while: nobody is lost by it. Who stays away for days is.

Days pass here by moving what the database remembers back in time; the processes, the platforms and people are real.
"""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from delivery.breaker import SLOT
from delivery.models import Breaker, ReachCount
from subscribers.models import Subscriber, Suppression, SuppressionReason
from tests.journeys.crowd import LANGUAGES, accepted, import_people
from tests.journeys.steps import announce, wait_until_finished
from tests.journeys.town import Person, Town

EACH = 45
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_an_outage_unsubscribes_nobody_and_who_is_gone_for_days_is_left_alone(place: Town) -> None:
    officer, phones = settle_in(place)
    unlucky = [phone for each in phones.values() for phone in each[::3]]
    for phone in unlucky:
        seem_blocked(place, phone)
    first = announce_and_wait(place, officer)
    place.simulator.wait_for(lambda: screen(officer).count("“cannot be reached”") == 2, 30.0)
    assert held(place) == {}
    assert subscribed(place) == 2 * EACH
    assert place.command("sender", "list", COLUMNS="200").stdout.count("breaker is open") == 2
    assert "breaker of sender" in place.command("doctor", "--offline", COLUMNS="200").stdout
    assert place.log_text().count("breaker.opened") == 2
    assert got(place, first) == 2 * EACH - len(unlucky)

    place.simulator.clear_faults()
    let_pass(place, timedelta(minutes=10))
    place.simulator.wait_for(lambda: screen(officer).count("as usual again") == 2, 30.0)
    assert got(place, announce_and_wait(place, officer)) == 2 * EACH

    gone = phones["telegram"][1]
    address = gone.partition("-")[2]
    seem_blocked(place, gone)
    for strikes, wait in ((1, timedelta(hours=21)), (2, timedelta(hours=70))):
        announce_and_wait(place, officer)
        row = held(place)[address]
        assert (row.strikes, row.until is None) == (strikes, False)
        let_pass(place, wait)
    announce_and_wait(place, officer)
    assert held(place)[address].until is None
    assert subscribed(place) == 2 * EACH  # a fact about the address, not the person's word

    place.simulator.clear_faults()
    assert got(place, announce_and_wait(place, officer)) == 2 * EACH - 1
    Person(place.simulator, gone, place.bots["telegram"]).say("hello")
    place.simulator.wait_for(lambda: held(place) == {}, 10.0)
    assert got(place, announce_and_wait(place, officer)) == 2 * EACH

    place.simulator.act(gone, "block", bot=place.bots["telegram"])
    place.simulator.wait_for(lambda: held(place), 10.0)
    row = held(place)[address]  # their own hand needs no third time
    assert (row.reason, row.until) == (SuppressionReason.BLOCKED, None)


def settle_in(place: Town) -> tuple[Person, dict[str, list[str]]]:
    """An officer, and some people on each channel; their phones."""
    phones = {}
    for channel, bot in place.bots.items():
        phones[channel] = place.simulator.new_phones(EACH, channel, LANGUAGES, started_with=bot)
        place.simulator.close_windows(bot)
        import_people(place, channel, phones[channel])
    return place.officer(), phones


def seem_blocked(place: Town, phone: str) -> None:
    """From now on the platform says of this phone that it cannot be reached: at once, or (WhatsApp) later."""
    channel, _, number = phone.partition("-")
    if channel == "telegram":
        place.simulator.fault("blocked", channel=channel, chat=number, method="sendMessage")
    else:
        place.simulator.fault("undelivered", channel=channel, chat=f"+{number}", code=63024)


def announce_and_wait(place: Town, officer: Person) -> str:
    """The whole dialog, and until all of it is sent; the announcement's code."""
    code = announce(officer, place)
    wait_until_finished(place, code)
    return code


def screen(officer: Person) -> str:
    return officer.screen()


def got(place: Town, code: str) -> int:
    """How many phones show this announcement, the officer's own previews left out."""
    return len({each["phone"] for each in accepted(place, code) if "undelivered" not in str(each["status"])})


def held(place: Town) -> dict[str, Suppression]:
    """What is held against addresses, by value."""
    query = select(Suppression).where(Suppression.agency_id == place.cast.agency.id)
    return {row.value: row for row in place.in_session(lambda session: session.scalars(query).all())}


def subscribed(place: Town) -> int:
    """How many agree to be written to."""
    ours = (Subscriber.agency_id == place.cast.agency.id, Subscriber.consented_at.is_not(None))
    return place.in_session(lambda session: session.scalar(select(func.count()).where(*ours)) or 0)


def let_pass(place: Town, span: timedelta) -> None:
    """Move everything that hygiene remembers so far back."""
    with place.sessions.begin() as session:
        for row in session.scalars(select(Suppression)):
            row.at -= span
            row.struck_at = row.struck_at and row.struck_at - span
            row.until = row.until and row.until - span
        for breaker in session.scalars(select(Breaker).where(Breaker.opened_at.is_not(None))):
            breaker.opened_at = breaker.opened_at and breaker.opened_at - span
        for count in session.scalars(select(ReachCount)):
            count.slot -= span // SLOT
