"""An officer pauses, resumes and cancels what is going out; it takes effect within a second."""

import time

import pytest
from sqlalchemy import select

from delivery.models import Sender
from tests.journeys.steps import announce, wait_until_quiet
from tests.journeys.test_two_thousand import EACH, LANGUAGES, accepted, import_people
from tests.journeys.town import Person, Town

RATE = 100.0
pytestmark = pytest.mark.timeout(240)


def test_pause_holds_resume_goes_on_and_cancel_ends(place: Town) -> None:
    officer = settle_in(place)
    code = announce(officer, place)
    place.simulator.wait_for(lambda: len(accepted(place, code)) >= 50, 30.0)

    officer.say("/pause")
    officer.see_new("/resume")
    held = count_after_a_second(place, code)
    time.sleep(2.0)
    assert len(accepted(place, code)) == held < EACH

    officer.say(f"/resume {code}")
    place.simulator.wait_for(lambda: len(accepted(place, code)) >= held + 50, 30.0)

    officer.say(f"/cancel {code}")
    officer.tap("Yes")
    officer.see_new(code)
    ended = count_after_a_second(place, code)
    wait_until_quiet(place, 3.0)
    assert len(accepted(place, code)) == ended < EACH
    assert len({each["phone"] for each in accepted(place, code)}) == ended  # and nobody twice


def settle_in(place: Town) -> Person:
    """A thousand people on Telegram at a hundred messages a second, and an officer."""
    bot = place.bots["telegram"]
    place.simulator.limits(bot=bot, rate=2 * RATE)
    import_people(place, "telegram", place.simulator.new_phones(EACH, "telegram", LANGUAGES, started_with=bot))
    with place.sessions.begin() as session:
        for sender in session.scalars(select(Sender)):
            sender.rate = RATE
    return place.officer()


def count_after_a_second(place: Town, code: str) -> int:
    """How many have left one second after the officer was answered."""
    time.sleep(1.0)
    return len(accepted(place, code))
