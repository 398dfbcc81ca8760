"""Where the languages do not say the same, the officer is told before anything is confirmed, and says what is meant."""

import pytest
from sqlalchemy import select

from broadcast.states import State
from db.engine import Sessions
from staff.models import AuditEntry
from tests.bot.office import Office, open_office, to_preview

CALL, HUBUNGI = "Leave by 3 pm. Call 995.", "Keluar sebelum 3 petang. Hubungi 999."


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with some citizens."""
    made = open_office(sessions)
    made.citizens(2)
    return made


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_what_differs_is_shown_with_its_language_and_place_before_there_is_a_code(office: Office, channel: str) -> None:
    phone = office.officer("aisyah", on=office.telegram_id if channel == "telegram" else office.whatsapp_id)
    shown = to_preview(phone, english=CALL, malay=HUBUNGI)
    assert "Bahasa Melayu: “999”, but English says “995”." in shown
    assert "3 p" not in shown, "the same hour said in two languages is no difference"
    assert "type this code" not in shown
    assert "This is intended" in phone.labels
    assert [each.state for each in office.broadcasts()] == [State.DRAFT]


def test_a_text_put_right_leads_to_the_code(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, english=CALL, malay=HUBUNGI)
    phone.says("2")
    phone.says(HUBUNGI.replace("999", "995"))
    assert "is on its way" in phone.says(phone.code)
    assert "broadcast.differences_meant" not in office.audit()


def test_what_is_meant_leads_to_the_code_and_stays_in_the_audit(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, english=CALL, malay=HUBUNGI)
    assert "type this code" in phone.taps("This is intended")
    with office.sessions() as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.verb == "broadcast.differences_meant")).one()
    assert (line.details["differences"], line.details["languages"]) == (1, "ms")
    assert "is on its way" in phone.says(phone.code)


def test_another_difference_is_asked_about_again(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, english=CALL, malay=HUBUNGI)
    phone.taps("This is intended")
    phone.says("2")
    shown = phone.says(HUBUNGI.replace("999", "998"))
    assert "“998”" in shown
    assert "type this code" not in shown


def test_a_blank_without_a_value_is_refused(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    for word in ("1", "Floods"):
        phone.says(word)
    assert "English: “{area}” still has to be filled in." in phone.says("Flood in {area}.")
