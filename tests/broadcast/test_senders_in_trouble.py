"""Officers learn, once, that a sender of theirs is stopped, slow or reaches few, where they can be reached."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from broadcast import clock
from channels.contract import Unreachable
from delivery import reach, senders
from delivery.models import Letter, Sender
from delivery.reach import Lost
from staff.models import Account, Officer
from tests.broadcast.places import NOW, Place, limits_of, settle

Sessions = sessionmaker[Session]


def bind(session: Session, officer: Officer, sender: Sender, address: str) -> None:
    """The officer speaks through this account."""
    session.add(Account(officer_id=officer.id, sender_id=sender.id, address=address, bound_at=NOW))
    session.flush()


def told(sessions: Sessions) -> list[tuple[str, int, str]]:
    """Tick twice; who was written to, by which sender, and what."""
    for seconds in (1, 2):
        clock.tick(sessions, NOW + timedelta(seconds=seconds), limits_of=limits_of)
    with sessions() as session:
        rows = session.execute(select(Letter.to, Letter.sender_id, Letter.text).order_by(Letter.id))
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def place(sessions: Sessions) -> Place:
    """An agency whose author is bound to one sender, and whose admin to the other."""
    with sessions.begin() as session:
        made = settle(session)
        bind(session, made.author, made.free, "author")
        bind(session, made.admin, made.strict, "admin")
        bind(session, settle(session, "another").admin, made.strict, "stranger")
        return made


def test_officers_are_told_once_by_a_sender_that_still_works(sessions: Sessions, place: Place) -> None:
    with sessions.begin() as session:
        senders.stop(session, place.free.id, reason="bad_token", now=NOW)
    ((to, by, text),) = told(sessions)
    assert (to, by) == ("admin", place.strict.id)
    assert place.free.handle in text
    assert "bad_token" in text


def test_they_are_told_when_it_works_again_and_when_it_is_stopped_again(sessions: Sessions, place: Place) -> None:
    for _ in range(2):
        with sessions.begin() as session:
            senders.stop(session, place.free.id, reason="bad_token", now=NOW)
        told(sessions)
        with sessions.begin() as session:
            senders.resume(session, place.free.id)
        texts = [text for _, _, text in told(sessions)]
    assert ["works again" in text for text in texts] == [False, True, False, True]
    assert {to for to, _, _ in told(sessions)} == {"admin"}


def test_whoever_cannot_be_reached_now_is_told_when_a_sender_works_again(sessions: Sessions, place: Place) -> None:
    with sessions.begin() as session:
        for sender in (place.free, place.strict):
            senders.stop(session, sender.id, reason="bad_token", now=NOW)
    assert told(sessions) == []
    with sessions.begin() as session:
        senders.resume(session, place.strict.id)
    assert [to for to, _, _ in told(sessions)] == ["admin"]


def fail(sessions: Sessions, sender: Sender, *, minutes: float) -> None:
    """Half of what this sender sent came back as blocked."""
    lost = [Lost(str(number), Unreachable("blocked")) for number in range(30)]
    with sessions.begin() as session:
        at = NOW + timedelta(minutes=minutes)
        reach.after_send(session, sender.id, agency_id=sender.agency_id, sent=60, lost=lost, now=at)


def told_at(sessions: Sessions, minutes: float) -> list[tuple[str, int, str]]:
    """Tick twice at that time; all that was ever written, to whom, by which sender."""
    for seconds in (1, 2):
        clock.tick(sessions, NOW + timedelta(minutes=minutes, seconds=seconds), limits_of=limits_of)
    with sessions() as session:
        rows = session.execute(select(Letter.to, Letter.sender_id, Letter.text).order_by(Letter.id))
        return [(row[0], row[1], row[2]) for row in rows]


def test_officers_are_told_once_when_a_breaker_opens_and_once_when_it_closes(sessions: Sessions, place: Place) -> None:
    fail(sessions, place.free, minutes=0)
    fail(sessions, place.free, minutes=1)
    ((to, by, text),) = told_at(sessions, 1)
    assert (to, by) == ("admin", place.strict.id)  # by the sender that works
    assert place.free.handle in text
    assert "50%" in text
    assert len(told_at(sessions, 5)) == 1
    opened, closed = told_at(sessions, 7)
    assert closed[:2] == opened[:2]
    assert "as usual again" in closed[2]
    assert len(told_at(sessions, 8)) == 2


def test_where_there_is_no_other_sender_the_failing_one_tells(sessions: Sessions, place: Place) -> None:
    with sessions.begin() as session:
        senders.stop(session, place.strict.id, reason="bad_token", now=NOW)
    fail(sessions, place.free, minutes=0)
    written = told_at(sessions, 0)
    assert {(to, by) for to, by, _ in written} == {("author", place.free.id)}  # no administrator can be reached
    assert ["is stopped" in text for _, _, text in written] == [True, False]


def test_whoever_was_never_told_that_it_opened_need_not_hear_that_it_closed(sessions: Sessions, place: Place) -> None:
    fail(sessions, place.free, minutes=0)
    assert told_at(sessions, 10) == []


def test_a_sender_that_its_platform_slows_down_is_told_once_until_it_is_nearly_as_fast_as_before(
    sessions: Sessions, place: Place
) -> None:
    with sessions.begin() as session:
        senders.hold(session, place.free.id, until=NOW + timedelta(seconds=20), pace=0.25)
    [(to, _, text)] = told_at(sessions, 0)
    assert to == "admin"
    assert place.free.handle in text
    assert "25%" in text
    with sessions.begin() as session:
        senders.hold(session, place.free.id, until=NOW + timedelta(minutes=1), pace=0.6)
    assert len(told_at(sessions, 1)) == 1  # slow enough to go on with
    assert "usual speed again" in told_at(sessions, 60 * 24)[-1][2]


def test_one_short_wait_is_no_trouble(sessions: Sessions, place: Place) -> None:
    with sessions.begin() as session:
        senders.hold(session, place.free.id, until=NOW + timedelta(seconds=30), pace=1.0)
    assert told_at(sessions, 0) == []
