"""What did not pass its gate waits for an officer: asked once, decided once, never sent by itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import bulletins, changing, clock, compose, held
from broadcast.held import Incomplete, Settled
from broadcast.models import Bulletin, Occurrence
from broadcast.states import Note
from delivery.models import Letter
from feeds import defining
from feeds.gate import Why
from insight import trouble
from insight.models import TroubleKind
from staff.models import AuditEntry, Role
from tests.broadcast.feeding import (
    DAY,
    MORNING,
    NEWS,
    RIVER,
    WORDS,
    defined,
    letter_to,
    reachable,
    run,
    said_in,
    says,
    sent,
)
from tests.broadcast.places import LOCALES, Place, limits_of, settle
from tests.broadcast.test_bulletins import announced


def prepared(session: Session, *parts: dict[str, Any]) -> tuple[Place, Bulletin]:
    """An agency whose bulletin sent 1.25 m yesterday; its author and an auditor can be written to."""
    place = settle(session)
    place.admin.role = Role.AUDITOR
    reachable(session, place, place.author)
    reachable(session, place, place.admin)
    bulletin = defined(session, place, *parts)
    assert run(session, bulletin, says()).note is Note.SENT
    return place, bulletin


def test_who_may_write_is_asked_with_the_difference_and_three_ways_out(session: Session) -> None:
    place, bulletin = prepared(session, WORDS, RIVER)
    one = run(session, bulletin, says(8, days=1), days=1)
    assert (one.note, one.broadcast_id, len(sent(session))) == (Note.HELD, None, 1)
    asked = letter_to(session, place.author)
    assert "Water level: changed by more than 2.00 m since the last time." in asked.text
    assert "Water level: 1.25 m → 8.00 m" in asked.text
    assert "trend: rising → rising" in asked.text
    assert "Data from: 25 Nov 2026, 7:50 am → 26 Nov 2026, 7:50 am" in asked.text
    assert "11:00" in asked.text  # until when: three hours after eight
    keys = [each.key for each in held.card(session, one, "en").choices]
    assert keys == [f"bulletins:held:{action}:{one.id}" for action in ("send", "without", "drop")]
    assert session.scalars(select(Letter).where(Letter.to == f"officer-{place.admin.id}")).all() == []
    assert held.waiting(session, place.agency.id) == [one]
    assert trouble.is_open(session, place.agency.id, TroubleKind.BULLETIN_HELD, f"occurrence:{one.id}")


def test_every_reason_is_said_in_every_language(session: Session) -> None:
    _, bulletin = prepared(session)
    for day, why in enumerate(Why, 1):
        one = run(session, bulletin, {"river": why}, days=day)
        for locale in LOCALES:
            card = held.card(session, one, locale)
            assert "⚠️" in card.text
            assert "{" not in card.text
            assert [each.key.split(":")[2] for each in card.choices] == ["drop"]  # nothing to send, nothing besides


def test_sent_as_it_is_it_counts_as_yesterdays_for_tomorrow(session: Session) -> None:
    place, bulletin = prepared(session)
    one = run(session, bulletin, says(8, days=1), days=1)
    note = held.release(session, one, place.author, with_data=True, limits_of=limits_of, now=MORNING + DAY)
    assert note is Note.SENT
    assert said_in(session, one)["en"].endswith("The river: 8.00 m, rising.")
    assert "Siti had it sent with this data" in letter_to(session, place.author).text
    assert "1.25 m → 8.00 m" in letter_to(session, place.author).text
    assert run(session, bulletin, says(7, days=2), days=2).note is Note.SENT


def test_sent_without_the_data_it_says_the_rest_and_yesterdays_stay_the_last(session: Session) -> None:
    place, bulletin = prepared(session, WORDS, RIVER)
    one = run(session, bulletin, says(8, days=1), days=1)
    assert (
        held.release(session, one, place.author, with_data=False, limits_of=limits_of, now=MORNING + DAY) is Note.SENT
    )
    assert said_in(session, one)["en"] == "Good morning.\n\nKeep away from the banks."
    assert "without this data" in letter_to(session, place.author).text
    assert run(session, bulletin, says(8, days=2), days=2).note is Note.HELD


def test_without_the_data_and_with_nothing_else_to_say_nothing_is_sent(session: Session) -> None:
    place, bulletin = prepared(session, NEWS, RIVER)
    one = run(session, bulletin, says(8, days=1), days=1)
    note = held.release(session, one, place.author, with_data=False, limits_of=limits_of, now=MORNING + DAY)
    assert (note, len(sent(session))) == (Note.NOTHING_NEW, 1)


def test_incomplete_data_cannot_be_sent_whoever_wants_it(session: Session) -> None:
    place, bulletin = prepared(session, WORDS, RIVER)
    one = run(session, bulletin, says("broken", days=1), days=1)
    with pytest.raises(Incomplete):
        held.release(session, one, place.author, with_data=True, limits_of=limits_of, now=MORNING + DAY)
    assert one.note is Note.HELD


def test_what_is_let_go_sends_nothing_and_the_next_one_says_its_announcements(session: Session) -> None:
    place, bulletin = prepared(session, RIVER, NEWS)
    announced(session, place, "Bridge closed.", at=MORNING + timedelta(hours=1))
    one = run(session, bulletin, says(8, days=1), days=1)
    held.let_go(session, one, place.author, now=MORNING + DAY)
    assert (one.note, one.settled_by_id, one.held_until) == (Note.LET_GO, place.author.id, None)
    assert not trouble.is_open(session, place.agency.id, TroubleKind.BULLETIN_HELD, f"occurrence:{one.id}")
    assert "Bridge closed." in said_in(session, run(session, bulletin, says(2, days=2), days=2))["en"]
    session.flush()
    session.commit()
    verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "bulletin.let_go")).all()
    assert len(verbs) == 1


def test_the_first_word_counts_and_later_ones_hear_what_became_of_it(session: Session) -> None:
    place, bulletin = prepared(session)
    one = run(session, bulletin, says(8, days=1), days=1)
    held.let_go(session, one, place.author, now=MORNING + DAY)
    with pytest.raises(Settled) as late:
        held.release(session, one, place.author, with_data=True, limits_of=limits_of, now=MORNING + DAY)
    assert late.value.note is Note.LET_GO
    assert len(sent(session)) == 1


def test_nobody_of_another_agency_and_nobody_who_may_not_write_decides(session: Session) -> None:
    place, bulletin = prepared(session)
    other = settle(session, "roads")
    one = run(session, bulletin, says(8, days=1), days=1)
    assert held.by_id(session, place.agency.id, one.id) is one
    assert held.by_id(session, other.agency.id, one.id) is None
    assert held.waiting(session, other.agency.id) == []
    for officer in (other.author, place.admin):  # who is an auditor here
        with pytest.raises(compose.NotAllowed):
            held.let_go(session, one, officer, now=MORNING + DAY)
        with pytest.raises(compose.NotAllowed):
            held.release(session, one, officer, with_data=True, limits_of=limits_of, now=MORNING + DAY)


def test_when_its_term_is_over_it_is_let_go_and_the_card_says_so(session: Session) -> None:
    place, bulletin = prepared(session)
    one = run(session, bulletin, says(8, days=1), days=1)
    session.commit()
    assert held.lapsing(session, MORNING + DAY + timedelta(minutes=179)) == []
    late = MORNING + DAY + timedelta(minutes=180)
    assert held.lapsing(session, late) == [one.id]
    assert held.lapse(session, one.id, limits_of=limits_of, now=late)
    assert not held.lapse(session, one.id, limits_of=limits_of, now=late)
    assert one.note is Note.LAPSED
    card = letter_to(session, place.author)
    assert "Nobody decided in time" in card.text
    assert card.choices == []
    assert "held" in clock.ROUNDS


def test_a_feed_that_was_taken_away_is_held_and_not_guessed(session: Session) -> None:
    place, bulletin = prepared(session, WORDS, RIVER)
    found = defining.by_key(session, place.agency.id, "river")
    assert found is not None
    defining.remove(session, found, now=MORNING)
    one = run(session, bulletin, {"river": Why.UNKNOWN}, days=1)
    assert "no feed “river” any more" in held.card(session, one, "en").text
    assert (
        held.release(session, one, place.author, with_data=False, limits_of=limits_of, now=MORNING + DAY) is Note.SENT
    )


@pytest.mark.parametrize("deed", ["paused", "stopped", "deleted"])
def test_where_the_bulletin_runs_no_more_what_is_held_is_let_go_and_its_trouble_ends(
    session: Session, deed: str
) -> None:
    place, bulletin = prepared(session, RIVER, NEWS)
    place.author.role = Role.ADMIN
    one, later = run(session, bulletin, says(8, days=1), days=1), MORNING + DAY + timedelta(minutes=1)
    match deed:
        case "paused":
            changing.pause(session, bulletin, place.author, now=later)
        case "stopped":
            bulletins.stop(session, bulletin, now=later)
        case "deleted":
            changing.remove(session, bulletin, place.author, now=later)
    card = letter_to(session, place.author)
    assert "paused, stopped or deleted" in card.text
    assert card.choices == []
    assert not trouble.is_open(session, place.agency.id, TroubleKind.BULLETIN_HELD, f"occurrence:{one.id}")
    assert held.waiting(session, place.agency.id) == []
    if deed != "deleted":
        with pytest.raises(Settled):
            held.release(session, one, place.author, with_data=True, limits_of=limits_of, now=later)
    assert len(sent(session)) == 1


def test_an_officer_who_sends_and_one_who_pauses_do_not_wait_for_each_other(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        place, bulletin = prepared(session, WORDS, RIVER)
        place.author.role = Role.ADMIN
        held_id = run(session, bulletin, says(8, days=1), days=1).id
    later = MORNING + DAY + timedelta(minutes=1)

    def pauses() -> None:
        with sessions.begin() as session:
            changing.pause(session, session.get_one(Bulletin, bulletin.id), place.author, now=later)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            one = session.get_one(Occurrence, held_id, with_for_update=True)
            pausing = pool.submit(pauses)
            time.sleep(0.5)
            held.release(session, one, place.author, with_data=True, limits_of=limits_of, now=later)
        pausing.result(60)
    with sessions() as session:
        assert session.get_one(Occurrence, held_id).note is Note.SENT
        assert session.get_one(Bulletin, bulletin.id).stopped_at == later
