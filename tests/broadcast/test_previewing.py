"""A bulletin's preview shows what its feed says now, or what is wrong with it; the clock reads it, nothing leaves."""

import socket
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from broadcast import previewing
from broadcast.models import Broadcast, Bulletin, Content, PreviewOrder
from broadcast.states import Note
from delivery.models import Letter
from staff import officers
from staff.models import Account, Officer
from tests.broadcast.feeding import (
    MORNING,
    RIVER,
    WORDS,
    Watch,
    defined,
    gatherer,
    lead_to,
    occurrences,
    placed,
    reachable,
    run,
    says,
)
from tests.broadcast.places import NOW, settle
from tests.feeds import rivers, servers
from tests.feeds.servers import serving

Sessions = sessionmaker[Session]
EVENING = MORNING - timedelta(hours=2)


def answer(level: object = 1.25) -> servers.Act:
    return servers.says(rivers.document(level, at=EVENING - timedelta(minutes=10)))


def ask(sessions: Sessions, *, locale: str = "en", now: timedelta = timedelta()) -> None:
    """Everybody who has an account asks for a preview of their agency's bulletin."""
    with sessions.begin() as session:
        for account in session.scalars(select(Account)):
            mine = select(Bulletin).where(Bulletin.agency_id == account.officer.agency_id)
            bulletin, to = session.scalars(mine).one(), account.address
            previewing.place(session, bulletin, sender_id=account.sender_id, to=to, locale=locale, now=EVENING + now)


def look(sessions: Sessions, *, seconds: float = 5) -> int:
    return gatherer(sessions, Watch(EVENING), seconds=seconds).round()


def letters(sessions: Sessions, to: str | None = None) -> Sequence[str]:
    """What was written, in the order in which it leaves."""
    with sessions() as session:
        found = session.scalars(select(Letter).order_by(Letter.id)).all()
        return [each.text for each in found if to in (None, each.to)]


def test_what_the_feed_says_now_is_shown_in_every_language_and_nothing_is_kept(sessions: Sessions) -> None:
    with serving(answer()) as port:
        placed(sessions, WORDS, RIVER, port=port)
        ask(sessions)
        assert look(sessions) == 1
        assert look(sessions) == 0
    first, *messages, people = letters(sessions)
    assert "what people would read now: English, 中文, Bahasa Melayu, தமிழ்" in first
    assert any("The river: 1.25 m, rising." in each for each in messages)
    assert any("ஆறு: 1.25 மீ., உயர்கிறது." in each for each in messages)
    assert any("(river) was read just now" in each for each in messages)
    assert people == "0 people would get it now."
    with sessions() as session:
        assert occurrences(session) == []
        for table in (Broadcast, Content, PreviewOrder):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (servers.hangs, "“river” did not answer in time"),
        (servers.floods, "The feed “river”"),
        (servers.says(b"<html>"), "“river” sent cannot be read"),
        (answer(99), "Water level: – → 99.00 m"),
        (answer(None), "Water level: there is no value"),
    ],
)
def test_what_is_wrong_with_the_feed_is_said_instead(sessions: Sessions, act: servers.Act, why: str) -> None:
    with serving(act) as port:
        placed(sessions, RIVER, port=port)
        ask(sessions)
        look(sessions, seconds=0.3)
    (told,) = letters(sessions)
    assert told.startswith("✋ With its data as it is now, “river-daily” would not go out by itself")
    assert why in told
    assert "⚠️" in told


