"""Nobody else reaches any of it, and nobody is told that there is something to reach."""

import pytest
from sqlalchemy import update

from broadcast.states import State
from db.engine import Sessions
from staff.models import Officer, Role
from tests.bot.office import Office, Phone, open_office, to_preview

COMMANDS = (
    "/announce",
    "/announce B7K2",
    "/queue",
    "/approve B7K2",
    "/launch B7K2",
    "/schedule B7K2 18:00",
    "/status",
    "/status B7K2",
    "/cancel B7K2",
)
WORDS = ("announce", "status", "queue", "approve")
KEYS = (
    "announce:B7K2:kind:alert",
    "announce:B7K2:cancel",
    "announce",
    "announce:",
    "control:cancelled:B7K2",
    "approving:approve:B7K2:1a2b3c4d",
    "approving:launch:B7K2",
    "sending:B7K2",
    "control:pause:B7K2",
    "control",
    "officers:x",
)


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def citizen(office: Office) -> Phone:
    """Somebody who subscribed."""
    return office.phone(f"citizen-{office.citizens(1)[0]}")


@pytest.mark.parametrize("words", [*COMMANDS, *WORDS])
def test_a_citizen_who_types_an_officers_command_gets_what_any_unknown_word_gets(office: Office, words: str) -> None:
    slash = "/" if words.startswith("/") else ""
    assert office.phone("a").says(words) == office.phone("b").says(f"{slash}xyzzy")
    assert office.broadcasts() == []
    assert citizen(office).says(words) == citizen(office).says(f"{slash}xyzzy")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("/cancel", "end"),
        ("cancel", "end"),
        ("/resume", "start"),
        ("/pause", "take a break"),
        ("/pause B7K2", "take a break"),
        ("pause", "take a break"),
    ],
)
def test_an_officers_command_that_means_something_to_citizens_means_just_that(
    office: Office, theirs: str, ours: str
) -> None:
    officer = office.officer("aisyah")
    to_preview(officer)
    officer.says(officer.code)
    assert citizen(office).says(theirs) == citizen(office).says(ours)
    assert office.broadcasts()[0].state is State.SENDING


@pytest.mark.parametrize("key", KEYS)
def test_a_citizen_who_forges_a_button_gets_what_any_old_button_gets(office: Office, key: str) -> None:
    officer = office.officer("aisyah")
    to_preview(officer)
    real = office.broadcasts()[0].code
    for forged in (key, key.replace("B7K2", real)):
        assert office.phone("a").forges(forged) == office.phone("b").forges("xyzzy:1")
        assert citizen(office).forges(forged) == citizen(office).forges("xyzzy:1")
    assert office.broadcasts()[0].state is State.DRAFT


def test_a_citizen_who_knows_the_code_launches_nothing(office: Office) -> None:
    officer = office.officer("aisyah")
    to_preview(officer)
    citizen(office).says(officer.code)
    assert office.broadcasts(State.SENDING) == []


def test_an_officer_of_another_agency_finds_nothing(office: Office, sessions: Sessions) -> None:
    author, stranger = office.officer("aisyah"), open_office(sessions, "health").officer("stranger", Role.ADMIN)
    to_preview(author)
    draft = office.broadcasts()[0].code
    unknown = stranger.says("/announce ZZZZ")
    assert stranger.says(f"/announce {draft}") == unknown
    author.says(author.code)
    for command in ("status", "pause", "resume", "cancel"):
        assert stranger.says(f"/{command} {draft}") == stranger.says(f"/{command} ZZZZ") == unknown
    for key in ("control:cancelled", "control:pause", "control:cancel", "control:kept"):
        assert stranger.forges(f"{key}:{draft}") == stranger.forges(f"{key}:ZZZZ")
    assert "Nothing has been announced" in stranger.says("/status")
    assert office.broadcasts()[0].state is State.SENDING


def test_an_officer_of_another_agency_cannot_use_its_topics(office: Office, sessions: Sessions) -> None:
    stranger = open_office(sessions, "health").officer("stranger")
    stranger.says("/announce")
    stranger.says("1")
    mine = next(choice.key for draft in stranger.seen for choice in draft.choices if choice.label == "Floods")
    prefix = mine.rpartition(":")[0]
    for forged in (f"{prefix}:{office.topics['floods']}", f"{prefix}:999", f"{prefix}:x", f"{prefix}:-1"):
        assert "Who is it for?" in stranger.forges(forged)


def test_an_invitation_is_good_at_its_own_agencys_senders_only(office: Office, sessions: Sessions) -> None:
    other = open_office(sessions, "health")
    code = office.invitation()
    other.phone("aisyah").says(f"/start o-{code}")
    assert "/announce" not in other.phone("aisyah").says("/help")
    assert "officer (author)" in office.phone("aisyah").says(f"/start o-{code}")


def test_buttons_of_another_draft_or_another_step_do_nothing(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    code = office.broadcasts()[0].code
    assert "What is it?" in phone.forges(f"announce:{code}:gap:nothing")
    assert "What is it?" in phone.forges(f"announce:{code}:kind:bulletin")
    assert "What is it?" in phone.forges(f"announce:{code}:page:9999999999999999999999999")
    assert "What is it?" in phone.forges(f"announce:{code}")
    assert "no longer in use" in phone.forges("announce:ZZZZ:kind:alert")
    phone.says("1")
    assert "Who is it for?" in phone.forges(f"announce:{code}:kind:alert")


def test_a_revoked_officer_is_a_citizen_at_once_in_the_middle_of_a_dialog_too(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = phone.code
    buttons = [choice.key for draft in phone.seen for choice in draft.choices]
    office.revoke_everybody()
    assert "is on its way" not in phone.says(code)
    for key in buttons:
        assert "no longer in use" in phone.forges(key) or phone.dialog == "onboarding"
    assert office.phone("aisyah").says("/status") == office.phone("aisyah").says("/xyzzy")
    assert [each.state for each in office.broadcasts()] == [State.DRAFT]


def test_an_officer_whose_role_changes_in_the_middle_of_a_dialog_writes_no_more(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = phone.code
    with office.sessions.begin() as session:
        session.execute(update(Officer).values(role=Role.APPROVER))
    assert "is on its way" not in phone.says(code)
    assert phone.dialog is None
    assert "As approver" in phone.says("/announce")
    assert [each.state for each in office.broadcasts()] == [State.DRAFT]


def test_an_author_does_not_open_the_draft_of_another_and_an_admin_does(office: Office) -> None:
    to_preview(office.officer("aisyah"))
    code = office.broadcasts()[0].code
    assert "no such announcement" in office.officer("other").says(f"/announce {code}")
    assert "3 people will get it" in office.officer("boss", Role.ADMIN).says(f"/announce {code}")
