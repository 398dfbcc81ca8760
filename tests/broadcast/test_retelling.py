"""Between bulletins and digests nothing is told twice and nothing is lost, whatever officers do with them, and when."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, changing, launch, parts, retelling
from broadcast.models import Bulletin
from broadcast.states import Note
from staff.models import Agency
from subscribers.models import Cadence, Subscriber
from tests.broadcast.evenings import EVENING, FRIDAY, Town
from tests.broadcast.feeding import NEWS, WORDS
from tests.broadcast.mornings import DAY, HOUR, KEYS, MORNING, defined, digested, letters, run, sent
from tests.broadcast.places import NOW, limits_of

Sessions = sessionmaker[Session]
DEEDS = ("taken out", "deleted", "stopped", "weekly", "segment", "parts")
ENDED = ("taken out", "deleted", "stopped")


def do(town: Town, bulletin: Bulletin, deed: str, *, now: datetime) -> None:
    """After this its daily readers wait for it no more on roads."""
    session, author = town.session, town.place.author
    match deed:
        case "taken out":
            changing.set_topics(session, bulletin, author, [town.topics["floods"]], now=now)
        case "deleted":
            changing.remove(session, bulletin, author, now=now)
        case "stopped":
            bulletins.stop(session, bulletin, now=now)
        case "weekly":
            changing.set_cadence(session, bulletin, author, Cadence.WEEKLY, now=now)
        case "segment":
            changing.set_segment(session, bulletin, author, "language:ta", now=now)
        case "parts":
            changing.set_parts(session, bulletin, author, [WORDS], now=now)


def read(town: Town, person: Subscriber, *said: str, cadence: Cadence = Cadence.DAILY) -> list[int]:
    """How often this person read each of these, in bulletins and digests together."""
    told = "\n".join([*letters(town, person), digested(town, person, cadence)])
    return [told.count(each) for each in said]


@pytest.mark.parametrize("deed", DEEDS)
def test_what_waited_while_a_digest_passed_is_in_the_next_one(session: Session, deed: str) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person("roads")
    run(session, bulletin)
    town.announce("roads", "Waits.", at=MORNING + HOUR)
    town.run(EVENING + DAY)
    do(town, bulletin, deed, now=EVENING + DAY + HOUR)
    for days in (2, 3):
        town.run(EVENING + days * DAY)
    assert read(town, person, "Waits.") == [1]


@pytest.mark.parametrize("deed", ENDED)
def test_what_was_paused_when_it_ran_is_in_a_digest_once_it_goes_on(session: Session, deed: str) -> None:
    town = Town(session)
    bulletin, person, author = defined(town), town.person("roads"), town.place.author
    paused = town.announce("roads", "Waits.", at=NOW + HOUR)
    launch.pause(session, paused, author, now=NOW + HOUR)
    run(session, bulletin)
    do(town, bulletin, deed, now=MORNING + HOUR)  # no digest has run yet
    town.run(EVENING + DAY)
    launch.resume(session, paused, author, now=EVENING + DAY + HOUR)
    for days in (2, 3):
        town.run(EVENING + days * DAY)
    assert read(town, person, "Waits.") == [1]


def test_defined_anew_it_tells_nothing_that_was_left_to_the_digest(session: Session) -> None:
    town = Town(session)
    bulletin, person, author = defined(town), town.person("roads"), town.place.author
    paused = town.announce("roads", "Waits.", at=NOW + HOUR)
    launch.pause(session, paused, author, now=NOW + HOUR)
    run(session, bulletin)
    bulletins.stop(session, bulletin, now=MORNING + HOUR)
    launch.resume(session, paused, author, now=MORNING + HOUR)
    town.run(EVENING + DAY)
    defined(town, now=EVENING + DAY + HOUR)
    run(session, bulletin, MORNING + 2 * DAY)
    assert read(town, person, "Waits.") == [1]


def test_paused_and_resumed_between_two_digests_it_says_it_itself(session: Session) -> None:
    town = Town(session)
    bulletin, person, author = defined(town), town.person("roads"), town.place.author
    town.announce("roads", "Waits.", at=NOW + HOUR)
    halted = town.announce("roads", "Halted.", at=NOW + HOUR)
    launch.pause(session, halted, author, now=NOW + HOUR)
    town.run(EVENING)
    changing.pause(session, bulletin, author, now=EVENING + HOUR)
    changing.resume(session, bulletin, author, now=EVENING + 2 * HOUR)
    launch.resume(session, halted, author, now=EVENING + 3 * HOUR)
    run(session, bulletin)
    assert read(town, person, "Waits.", "Halted.") == [1, 1]
    town.run(EVENING + DAY)
    assert read(town, person, "Waits.", "Halted.") == [1, 1]


def test_weekly_from_now_on_it_says_nothing_that_the_weekly_digest_told(session: Session) -> None:
    town = Town(session)
    bulletin, author = defined(town), town.place.author
    daily, weekly = town.person("roads"), town.person("roads", cadence=Cadence.WEEKLY)
    run(session, bulletin)
    town.announce("roads", "It was.", at=MORNING + HOUR)
    town.run(FRIDAY)
    changing.set_cadence(session, bulletin, author, Cadence.WEEKLY, now=FRIDAY + HOUR)
    town.announce("roads", "It is.", at=FRIDAY + 2 * HOUR)
    run(session, bulletin, MORNING + 3 * DAY)
    for days in (1, 7):
        town.run(FRIDAY + days * DAY)
    assert read(town, weekly, "It was.", "It is.", cadence=Cadence.WEEKLY) == [1, 1]
    assert read(town, daily, "It was.", "It is.") == [1, 1]


@pytest.mark.parametrize("first", ["parts", "segment"])
def test_where_nobody_waited_it_tells_what_comes_from_then_on(session: Session, first: str) -> None:
    town = Town(session)
    bulletin, author, person = defined(town), town.place.author, town.person("roads")
    do(town, bulletin, first, now=NOW + HOUR)
    run(session, bulletin)
    town.announce("roads", "Before.", at=MORNING + HOUR)
    town.run(EVENING + DAY)
    if first == "parts":
        changing.set_parts(session, bulletin, author, [WORDS, NEWS], now=EVENING + DAY + HOUR)
    else:
        changing.set_segment(session, bulletin, author, None, now=EVENING + DAY + HOUR)
    town.announce("roads", "After.", at=EVENING + DAY + 2 * HOUR)
    run(session, bulletin, MORNING + 2 * DAY)
    town.run(EVENING + 2 * DAY)
    assert read(town, person, "Before.", "After.") == [1, 1]


def test_who_waits_for_it_still_reads_there_what_waited_and_the_others_in_their_digest(session: Session) -> None:
    town = Town(session)
    bulletin, author = defined(town, cadence=Cadence.AT_ONCE), town.place.author
    daily, weekly = town.person("roads"), town.person("roads", cadence=Cadence.WEEKLY)
    run(session, bulletin)
    town.announce("roads", "Waits.", at=MORNING + HOUR)
    town.run(FRIDAY)
    changing.set_cadence(session, bulletin, author, Cadence.DAILY, now=FRIDAY + HOUR)
    run(session, bulletin, MORNING + 3 * DAY)
    assert letters(town, daily) == ["• Waits."]
    town.run(FRIDAY + 7 * DAY)
    assert read(town, weekly, "Waits.", cadence=Cadence.WEEKLY) == [1]
    assert read(town, daily, "Waits.") == [1]


def test_other_words_change_nothing_about_what_waits(session: Session) -> None:
    town = Town(session)
    bulletin, person = defined(town), town.person("roads")
    town.announce("roads", "Waits.", at=NOW + HOUR)
    town.run(EVENING)
    changing.set_parts(session, bulletin, town.place.author, [WORDS, NEWS], now=EVENING + HOUR)
    run(session, bulletin)
    town.run(EVENING + DAY)
    assert read(town, person, "Waits.") == [1]


@pytest.mark.parametrize("announced_at", [NOW + HOUR, EVENING + HOUR])
def test_paused_over_a_digest_one_for_everybody_is_told_once_to_each(session: Session, announced_at: datetime) -> None:
    town = Town(session)
    bulletin, author = defined(town, cadence=Cadence.AT_ONCE), town.place.author
    daily, weekly = town.person(*KEYS), town.person(*KEYS, cadence=Cadence.WEEKLY)
    town.announce("roads", "Waits.", at=announced_at)
    town.run(EVENING)
    changing.pause(session, bulletin, author, now=EVENING + 2 * HOUR)
    town.run(EVENING + DAY)
    changing.resume(session, bulletin, author, now=EVENING + DAY + HOUR)
    town.announce("roads", "After.", at=EVENING + DAY + 2 * HOUR)
    run(session, bulletin, MORNING + 2 * DAY)
    town.run(FRIDAY)
    assert read(town, daily, "Waits.", "After.") == [1, 1]
    assert read(town, weekly, "Waits.", "After.", cadence=Cadence.WEEKLY) == [1, 1]


def test_without_digests_nothing_is_kept_for_one(session: Session) -> None:
    town = Town(session)
    town.place.agency.digest_time = None
    bulletin, person, author = defined(town), town.person("roads"), town.place.author
    town.announce("roads", "Waits.", at=NOW + HOUR)
    changing.pause(session, bulletin, author, now=NOW + 2 * HOUR)
    changing.resume(session, bulletin, author, now=NOW + 3 * HOUR)
    assert run(session, bulletin).note is Note.SENT
    assert read(town, person, "Waits.") == [1]
    town.announce("roads", "Left.", at=MORNING + HOUR)
    do(town, bulletin, "taken out", now=MORNING + 2 * HOUR)
    town.place.agency.digest_time = "18:00"
    town.place.agency.digests_since = town.place.agency.digests_set_at = MORNING + 3 * HOUR
    town.run(EVENING + DAY + timedelta(minutes=1))
    assert read(town, person, "Left.") == [0]


@pytest.mark.parametrize("deed", ["paused", "weekly", "deleted"])
def test_nothing_leaves_by_its_old_rule_while_an_officer_changes_it(sessions: Sessions, deed: str) -> None:
    with sessions.begin() as session:
        town = Town(session)
        bulletin_id, author = defined(town).id, town.place.author
        town.announce("roads", "Waits.", at=NOW + HOUR)

    def runs() -> Note | None:
        with sessions.begin() as session:
            ran = bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING)
            return ran.note if ran is not None else None

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            bulletin = session.get_one(Bulletin, bulletin_id)
            if deed == "paused":
                changing.pause(session, bulletin, author, now=MORNING)
            elif deed == "deleted":
                changing.remove(session, bulletin, author, now=MORNING)
            else:
                changing.set_cadence(session, bulletin, author, Cadence.WEEKLY, now=MORNING)
            session.flush()
            running = pool.submit(runs)
            time.sleep(0.5)
        note = running.result(60)
    assert note is (Note.NOTHING_NEW if deed == "weekly" else None)  # who waited reads it in the digest
    with sessions() as session:
        assert list(sent(session)) == []


def test_the_operator_waits_for_a_run_before_the_parts_are_others(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        bulletin_id, person = defined(town).id, town.person("roads")
        town.announce("roads", "Told.", at=NOW + HOUR)

    def changes() -> None:
        with sessions.begin() as session:
            found = session.get_one(Bulletin, bulletin_id)
            with retelling.turn(session, found, now=MORNING):
                parts.set_parts(session, found, [WORDS], officer=None, now=MORNING)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            assert bulletins.run(session, bulletin_id, limits_of=limits_of, now=MORNING) is not None
            changing_it = pool.submit(changes)
            time.sleep(0.5)
        changing_it.result(60)
    with sessions.begin() as session:
        town.session = session
        town.run(EVENING + DAY)
        assert read(town, person, "Told.") == [1]


def test_a_digest_that_runs_while_a_topic_is_taken_out_loses_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        town = Town(session)
        bulletin_id, person, author = defined(town).id, town.person("roads"), town.place.author
        town.announce("roads", "Waits.", at=NOW + HOUR)
        floods = town.topics["floods"]

    def takes_it_out() -> None:
        with sessions.begin() as session:
            bulletin = session.get_one(Bulletin, bulletin_id)
            changing.set_topics(session, bulletin, author, [floods], now=EVENING)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            town.session = session
            town.run(EVENING)
            taking = pool.submit(takes_it_out)
            time.sleep(0.5)
        taking.result(60)
    with sessions.begin() as session:
        town.session, town.place.agency = session, session.get_one(Agency, town.place.agency.id)
        town.run(EVENING + DAY)
        assert read(town, person, "Waits.") == [1]
