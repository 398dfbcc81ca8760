"""What officers do with announcements that have left."""

import pytest

from broadcast.states import State
from db.engine import Sessions
from staff.models import Role
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with some citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def launched(phone: Phone, office: Office) -> str:
    """The code of an announcement that has just left."""
    to_preview(phone)
    phone.says(phone.code)
    return office.broadcasts()[-1].code


def test_the_only_announcement_under_way_needs_no_code(office: Office) -> None:
    phone = office.officer("aisyah")
    code = launched(phone, office)
    assert f"{code} is paused" in phone.says("/pause")
    assert office.broadcasts()[0].state is State.PAUSED
    assert f"{code} goes on" in phone.says("/resume")
    assert office.broadcasts()[0].state is State.SENDING
    assert office.audit()[-2:] == ["broadcast.paused", "broadcast.resumed"]


def test_an_announcement_ends_only_after_one_more_tap(office: Office) -> None:
    phone = office.officer("aisyah")
    code = launched(phone, office)
    assert f"End {code} for good?" in phone.says("/cancel")
    assert office.broadcasts()[0].state is State.SENDING
    assert "stays as it is" in phone.taps("No")
    phone.says(f"/cancel {code}")
    assert "has ended" in phone.taps("Yes, end it")
    assert office.broadcasts()[0].state is State.CANCELLED
    assert office.audit()[-1] == "broadcast.cancelled"


@pytest.mark.parametrize(("typed", "state"), [("1", State.CANCELLED), ("2", State.SENDING), ("no", State.SENDING)])
def test_the_question_before_the_end_is_answered_by_typing_too(office: Office, typed: str, state: State) -> None:
    phone = office.officer("aisyah")
    launched(phone, office)
    phone.says("/cancel")
    phone.says(typed)
    assert office.broadcasts()[0].state is state
    assert phone.dialog is None


def test_any_other_word_leaves_the_question_and_is_answered_as_ever(office: Office) -> None:
    phone = office.officer("aisyah")
    launched(phone, office)
    phone.says("/cancel")
    assert "did not understand" in phone.says("what is the weather")
    phone.says("1")
    assert office.broadcasts()[0].state is State.SENDING


def test_with_several_under_way_the_officer_is_asked_which(office: Office) -> None:
    phone = office.officer("aisyah")
    first, second = launched(phone, office), launched(phone, office)
    answer = phone.says("/pause")
    assert f"1. 📢 {first}" in answer
    assert f"2. 📢 {second}" in answer
    assert f"{second} is paused" in phone.says("2")
    assert f"{first} is paused" in phone.says("/pause")
    assert "Which one?" in phone.says("/resume")
    assert f"{first} goes on" in phone.taps(first)


def test_what_cannot_be_done_is_said_with_where_it_stands(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "Nothing is going out" in phone.says("/pause")
    assert "Nothing is paused" in phone.says("/resume")
    assert "nothing to cancel" in phone.says("/cancel")
    code = launched(phone, office)
    assert "going out" in phone.says(f"/resume {code}")
    phone.says("/cancel")
    phone.taps("Yes, end it")
    assert "cancelled" in phone.says(f"/pause {code}")
    assert "cancelled" in phone.says(f"/cancel {code}")


def test_a_second_tap_on_the_end_changes_nothing(office: Office) -> None:
    phone = office.officer("aisyah")
    code = launched(phone, office)
    phone.says("/cancel")
    phone.taps("Yes, end it")
    assert "cancelled" in phone.forges(f"control:cancelled:{code}")
    assert office.audit().count("broadcast.cancelled") == 1


def test_any_author_may_stop_what_another_wrote(office: Office) -> None:
    code = launched(office.officer("aisyah"), office)
    assert "is paused" in office.officer("other").says(f"/pause {code.lower()}")


def test_the_status_lists_what_is_under_way_and_what_has_ended(office: Office) -> None:
    phone = office.officer("aisyah")
    first = launched(phone, office)
    phone.says("/cancel")
    phone.says("1")
    second = launched(phone, office)
    answer = phone.says("/status")
    assert answer.index(second) < answer.index(first)
    assert "going out" in answer
    assert "cancelled" in answer
    assert "Floods" in answer


def test_the_status_of_one_is_its_card(office: Office) -> None:
    phone = office.officer("aisyah")
    code = launched(phone, office)
    answer = office.officer("approver", Role.APPROVER).says(f"/status {code}")
    assert code in answer
    assert "going out" in answer


def test_a_draft_is_no_announcement_yet(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = office.broadcasts()[0].code
    for command in ("status", "pause", "resume", "cancel"):
        assert "no such announcement" in phone.says(f"/{command} {code}")


def test_ending_an_announcement_does_not_cost_the_draft_that_is_open(office: Office) -> None:
    phone = office.officer("aisyah")
    code = launched(phone, office)
    phone.says("/announce")
    phone.says(f"/cancel {code}")
    assert "has ended" in phone.taps("Yes, end it")
    assert "Who is it for?" in phone.says("1")
