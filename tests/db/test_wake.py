"""Nobody is woken for a transaction that is not committed."""

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from db import wake


def test_a_wake_up_waits_for_the_commit_and_comes_once(sessions: sessionmaker[Session]) -> None:
    heard: list[tuple[str, int]] = []
    sessions.configure(info={"waker": lambda task, subject: heard.append((task, subject))})
    with sessions.begin() as session:
        session.execute(text("select 1"))
        wake.later(session, "work", 7)
        with session.begin_nested():
            wake.later(session, "work", 7)
        assert heard == []
    assert heard == [("work", 7)]


def test_a_rollback_wakes_nobody(sessions: sessionmaker[Session]) -> None:
    heard: list[tuple[str, int]] = []
    sessions.configure(info={"waker": lambda task, subject: heard.append((task, subject))})
    with sessions() as session:
        session.execute(text("select 1"))
        wake.later(session, "work", 7)
        session.rollback()
        session.execute(text("select 1"))
        session.commit()
    assert heard == []
