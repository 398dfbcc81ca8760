"""Two thousand subscribers over both channels and four languages: our ledger and the platforms' record agree."""

import csv
import io
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.models import Batch, Sender, Tally
from subscribers.models import Address
from tests.journeys.steps import TEXTS, announce, wait_until_quiet
from tests.journeys.town import Person, Town
from tests.simulated import ROOT

EACH = 1000  # people on each channel
LANGUAGES = ["en", "zh-hans", "ms", "ta"]
LOCALES = ["en", "zh_Hans", "ms", "ta"]
RATE = 200.0  # messages a second and sender, so that there is a middle to be killed in

pytestmark = pytest.mark.timeout(300)


def test_the_ledger_and_the_record_agree_to_the_last_message(place: Town) -> None:
    officer = settle_in(place)
    code = announce(officer, place)
    wait_until_finished(officer, code)
    received = who_got(place, code)
    assert received == Counter(dict.fromkeys(everybody(place), 1))
    place.simulator.wait_for(lambda: place.ledger() == {"accepted": EACH, "delivered": EACH}, 30.0)
    assert tallies(place) == {"accepted": EACH, "delivered": EACH}
    assert languages_received(place, code) == dict.fromkeys(LOCALES, 2 * EACH // 4)


def test_a_worker_killed_in_the_middle_loses_nobody(place: Town) -> None:
    officer = settle_in(place)
    worker, command = ("up", "up") if place.redis_url is None else ("worker", "worker")
    code = announce(officer, place)
    kills = 3
    for kill in range(1, kills + 1):
        place.simulator.wait_for(lambda least=kill * 400: sum(who_got(place, code).values()) >= least, 60.0)  # type: ignore[misc]
        place.stop(worker, signal.SIGKILL)
        place.start(worker, command)
    wait_until_finished(officer, code)
    received = who_got(place, code)
    assert set(received) == set(everybody(place))  # nobody is lost
    wait_until_quiet(place)
    doubled = sum(received.values()) - len(received)
    assert doubled <= doubted(place) <= kills * 2 * RATE  # a second of each sender's messages for each kill
    assert sum(place.ledger().values()) == 2 * EACH
    # Everybody's message is known to have been taken; a receipt that met no door for all of its retries is gone.
    assert set(place.ledger()) <= {"accepted", "sent", "delivered"}
    assert tallies(place) == place.ledger()


def settle_in(place: Town) -> Person:
    """A thousand people on each channel, taken in from a file through the command line, and an officer."""
    for channel, bot in place.bots.items():
        place.simulator.limits(bot=bot, rate=2 * RATE)
        phones = place.simulator.new_phones(EACH, channel, LANGUAGES, started_with=bot)
        place.simulator.close_windows(bot)
        import_people(place, channel, phones)
    with place.sessions.begin() as session:
        for sender in session.scalars(select(Sender)):
            sender.rate = RATE
    return place.officer()


def import_people(place: Town, channel: str, phones: list[str], *, count: int = EACH) -> None:
    """`loudhailer import` with a row for each phone."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["channel", "address", "locale", "topics", "consented_at", "proof"])
    for number, phone in enumerate(phones):
        value = phone.partition("-")[2]
        address = value if channel == "telegram" else f"+{value}"
        rows.writerow([channel, address, LOCALES[number % 4], "flood", "2026-01-01T08:00+08:00", f"form {number}"])
    path = place.folder / f"{channel}.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cli", "import", "city", str(path)],
        cwd=ROOT,
        env=place.process_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{count} taken in, 0 known already, 0 refused" in done.stdout, done.stdout + done.stderr


def wait_until_finished(officer: Person, code: str) -> None:
    """Until the officer reads the final summary."""
    officer.see(f"{code} · Flood alerts · finished", seconds=120.0)
    time.sleep(1.0)


def who_got(place: Town, code: str) -> Counter[str]:
    """How often each phone's platform accepted this announcement."""
    return Counter(str(each["phone"]) for each in accepted(place, code))


def languages_received(place: Town, code: str) -> dict[str, int]:
    """How many accepted messages carry the text of each locale."""
    received = [str(each["text"]) for each in accepted(place, code)]
    return {locale: sum(TEXTS[locale] in text for text in received) for locale in LOCALES}


def accepted(place: Town, code: str) -> list[dict[str, object]]:
    """What the platforms accepted of this announcement; the officer's own previews and cards are none of it."""
    officers = {each["phone"] for each in place.simulator.record() if "type this code" in str(each["text"])}
    return [
        each
        for each in place.simulator.record()
        if each["accepted"] and f"{code}" in str(each["text"]) and each["phone"] not in officers
    ]


def everybody(place: Town) -> list[str]:
    """The phones of all imported people."""

    def ask(session: Session) -> list[str]:
        rows = session.execute(select(Address.channel, Address.value).where(Address.last_inbound_at.is_(None)))
        return [f"{channel}-{value.removeprefix('whatsapp:').removeprefix('+')}" for channel, value in rows]

    found = place.in_session(ask)
    assert len(found) == 2 * EACH
    return found


def tallies(place: Town) -> dict[str, int]:
    """The counters, added up by state."""

    def ask(session: Session) -> dict[str, int]:
        rows = session.execute(select(Tally.state, func.sum(Tally.count)).group_by(Tally.state))
        return {str(state): int(count) for state, count in rows if count}

    return place.in_session(ask)


def doubted(place: Town) -> int:
    """How many messages were found in doubt after a crash."""
    return place.in_session(lambda session: int(session.scalar(select(func.sum(Batch.doubted))) or 0))
