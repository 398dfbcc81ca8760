"""Refusals an officer meets seldom: each says why, and changes nothing."""

import pytest

from bot.officers import COMMANDS
from broadcast import policy
from broadcast.policy import ApprovalRule
from broadcast.states import Kind, State
from db.engine import Sessions
from staff.models import Agency, Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def test_an_account_that_is_an_officers_takes_no_second_invitation(office: Office) -> None:
    phone, invitation = office.officer("aisyah"), office.invitation(Role.ADMIN)
    assert "already belongs to another officer" in phone.says(f"/start o-{invitation}")
    assert "As author" in phone.says("/officers")
    assert "officer (administrator)" in office.phone("other").says(f"/start o-{invitation}"), "it is still good"


def test_nobodys_approval_counts_twice(office: Office) -> None:
    with office.sessions.begin() as session:
        owner = session.get_one(Agency, office.agency_id)
        policy.set_rule(session, owner, ApprovalRule(Kind.NOTICE, 0, 2), now=people.START)
    author = office.officer("aisyah")
    first, _ = (office.officer(value, Role.APPROVER) for value in ("mei", "lim"))
    to_preview(author)
    author.says("/submit")
    code = office.broadcasts()[0].code
    assert "needs one more approver" in first.says(f"/approve {code}")
    assert "You have decided" in first.says(f"/approve {code}")
    assert office.broadcasts()[0].state is State.SUBMITTED


def test_a_question_is_settled_once_and_an_answer_has_its_length(office: Office) -> None:
    first, second = office.officer("aisyah"), office.officer("lim")
    citizen = office.phone(f"citizen-{office.citizens(1)[0]}")
    citizen.says("When is the drain repaired?")
    citizen.says("yes")
    for phone in (first, second):
        read(phone)
    first.taps("Reply")
    assert "Please shorten it" in first.says("x" * 5000)
    assert "Closed" in second.taps("No answer needed")
    assert "has closed this already" in first.says("On Friday.")


def read(phone: Phone) -> None:
    """Open the one question there is."""
    phone.says("/inbox")
    phone.says("1")


def test_an_auditor_is_told_at_every_command_where_their_role_ends(office: Office) -> None:
    auditor, looks = office.officer("ravi", Role.AUDITOR), {"audience", "estimate"}  # of what is no draft
    for command in COMMANDS:
        if Role.AUDITOR not in command.roles and command.name not in looks:
            told = auditor.says(f"/{command.name} B7K2")
            assert "As auditor" in told or "Only an approver" in told, command.name
