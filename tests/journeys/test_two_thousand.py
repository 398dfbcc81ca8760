"""Two thousand subscribers over both channels and four languages: our ledger and the platforms' record agree."""

import signal
import time
from collections import Counter

import pytest

from tests.journeys.conftest import SIZES, Towns
from tests.journeys.crowd import LOCALES, accepted, doubted, everybody, settle_in, tallies, wait_until_accepted, who_got
from tests.journeys.steps import TEXTS, announce, wait_until_quiet
from tests.journeys.town import Person, Town

EACH = 1000  # people on each channel
RATE = 200.0  # messages a second and sender, so that there is a middle to be killed in

pytestmark = pytest.mark.timeout(300)
Crowd = tuple[Town, Person]


@pytest.fixture(scope="module", params=SIZES)
def crowd(request: pytest.FixtureRequest, towns: Towns) -> Crowd:
    """Everybody, taken in once for the whole module, and an officer."""
    place = towns.another(request.param)
    return place, settle_in(place, EACH, RATE, is_imported=True)


def test_the_ledger_and_the_record_agree_to_the_last_message(crowd: Crowd) -> None:
    place, officer = crowd
    before = place.ledger()
    code = announce(officer, place)
    wait_until_finished(officer, code)
    received = who_got(place, code)
    assert received == Counter(dict.fromkeys(everybody(place).values(), 1))
    place.simulator.wait_for(lambda: place.ledger() - before == {"accepted": EACH, "delivered": EACH}, 30.0)
    assert tallies(place) == place.ledger()
    assert languages_received(place, code) == dict.fromkeys(LOCALES, 2 * EACH // 4)


def test_a_worker_killed_in_the_middle_loses_nobody(crowd: Crowd) -> None:
    place, officer = crowd
    before, doubted_before = place.ledger(), doubted(place)
    worker, command = ("up", "up") if place.redis_url is None else ("worker", "worker")
    code = announce(officer, place)
    kills = 3
    for kill in range(1, kills + 1):
        wait_until_accepted(place, code, kill * 400)
        place.stop(worker, signal.SIGKILL)
        place.start(worker, command)
    wait_until_finished(officer, code)
    received = who_got(place, code)
    assert set(received) == set(everybody(place).values())  # nobody is lost
    wait_until_quiet(place)
    doubled, in_doubt = sum(received.values()) - len(received), doubted(place) - doubted_before
    assert doubled <= in_doubt <= kills * 2 * RATE  # a second of each sender's messages for each kill
    assert (place.ledger() - before).total() == 2 * EACH
    # Everybody's message is known to have been taken; a receipt that met no door for all of its retries is gone.
    assert set(place.ledger()) <= {"accepted", "sent", "delivered"}
    assert tallies(place) == place.ledger()


def wait_until_finished(officer: Person, code: str) -> None:
    """Until the officer reads the final summary."""
    officer.see(f"{code} · Flood alerts · finished", seconds=120.0)
    time.sleep(1.0)


def languages_received(place: Town, code: str) -> dict[str, int]:
    """How many accepted messages carry the text of each locale."""
    received = [str(each["text"]) for each in accepted(place, code)]
    return {locale: sum(TEXTS[locale] in text for text in received) for locale in LOCALES}
