"""The audit is a chain: written with the commit, without a fork, and whoever rewrites it is found out."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Update, delete, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from staff import agencies, audit, chain, verifying
from staff.chain import Broken, How
from staff.models import AuditEntry, AuditHead

NOW = datetime(2026, 11, 24, 1, 0, 0, 123456, tzinfo=UTC)
Sessions = sessionmaker[Session]


def founded(sessions: Sessions, slug: str = "floods") -> int:
    """An agency; its founding is the first line."""
    with sessions.begin() as session:
        made = agencies.found(
            session, slug=slug, name=slug, time_zone="UTC", locales=["en"], allowed_locales=["en"], now=NOW
        )
    return made.id


def note(session: Session, agency_id: int, number: int = 0, **details: audit.Detail) -> None:
    """One line."""
    at = NOW + timedelta(seconds=number)
    verb, subject = "broadcast.paused", f"broadcast:{number}"
    audit.note(session, agency_id=agency_id, officer_id=None, verb=verb, subject=subject, now=at, details=details)


def noted(sessions: Sessions, agency_id: int, lines: int = 4) -> None:
    """Some lines, a transaction each."""
    for number in range(lines):
        with sessions.begin() as session:
            note(session, agency_id, number, code="B7K2", people=number)


def verdict(sessions: Sessions, agency_id: int) -> verifying.Verdict:
    with sessions() as session:
        return verifying.verify(session, agency_id)


def subjects(sessions: Sessions, agency_id: int) -> list[str]:
    with sessions() as session:
        return [line.subject for line in audit.latest(session, agency_id)]


def test_lines_are_numbered_in_their_agency_and_tied_together(sessions: Sessions) -> None:
    first, second = founded(sessions), founded(sessions, "transport")
    noted(sessions, first)
    with sessions.begin() as session:
        for number in range(3):
            note(session, second if number % 2 else first, number)
    assert verdict(sessions, first).head.number == 7
    assert verdict(sessions, second).head.number == 2
    assert verdict(sessions, first).broken is verdict(sessions, second).broken is None
    with sessions() as session:
        newest, *_, oldest = audit.latest(session, first)
    assert (newest.number, oldest.number) == (7, 1)
    assert newest.digest == verdict(sessions, first).head.digest


@pytest.mark.parametrize("value", ['漏水 🚨 \\ "quoted"', 0, -7, 2**53, True, False, None, 0.25, 1.0, -0.0, 1e22, 1e-7])
def test_a_line_is_the_same_whatever_a_database_makes_of_its_values(sessions: Sessions, value: audit.Detail) -> None:
    home = founded(sessions)
    with sessions.begin() as session:
        note(session, home, value=value)
    assert verdict(sessions, home).broken is None


def test_what_is_rolled_back_is_no_line(sessions: Sessions) -> None:
    home = founded(sessions)
    with sessions() as session:
        note(session, home, 1)
        session.rollback()
        note(session, home, 2)
        session.commit()
        note(session, home, 3)
    assert subjects(sessions, home) == ["broadcast:2", f"agency:{home}"]
    assert verdict(sessions, home).broken is None


def test_a_savepoint_that_is_rolled_back_takes_its_lines_along_and_no_others(sessions: Sessions) -> None:
    home = founded(sessions)
    with sessions.begin() as session:
        note(session, home, 1)
        outer = session.begin_nested()
        note(session, home, 2)
        with session.begin_nested():
            note(session, home, 3)  # released, within one that is not
        outer.rollback()
        with session.begin_nested():
            note(session, home, 4)
        note(session, home, 5)
    assert subjects(sessions, home) == ["broadcast:5", "broadcast:4", "broadcast:1", f"agency:{home}"]
    assert verdict(sessions, home).broken is None


def test_a_page_of_lines_goes_on_where_the_last_one_ended(sessions: Sessions, session: Session) -> None:
    home = founded(sessions)
    noted(sessions, home)
    first = audit.latest(session, home, limit=2)
    second = audit.latest(session, home, limit=2, before=first[-1].number)
    assert [line.number for line in (*first, *second)] == [5, 4, 3, 2]


def test_officers_who_act_at_once_make_one_chain(sessions: Sessions) -> None:
    first, second = founded(sessions), founded(sessions, "transport")
    barrier, failures = threading.Barrier(6), []

    def work(worker: int) -> None:
        barrier.wait()
        try:
            for number in range(8):
                with sessions.begin() as session:
                    for home in (first, second) if worker % 2 else (second, first):
                        note(session, home, 100 * worker + number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for home in (first, second):
        assert verdict(sessions, home).head.number == 49
        assert verdict(sessions, home).broken is None
        assert len(set(subjects(sessions, home))) == 49


def test_a_line_that_somebody_is_about_to_add_is_left_to_the_next_time(sessions: Sessions) -> None:
    home = founded(sessions)
    with sessions() as session:
        before = verifying.verify(session, home)
    noted(sessions, home)
    assert (before.head.number, before.broken) == (1, None)


Tamper = Callable[[Session, int], object]


def put_in(session: Session, home: int, number: int, *, digest: str = "f" * 64) -> None:
    """A line nobody wrote."""
    row = {"agency_id": home, "number": number, "at": NOW, "verb": "forged", "subject": "x", "details": {}}
    session.execute(insert(AuditEntry), [row | {"officer_id": None, "digest": digest}])


def move_up(session: Session, home: int, since: int) -> None:
    """Give the lines from here on the next higher numbers."""
    for number in range(5, since - 1, -1):
        session.execute(of(home, number).values(number=number + 1))
    session.execute(update(AuditHead).where(AuditHead.agency_id == home).values(number=6))


def put_in_between(session: Session, home: int) -> None:
    move_up(session, home, 3)
    put_in(session, home, 3)


def put_in_with_a_digest_that_fits(session: Session, home: int) -> None:
    before = session.scalars(select(AuditEntry.digest).where(AuditEntry.number == 2)).one()
    move_up(session, home, 3)
    line = chain.Line(home, 3, NOW, None, "forged", "x", {})
    put_in(session, home, 3, digest=chain.digest(before, line))


def take_out(session: Session, home: int, number: int) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.agency_id == home, AuditEntry.number == number))


def of(home: int, number: int) -> Update:
    """An UPDATE of one line."""
    return update(AuditEntry).where(AuditEntry.agency_id == home, AuditEntry.number == number)


def rewrite_the_end(session: Session, home: int) -> None:
    """Change the last line and give it the digest it should then have."""
    before, last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()[::-1]
    line = chain.Line(home, 5, last.at, None, "forged", last.subject, last.details)
    session.execute(of(home, 5).values(verb="forged", digest=chain.digest(before.digest, line)))


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (lambda session, home: session.execute(of(home, 3).values(verb="x")), Broken(3, How.CHANGED)),
        (lambda session, home: session.execute(of(home, 3).values(at=NOW)), Broken(3, How.CHANGED)),
        (lambda session, home: session.execute(of(home, 3).values(details={})), Broken(3, How.CHANGED)),
        (lambda session, home: session.execute(of(home, 3).values(subject="x")), Broken(3, How.CHANGED)),
        (lambda session, home: session.execute(of(home, 3).values(digest="0" * 64)), Broken(3, How.CHANGED)),
        (lambda session, home: session.execute(of(home, 5).values(verb="x")), Broken(5, How.CHANGED)),
        (rewrite_the_end, Broken(5, How.CHANGED)),
        (lambda session, home: take_out(session, home, 1), Broken(1, How.TAKEN_OUT)),
        (lambda session, home: take_out(session, home, 3), Broken(3, How.TAKEN_OUT)),
        (lambda session, home: take_out(session, home, 5), Broken(5, How.TAKEN_OUT)),
        (put_in_between, Broken(3, How.PUT_IN)),
        (put_in_with_a_digest_that_fits, Broken(3, How.PUT_IN)),
        (lambda session, home: put_in(session, home, 6), Broken(6, How.PUT_IN)),
        (lambda session, home: put_in(session, home, 0), Broken(0, How.PUT_IN)),
        (lambda session, home: put_in(session, home, -4), Broken(-4, How.PUT_IN)),
        (lambda session, home: session.execute(delete(AuditHead)), Broken(1, How.PUT_IN)),
        (lambda session, home: session.execute(delete(AuditEntry)), Broken(1, How.TAKEN_OUT)),
    ],
)
def test_whoever_rewrites_the_audit_is_found_out(sessions: Sessions, tamper: Tamper, broken: Broken) -> None:
    home = founded(sessions)
    noted(sessions, home)
    with sessions.begin() as session:
        tamper(session, home)
    assert verdict(sessions, home).broken == broken


def test_a_line_moved_to_another_agency_breaks_both_chains(sessions: Sessions) -> None:
    first, second = founded(sessions), founded(sessions, "transport")
    noted(sessions, first)
    with sessions.begin() as session:
        session.execute(of(first, 5).values(agency_id=second, number=2))
    assert verdict(sessions, first).broken == Broken(5, How.TAKEN_OUT)
    assert verdict(sessions, second).broken == Broken(2, How.PUT_IN)


def test_a_long_chain_is_read_in_pages(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    home = founded(sessions)
    noted(sessions, home, 9)
    monkeypatch.setattr(verifying, "PAGE", 4)
    with sessions() as session:
        assert [len(page) for page in verifying.pages(session, home)] == [4, 4, 2]
    assert verdict(sessions, home).broken is None


def test_a_number_cannot_be_given_twice(sessions: Sessions) -> None:
    home = founded(sessions)
    with pytest.raises(Exception, match=r"(?i)unique"), sessions.begin() as session:
        put_in(session, home, 1)


def test_two_of_one_number_are_found_where_the_key_was_dropped(sessions: Sessions, database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite drops no constraint")
    home = founded(sessions)
    noted(sessions, home)
    with sessions() as session:  # never committed: the next test finds the key again
        session.execute(text("ALTER TABLE audit_entries DROP CONSTRAINT uq_audit_entries_agency_id_number"))
        put_in(session, home, 3)
        assert verifying.verify(session, home).broken == Broken(3, How.PUT_IN)
