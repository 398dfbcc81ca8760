"""kill -9 of everything at the moments that matter to an officer: one broadcast, never two, and the card goes on."""

import signal
from collections.abc import Callable

import pytest
from sqlalchemy import select

from broadcast.models import Broadcast
from broadcast.states import State
from tests.journeys.crowd import doubted, everybody, settle_in, wait_until_accepted, who_got
from tests.journeys.steps import TEXTS, wait_until_quiet
from tests.journeys.town import Person, Town

PEOPLE = 60
RATE = 20.0  # messages a second: three seconds in which to be killed

pytestmark = pytest.mark.timeout(240)


def test_everything_is_killed_at_the_code_at_the_launch_and_at_the_progress(place: Town) -> None:
    officer = settle_in(place, PEOPLE, RATE, ["telegram"])
    code, confirmation = preview(officer, place)
    kill_everything(place, lambda: officer.say(confirmation))
    officer.see(f"Confirmed: {code}", 60.0)
    if place.redis_url is None:  # three processes take three times as long to start again
        kill_everything(place)  # the audience is being frozen, or just was
    wait_until_accepted(place, code, PEOPLE // 2)
    card = card_of(officer, code)
    kill_everything(place)
    officer.see(f"{code} · Flood alerts · finished", 60.0)
    assert card_of(officer, code) == card, "the card goes on in place"
    wait_until_quiet(place)
    received = who_got(place, code)
    assert set(received) == set(everybody(place).values()), "nobody is lost"
    assert sum(received.values()) - len(received) <= doubted(place)
    assert officer.screen().count(f"Confirmed: {code}") <= 2  # an answer may have left just before the kill
    assert states(place) == [State.FINISHED], "one announcement"
    if place.redis_url is None:  # of a recall the other size's worker is killed in test_putting_right.py
        recalls_although_killed(officer, place, code)


def recalls_although_killed(officer: Person, place: Town, code: str) -> None:
    """Killed at the code of a recall."""
    officer.say(f"/recall {code}")
    asked = officer.see_new("type this code", 30.0)
    kill_everything(place, lambda: officer.say(asked.split()[-1]))
    officer.see(f"recall of {code} · finished", 60.0)
    assert states(place) == [State.RECALLED, State.FINISHED], "one announcement, one recall"


def preview(officer: Person, place: Town) -> tuple[str, str]:
    """The announcement's code and the one that sends it."""
    officer.say("/announce")
    for label in ("Notice", "Flood alerts"):
        officer.tap(label)
    for locale in place.cast.agency.locales:
        officer.see_new("send the text in")
        officer.say(TEXTS[locale])
    summary = officer.see_new("type this code", 30.0)
    ours = select(Broadcast.code).where(Broadcast.agency_id == place.cast.agency.id)
    return place.in_session(lambda session: session.scalars(ours).one()), summary.split()[-1]


def kill_everything(place: Town, just_before: Callable[[], object] = lambda: None) -> None:
    """Every process of ours ends at the same moment without a word, and is started again."""
    just_before()
    for name in place.commands:
        place.stop(name, signal.SIGKILL)
    for name, command in place.commands.items():
        place.start(name, command)


def card_of(officer: Person, code: str) -> str:
    """The id of the one message that shows how far it is."""
    found = [each["id"] for each in officer.messages() if each["text"].startswith(f"{code} · Flood alerts")]
    assert len(found) == 1, found
    return str(found[0])


def states(place: Town) -> list[State]:
    """Where the agency's announcements stand, oldest first."""
    ours = select(Broadcast.state).where(Broadcast.agency_id == place.cast.agency.id).order_by(Broadcast.id)
    return place.in_session(lambda session: list(session.scalars(ours)))
