"""An officer pauses, resumes and cancels what is going out; it takes effect within a second."""

import os
import time

import pytest

from tests.journeys.conftest import SCALED_OUT
from tests.journeys.crowd import accepted, settle_in, wait_until_accepted
from tests.journeys.steps import announce, wait_until_quiet
from tests.journeys.town import Town

EACH = 600  # people
RATE = 60.0
pytestmark = pytest.mark.timeout(240)


def test_pause_holds_resume_goes_on_and_cancel_ends(place: Town) -> None:
    officer = settle_in(place, EACH, RATE, ["telegram"])
    code = announce(officer, place)
    wait_until_accepted(place, code, 50)

    officer.say("/pause")
    officer.see_new("/resume")
    held = count_after_a_second(place, code)
    time.sleep(2.0)
    assert len(accepted(place, code)) == held < EACH

    officer.say(f"/resume {code}")
    wait_until_accepted(place, code, held + 50)

    officer.say(f"/cancel {code}")
    officer.tap("Yes")
    officer.see_new(code)
    ended = count_after_a_second(place, code)
    wait_until_quiet(place, 3.0)
    assert len(accepted(place, code)) == ended < EACH
    assert len({each["phone"] for each in accepted(place, code)}) == ended  # and nobody twice


def count_after_a_second(place: Town, code: str) -> int:
    """How many have left one second after the officer was answered."""
    time.sleep(1.0)
    return len(accepted(place, code))


@pytest.mark.parametrize("place", [SCALED_OUT], indirect=True)
def test_a_worker_gives_way_to_the_door(place: Town) -> None:
    """So that who writes to us, and stops, is heard at once while a million messages leave."""
    niceness = {name: os.getpriority(os.PRIO_PROCESS, place.processes[name].pid) for name in ("web", "worker", "clock")}
    assert niceness["worker"] - niceness["web"] == 5
    assert niceness["clock"] == niceness["web"]
