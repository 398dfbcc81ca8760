"""Auditors and administrators read in chat who did what; auditors change nothing."""

import pytest

from db.engine import Sessions
from staff.models import Role
from tests.bot.office import Office, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with citizens."""
    made = open_office(sessions)
    made.citizens(3)
    return made


def test_an_auditor_reads_the_last_lines_in_plain_words_and_goes_back(office: Office) -> None:
    author = office.officer("aisyah")
    to_preview(author)
    author.says(author.code)
    author.says("/pause")
    auditor = office.officer("lim", Role.AUDITOR)
    shown = auditor.says("/audit")
    code = office.broadcasts()[0].code
    assert f"Aisyah: paused an announcement ({code})" in shown
    assert shown.index("opened an invitation") < shown.index("paused an announcement")
    assert "operator: invited an officer (Aisyah)" in auditor.taps("Older")
    assert auditor.labels == []
    auditor.says("/audit")
    assert "operator: invited an officer (Aisyah)" in auditor.says("older")


def test_an_administrator_reads_it_too_and_others_are_told_kindly(office: Office) -> None:
    assert "What was done at Water Board" in office.officer("boss", Role.ADMIN).says("/audit")
    for role in (Role.AUTHOR, Role.APPROVER):
        phone = office.officer(role.value, role)
        assert f"As {role.value} of Water Board you cannot do this" in phone.says("/audit")
        assert phone.forges("audit:before:3") == office.officer(f"twin of {role}", role).forges("xyzzy:1")


@pytest.mark.parametrize("words", ["/announce", "/pause", "/resume B7K2", "/cancel B7K2", "/inbox", "/answers"])
def test_an_auditor_changes_nothing_and_is_refused_kindly(office: Office, words: str) -> None:
    auditor = office.officer("lim", Role.AUDITOR)
    before = office.audit()
    assert "As auditor of Water Board you can follow announcements" in auditor.says(words)
    assert office.audit() == before
    assert auditor.dialog is None


def test_an_auditor_sees_the_status_and_is_told_of_no_more_than_they_can_do(office: Office) -> None:
    author = office.officer("aisyah")
    to_preview(author)
    author.says(author.code)
    auditor = office.officer("lim", Role.AUDITOR)
    assert "Floods" in auditor.says("/status")
    told = auditor.says("/help")
    assert "/status" in told
    assert "/audit" in told
    assert "/announce" not in told
    assert "/inbox" not in told
    code, twin = office.broadcasts()[0].code, office.officer("twin", Role.AUDITOR)
    for key in (f"control:pause:{code}", f"control:cancelled:{code}", "inbox:close:1", "answers:new"):
        assert auditor.forges(key) == twin.forges("xyzzy:1")


def test_nobody_reads_another_agencys_audit(office: Office, sessions: Sessions) -> None:
    office.officer("aisyah")
    stranger = open_office(sessions, "health").officer("eve", Role.AUDITOR)
    theirs = stranger.says("/audit")
    assert len(theirs.splitlines()) == 4  # the heading, and two lines: invited, and the link opened
    assert stranger.forges("audit:before:99") == theirs
    for number in ("1", "0"):
        assert stranger.forges(f"audit:before:{number}") == "There is nothing older."


def test_a_citizen_who_asks_for_it_gets_what_any_unknown_word_gets(office: Office) -> None:
    assert office.phone("a").says("/audit") == office.phone("b").says("/xyzzy")
    assert office.phone("c").forges("audit:before:9") == office.phone("d").forges("xyzzy:1")


def test_an_approval_is_not_called_an_edit_and_a_recall_names_what_was_taken_back(office: Office) -> None:
    author = office.officer("aisyah")
    to_preview(author)
    author.says(author.code)
    code = office.broadcasts()[0].code
    author.says(f"/recall {code}")
    author.says(author.code)
    shown = office.officer("lim", Role.AUDITOR).says("/audit")
    assert f"Aisyah: took an announcement back ({code})" in shown
    assert f"Aisyah: began a recall ({code})" in shown
