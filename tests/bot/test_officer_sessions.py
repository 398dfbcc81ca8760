"""Who has not typed a code for twelve hours types one before the next thing that sends."""

from datetime import timedelta

import pytest

from broadcast.states import State
from db.engine import Sessions
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def paused(office: Office, phone: Phone) -> str:
    """An announcement that was launched and paused; its code."""
    to_preview(phone)
    phone.says(phone.code)
    phone.says("/pause")
    return office.broadcasts()[-1].code


def state(office: Office) -> State:
    return office.broadcasts()[-1].state


def test_a_code_that_was_typed_to_launch_opens_the_session(office: Office) -> None:
    phone = office.officer("aisyah")
    paused(office, phone)
    phone.waits(timedelta(hours=11, minutes=59))
    assert "goes on" in phone.says("/resume")


def test_after_twelve_hours_the_code_is_asked_for_and_then_it_goes_on_by_itself(office: Office) -> None:
    phone = office.officer("aisyah")
    code = paused(office, phone)
    phone.waits(timedelta(hours=12))
    assert "Is it you?" in phone.says(f"/resume {code}")
    assert state(office) is State.PAUSED
    assert f"{code} goes on" in phone.says(phone.code.lower())
    assert state(office) is State.SENDING
    phone.says("/pause")
    assert "goes on" in phone.says("/resume")
    assert office.audit()[-4:] == ["officer.confirmed", "broadcast.resumed", "broadcast.paused", "broadcast.resumed"]


def test_each_account_has_a_session_of_its_own(office: Office) -> None:
    first, other = office.officer("aisyah"), office.officer("bala", on=office.whatsapp_id)
    for phone in (first, other):
        phone.waits(timedelta(hours=12))
    paused(office, first)
    assert "Is it you?" in other.says("/resume")
    assert "goes on" in other.says(other.code)


def test_pausing_and_cancelling_wait_for_no_code(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    phone.says(phone.code)
    phone.waits(timedelta(days=2))
    assert "is paused" in phone.says("/pause")
    phone.says("/cancel")
    assert "has ended" in phone.taps("Yes, end it")


def test_three_wrong_codes_end_it_and_the_right_one_is_worth_nothing_then(office: Office) -> None:
    phone = office.officer("aisyah")
    paused(office, phone)
    phone.waits(timedelta(hours=13))
    phone.says("/resume")
    code = phone.code
    assert "2 more times" in phone.says("22222")
    assert "1 more time." in phone.says("hello")
    assert "Three wrong codes" in phone.says("33333")
    phone.says(code)
    assert state(office) is State.PAUSED
    assert office.audit().count("officer.code_wrong") == 3


def test_a_code_that_is_too_old_is_answered_with_a_new_one(office: Office) -> None:
    phone = office.officer("aisyah")
    paused(office, phone)
    phone.waits(timedelta(hours=13))
    phone.says("/resume")
    old = phone.code
    phone.waits(timedelta(minutes=15))
    assert "Is it you?" in phone.says(old)
    assert phone.code != old
    assert "goes on" in phone.says(phone.code)


def test_it_can_be_left_and_the_code_does_not_hold_in_another_chat(office: Office) -> None:
    first, second = office.officer("aisyah"), office.officer("bala")
    paused(office, first)
    first.waits(timedelta(hours=13))
    second.waits(timedelta(hours=13))
    first.says("/resume")
    second.says("/resume")
    assert "Nothing was sent" in second.says("/cancel")
    second.says(first.code)
    first.says("/cancel")
    first.says(first.seen[0].text)
    assert state(office) is State.PAUSED


def test_what_somebody_else_did_meanwhile_is_said(office: Office) -> None:
    first, second = office.officer("aisyah"), office.officer("bala")
    for each in (first, second):
        each.waits(timedelta(hours=12))
    code = paused(office, first)
    second.says("/resume")
    first.says("/cancel")
    first.taps("Yes, end it")
    assert f"{code}" in second.says(second.code)
    assert state(office) is State.CANCELLED


def test_who_is_revoked_before_the_code_is_typed_is_a_citizen(office: Office) -> None:
    phone = office.officer("aisyah")
    paused(office, phone)
    phone.waits(timedelta(hours=13))
    phone.says("/resume")
    code = phone.code
    office.revoke_everybody()
    assert phone.says(code) == office.phone("stranger").says("22222")
    assert state(office) is State.PAUSED
