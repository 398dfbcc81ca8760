"""Administrators see, invite and remove officers in chat; every button is good once, and nobody else learns of it."""

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from broadcast.states import State
from db.engine import Sessions
from staff import officers
from staff.models import Account, Officer, Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview

CODE = re.compile(r"/start (o-[\w-]+)")


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def ids(office: Office, role: Role) -> list[int]:
    """The officers of a role who are not revoked."""
    with office.sessions() as session:
        theirs = select(Officer.id).where(Officer.agency_id == office.agency_id, Officer.role == role)
        return list(session.scalars(theirs.where(Officer.revoked_at.is_(None)).order_by(Officer.id)))


def links(text: str) -> list[str]:
    return CODE.findall(text)


def open_card(admin: Phone, place: int) -> str:
    admin.says("/officers")
    return admin.taps(str(place))


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_an_officer_is_invited_with_buttons_or_by_typing(office: Office, channel: str) -> None:
    admin = office.officer("boss", Role.ADMIN, on=getattr(office, f"{channel}_id"))
    assert "1. Aisyah (administrator) · last seen" in admin.says("/officers")
    admin.says("invite an officer")
    admin.says("Auditor")
    shown = admin.says("  Lim Mei ")
    assert "For Lim Mei (auditor). It works once, until " in shown
    telegram, whatsapp = links(shown)
    assert telegram == whatsapp
    assert "officer (auditor)" in office.phone("mei").says(f"/start {telegram}")
    assert "officer (" not in office.phone("second").says(f"/start {telegram}")
    assert "2. Lim Mei (auditor) · last seen" in admin.says("/officers")


