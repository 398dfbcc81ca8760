"""An invitation binds one account to one officer of the sender's own agency, once; every failure looks the same."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from staff import agencies, audit, officers
from staff.models import Account, Agency, Invitation, Officer, Role

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def agency(session: Session, slug: str = "floods") -> Agency:
    return agencies.found(
        session, slug=slug, name=slug, time_zone="UTC", locales=["en"], allowed_locales=["en"], now=NOW
    )


def invited(session: Session, home: Agency, role: Role = Role.AUTHOR) -> tuple[Officer, str]:
    return officers.invite(session, home, name="Siti", role=role, now=NOW)


def redeem(
    session: Session, code: str, home: Agency, *, address: str = "77", after: timedelta = timedelta(0)
) -> object:
    return officers.redeem(session, code, sender_id=1, agency_id=home.id, address=address, now=NOW + after)


def test_a_code_fits_into_a_start_link_and_only_its_hash_is_kept(session: Session) -> None:
    _, code = invited(session, agency(session))
    assert len(code) <= 40
    assert code.replace("-", "").replace("_", "").isalnum()
    assert code not in session.scalars(select(Invitation.code_hash)).one()


def test_a_redeemed_code_makes_the_account_speak_for_the_officer(session: Session) -> None:
    home = agency(session)
    officer, code = invited(session, home)
    assert officers.behind(session, sender_id=1, address="77") is None
    assert redeem(session, code, home) is officer
    assert officers.behind(session, sender_id=1, address="77") is officer
    assert officers.behind(session, sender_id=2, address="77") is None
    audit.write(session)
    assert {entry.verb for entry in audit.latest(session, home.id)} >= {"officer.invited", "officer.bound"}


def test_every_failed_redemption_looks_the_same(session: Session) -> None:
    home, other = agency(session), agency(session, "transport")
    officer, code = invited(session, home)
    assert redeem(session, "guessed", home) is None
    assert redeem(session, code, other) is None
    assert redeem(session, code, home, after=timedelta(hours=48)) is None
    assert redeem(session, code, home) is officer
    assert redeem(session, code, home, address="78") is None
    revoked, late = invited(session, home)
    officers.revoke(session, revoked, now=NOW)
    assert redeem(session, late, home, address="79") is None


def test_an_account_speaks_for_one_officer_and_a_refused_code_stays_good(session: Session) -> None:
    home = agency(session)
    first, code = invited(session, home)
    second, another = invited(session, home)
    redeem(session, code, home)
    with pytest.raises(officers.AlreadyBound):
        redeem(session, another, home)
    assert officers.behind(session, sender_id=1, address="77") is first
    assert redeem(session, another, home, address="78") is second


def test_a_revoked_officer_is_nobody_and_the_account_may_speak_for_the_next(session: Session) -> None:
    home = agency(session)
    first, code = invited(session, home, Role.ADMIN)
    redeem(session, code, home)
    with pytest.raises(officers.LastAdmin):
        officers.revoke(session, first, now=NOW)
    officers.revoke(session, first, now=NOW, may_be_last=True)
    assert officers.behind(session, sender_id=1, address="77") is None
    assert officers.accounts(session, home.id, role=Role.ADMIN) == []
    second, another = invited(session, home, Role.ADMIN)
    assert redeem(session, another, home) is second
    assert [account.address for account in officers.accounts(session, home.id, role=Role.ADMIN)] == ["77"]


def test_an_officer_with_a_new_phone_gets_another_code(session: Session) -> None:
    home = agency(session)
    officer, code = invited(session, home)
    redeem(session, code, home)
    assert redeem(session, officers.reinvite(session, officer, now=NOW), home, address="78") is officer
    assert officers.behind(session, sender_id=1, address="77") is officer


def test_two_phones_that_redeem_at_once_bind_one(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        home = agency(session)
        _, code = invited(session, home)
    barrier = threading.Barrier(4)

    def race(address: str) -> None:
        barrier.wait()
        with sessions.begin() as session:
            redeem(session, code, home, address=address)

    threads = [threading.Thread(target=race, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert len(session.scalars(select(Account)).all()) == 1


def test_a_lost_phone_speaks_for_nobody_and_its_open_links_are_worth_nothing(session: Session) -> None:
    home = agency(session)
    officer, code = invited(session, home)
    redeem(session, code, home)
    late = officers.reinvite(session, officer, now=NOW)
    officers.cut_off(session, officer, now=NOW)
    assert officers.behind(session, sender_id=1, address="77") is None
    assert officers.has_left(session, sender_id=1, address="77")
    assert officers.accounts(session, home.id, role=Role.AUTHOR) == []
    assert [count for _, count in officers.of_agency(session, home.id)] == [0]
    assert redeem(session, late, home, address="78") is None
    other, invitation = invited(session, home)
    assert redeem(session, invitation, home) is other  # somebody else may use the app on that phone


def test_a_session_begins_with_the_link_or_a_code_and_lasts_twelve_hours(session: Session) -> None:
    home = agency(session)
    _, code = invited(session, home)
    redeem(session, code, home)
    almost, over = NOW + officers.SESSION - timedelta(seconds=1), NOW + officers.SESSION
    assert officers.is_confirmed(session, sender_id=1, address="77", now=almost)
    assert not officers.is_confirmed(session, sender_id=1, address="77", now=over)
    officers.confirm(session, sender_id=1, address="77", now=over)
    assert officers.is_confirmed(session, sender_id=1, address="77", now=over)
    assert not officers.is_confirmed(session, sender_id=1, address="78", now=over)