def test_the_difference_to_the_last_one_is_shown_and_what_is_compared_with_stays(sessions: Sessions) -> None:
    _, bulletin_id = placed(sessions, RIVER)
    with sessions.begin() as session:
        assert run(session, session.get_one(Bulletin, bulletin_id), says(1.25)).note is Note.SENT
    for level, told in ((4.0, "Water level: 1.25 m → 4.00 m"), (2.5, "The river: 2.50 m")):
        with serving(servers.says(rivers.document(level, at=MORNING))) as port:
            lead_to(sessions, port)
            ask(sessions)
            gatherer(sessions, Watch(MORNING + timedelta(minutes=5))).round()
            assert any(told in each for each in letters(sessions))
    with sessions() as session:
        assert len(occurrences(session)) == 1
    with sessions.begin() as session:  # 2.50 m was shown and not sent, so it is news
        assert run(session, session.get_one(Bulletin, bulletin_id), says(2.5, days=1), days=1).note is Note.SENT


def test_asked_twice_it_comes_once_and_two_officers_are_served_by_one_question(sessions: Sessions) -> None:
    questions = list[socket.socket]()

    def counts(caller: socket.socket) -> None:
        questions.append(caller)
        answer()(caller)

    with serving(counts) as port:
        placed(sessions, RIVER, port=port)
        with sessions.begin() as session:
            admin = session.scalars(select(Officer).where(Officer.name == "Wei")).one()
            place_of(session, admin)
        ask(sessions)
        ask(sessions, locale="ta", now=timedelta(seconds=1))
        look(sessions)
    one, other = sorted({letter.to for letter in all_letters(sessions)})
    assert len(questions) == 1
    assert letters(sessions, one) == letters(sessions, other)
    assert len([each for each in letters(sessions, one) if "Preview" in each]) == 1


def test_who_left_meanwhile_gets_nothing(sessions: Sessions) -> None:
    with serving(answer()) as port:
        placed(sessions, RIVER, port=port)
        ask(sessions)
        with sessions.begin() as session:
            for officer in session.scalars(select(Officer).join(Account)):
                officers.revoke(session, officer, now=EVENING, may_be_last=True)
        look(sessions)
    assert letters(sessions) == []
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(PreviewOrder)) == 0


def test_another_agencys_officer_is_shown_theirs_alone(sessions: Sessions) -> None:
    with serving(answer(1.25)) as one, serving(answer(3.75)) as other:
        placed(sessions, RIVER, port=one)
        with sessions.begin() as session:
            roads = settle(session, "roads")
            reachable(session, roads, roads.author)
            defined(session, roads, RIVER, port=other)
            stranger = f"officer-{roads.author.id}"
        ask(sessions)
        assert look(sessions) == 2
    assert any("3.75 m" in each for each in letters(sessions, stranger))
    assert not any("1.25 m" in each for each in letters(sessions, stranger))


def test_what_fails_on_our_side_is_said_once_and_stops_no_other(sessions: Sessions) -> None:
    with serving(answer()) as port:
        placed(sessions, RIVER, port=port)
        with sessions.begin() as session:
            session.execute(update(Bulletin).values(introductions={"en": 5}))
            roads = settle(session, "roads")
            reachable(session, roads, roads.author)
            defined(session, roads, RIVER, port=port)
            other = f"officer-{roads.author.id}"
        ask(sessions)
        look(sessions)
        assert look(sessions) == 0
    assert len([each for each in letters(sessions) if "could not be previewed" in each]) == 1
    assert any("The river: 1.25 m" in each for each in letters(sessions, other))


def test_a_bulletin_that_is_deleted_meanwhile_keeps_nobody_busy(sessions: Sessions) -> None:
    _, bulletin_id = placed(sessions, RIVER)
    ask(sessions)
    with sessions.begin() as session:
        session.delete(session.get_one(Bulletin, bulletin_id))
    assert look(sessions) == 0


def all_letters(sessions: Sessions) -> Sequence[Letter]:
    with sessions() as session:
        return session.scalars(select(Letter)).all()


def place_of(session: Session, officer: Officer) -> None:
    """Let this one be written to, where the first is."""
    sender_id = session.scalars(select(Account.sender_id)).one()
    to = f"officer-{officer.id}"
    session.add(Account(officer_id=officer.id, officer=officer, sender_id=sender_id, address=to, bound_at=NOW))