def test_a_name_that_is_none_is_asked_for_again_and_a_command_is_no_name(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    admin.says("/officers")
    admin.taps("Invite an officer")
    admin.taps("author")
    assert "1 to 120 characters" in admin.says("x" * 121)
    assert "1 to 120 characters" in admin.says("two\nlines")
    assert "What is the name" in admin.says("/xyzzy")
    assert "For Raj (author)" in admin.says("Raj")
    assert len(ids(office, Role.AUTHOR)) == 1


def test_a_link_runs_out_and_a_new_one_is_made(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    admin.says("/officers")
    admin.taps("Invite an officer")
    admin.taps("author")
    [old, *_] = links(admin.says("Raj"))
    late = office.phone("raj")
    late.waits(timedelta(hours=49))
    assert "officer (" not in late.says(f"/start {old}")
    assert "has not opened the link yet" in open_card(admin, 2)
    admin.waits(timedelta(hours=49))
    [new, *_] = links(admin.taps("New link"))
    assert "officer (author)" in late.says(f"/start {new}")


def test_a_lost_phone_is_cut_off_at_once_and_the_new_one_is_the_officers(office: Office) -> None:
    admin, lost = office.officer("boss", Role.ADMIN), office.officer("aisyah")
    to_preview(lost)
    code = lost.code
    open_card(admin, 2)
    shown = admin.taps("Phone lost")
    assert "cut off, at once" in shown
    lost.says(code)
    assert office.broadcasts(State.SENDING) == []
    assert lost.says("/status") == office.phone("other").says("/xyzzy")
    [new, *_] = links(shown)
    assert "officer (author)" in office.phone("new").says(f"/start {new}")
    assert "/announce" in office.phone("new").says("/help")
    assert "officer.unbound" in office.audit()


def test_the_same_account_on_a_new_phone_may_be_bound_again(office: Office) -> None:
    admin, lost = office.officer("boss", Role.ADMIN), office.officer("aisyah")
    open_card(admin, 2)
    [new, *_] = links(admin.taps("Phone lost"))
    lost.says(f"/start {new}")
    assert "Nothing has been announced" in lost.says("/status")


def test_an_administrator_who_lost_one_phone_keeps_the_one_they_say_it_from(office: Office) -> None:
    first = office.officer("boss", Role.ADMIN)
    open_card(first, 1)
    [code, *_] = links(first.taps("New link"))
    second = office.phone("boss2", on=office.whatsapp_id)
    second.says(f"/start {code}")
    open_card(second, 1)
    second.taps("Phone lost")
    assert first.says("/officers") == office.phone("x").says("/xyzzy")
    assert "Officers of Water Board" in second.says("/officers")


def test_removing_takes_two_taps_and_works_in_the_middle_of_anything(office: Office) -> None:
    admin, author = office.officer("boss", Role.ADMIN), office.officer("aisyah")
    to_preview(author)
    code = author.code
    open_card(admin, 2)
    assert "takes effect at once" in admin.taps("Remove")
    assert len(ids(office, Role.AUTHOR)) == 1
    assert "no longer an officer" in admin.taps("Yes, remove")
    assert ids(office, Role.AUTHOR) == []
    assert author.says(code) == office.phone("other").says(code)
    assert author.dialog == office.phone("other").dialog
    assert office.broadcasts(State.SENDING) == []


def test_what_a_removed_officer_was_offered_means_no_more_than_to_a_citizen(office: Office) -> None:
    boss, other = office.officer("boss", Role.ADMIN), office.officer("other", Role.ADMIN)
    other.says("/officers")
    other.taps("Invite an officer")
    buttons = [choice.key for draft in other.seen for choice in draft.choices]
    open_card(boss, 2)
    boss.taps("Remove")
    boss.taps("Yes, remove")
    assert other.says("author") == office.phone("x").says("author")
    for key in buttons:
        assert office.phone(f"y{key}").forges(key) == office.phone(f"z{key}").forges("xyzzy:1")
    assert len(ids(office, Role.AUTHOR)) == 0


def test_each_button_is_good_once_and_only_the_last_ones(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    for name in ("aisyah", "bala"):
        office.officer(name)
    open_card(admin, 2)
    card = list(admin.seen[0].choices)
    admin.taps("Remove")
    yes = next(choice.key for choice in admin.seen[0].choices if choice.label == "Yes, remove")
    admin.says("/officers")
    for old in (yes, *(choice.key for choice in card)):
        assert "earlier message" in admin.forges(old)
    assert len(ids(office, Role.AUTHOR)) == 2
    open_card(admin, 2)
    admin.taps("Remove")
    twice = next(choice.key for choice in admin.seen[0].choices if choice.label == "Yes, remove")
    admin.forges(twice)
    assert "earlier message" in admin.forges(twice)
    assert office.audit().count("officer.revoked") == 1


def test_nobody_removes_the_last_administrator(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    office.invitation(Role.ADMIN)  # whose link nobody opened can help nobody
    open_card(admin, 1)
    admin.taps("Remove")
    assert "last administrator" in admin.taps("Yes, remove")
    admin.says("/leave_team")
    assert "last administrator" in admin.taps("Yes, leave")
    assert "Officers of" in admin.says("/officers")
    open_card(admin, 2)
    admin.taps("Remove")
    assert "no longer an officer" in admin.taps("Yes, remove")


def test_two_administrators_who_remove_each_other_leave_one(office: Office) -> None:
    for name in ("first", "second"):
        office.officer(name, Role.ADMIN)
    one, two = ids(office, Role.ADMIN)
    barrier, told = threading.Barrier(2), []

    def remove(whom: int, by: int) -> None:
        with office.sessions() as session:
            target, actor = session.get_one(Officer, whom), session.get_one(Officer, by)
            session.commit()
            barrier.wait()
            try:
                officers.revoke(session, target, now=people.START, by=actor)
                session.commit()
            except officers.LastAdmin:
                told.append(whom)

    threads = [threading.Thread(target=remove, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert ids(office, Role.ADMIN) == told


def test_an_officer_leaves_by_themselves_after_one_more_tap(office: Office) -> None:
    office.officer("boss", Role.ADMIN)
    phone = office.officer("aisyah")
    phone.says("/leave_team")
    assert "still an officer" in phone.says("no, stay")
    phone.says("/leave_team")
    yes = phone.seen[0].choices[0].key
    assert "no longer an officer of Water Board" in phone.says("Yes, leave")
    citizen = office.phone("x")
    assert phone.says("/status") == citizen.says("/xyzzy")
    assert phone.forges(yes) == citizen.forges("xyzzy:1")
    assert office.audit()[-1] == "officer.left"


def test_anything_else_leaves_the_question(office: Office) -> None:
    office.officer("boss", Role.ADMIN)
    phone = office.officer("aisyah")
    phone.says("/leave_team")
    yes = phone.seen[0].choices[0].key
    assert "did not understand" in phone.says("what is the weather")
    assert "Do you want to stop" in phone.forges(yes)
    assert len(ids(office, Role.AUTHOR)) == 1


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.APPROVER, Role.AUDITOR])
def test_who_is_no_administrator_is_told_kindly_and_sees_nobody(office: Office, role: Role) -> None:
    admin = office.officer("boss", Role.ADMIN)
    admin.says("/officers")
    keys = [choice.key for choice in admin.seen[0].choices]
    phone = office.officer("aisyah", role)
    assert "Please ask an administrator" in phone.says("/officers")
    twin = office.officer("twin", role)
    for key in keys:
        assert phone.forges(key) == twin.forges("xyzzy:1")


def test_an_administrator_whose_role_is_taken_in_the_middle_invites_nobody(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN)
    admin.says("/officers")
    admin.taps("Invite an officer")
    admin.taps("author")
    with office.sessions.begin() as session:
        session.get_one(Officer, ids(office, Role.ADMIN)[0]).role = Role.AUTHOR
    admin.says("Raj")
    assert len(ids(office, Role.AUTHOR)) == 1


def test_two_agencies_see_nothing_of_each_others_officers(office: Office, sessions: Sessions) -> None:
    other = open_office(sessions, "health")
    stranger = other.officer("eve", Role.ADMIN)
    office.officer("boss", Role.ADMIN)
    for number in range(3):
        office.officer(f"aisyah{number}")
    with sessions() as session:
        theirs = [one.id for one, _ in officers.team(session, office.agency_id)]
    for verb in ("show", "link", "lost", "revoke", "revoked"):
        for one in (*theirs, 0, 10**18):
            stranger.says("/officers")
            prefix = stranger.seen[0].choices[0].key.rpartition(":show")[0]
            answer = stranger.forges(f"{prefix}:{verb}:{one}")
            assert answer.startswith("There is no such officer any more.")
            assert answer.count("Aisyah") == 1
    with sessions() as session:
        assert [one.id for one, _ in officers.team(session, office.agency_id)] == theirs
        assert session.scalars(select(Account).where(Account.cut_at.is_not(None))).all() == []


def test_many_officers_are_shown_in_pages(office: Office) -> None:
    admin = office.officer("boss", Role.ADMIN, on=office.whatsapp_id)
    for _ in range(12):
        office.invitation()
    shown = admin.says("/officers")
    assert "1. " in shown
    assert "10. " not in shown
    assert len(admin.labels) <= 10
    assert "10. " in admin.taps("More")


def test_a_citizen_gets_what_any_unknown_word_gets(office: Office) -> None:
    for words in ("/officers", "/leave_team"):
        assert office.phone(f"a{words}").says(words) == office.phone(f"b{words}").says("/xyzzy")
    for key in ("officers:abc:invite", "officers:abc:revoked:1", "leave_team:abc:yes"):
        assert office.phone(f"c{key}").forges(key) == office.phone(f"d{key}").forges("xyzzy:1")
