"""An officer addresses areas, in an agency that has some: one question more, and said before the code."""

import pytest
from sqlalchemy.orm import Session

from broadcast.states import State
from db.engine import Sessions
from subscribers import areas
from tests.bot.office import Office, Phone, open_office


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with two areas and some citizens."""
    made = open_office(sessions)
    made.citizens(3)
    with sessions.begin() as session:
        add_areas(session, made.agency_id, "bedok", "yishun")
    return made


def add_areas(session: Session, agency_id: int, *keys: str) -> None:
    """Districts of an agency."""
    for key in keys:
        names = {"en": key.title(), "ms": f"{key.title()} ms"}
        areas.add(session, agency_id=agency_id, key=key, names=names, locales=("en", "ms"))


def to_areas(office: Office, value: str = "aisyah") -> Phone:
    """An officer who is asked for the areas."""
    phone = office.officer(value)
    phone.says("/announce")
    phone.says("1")
    assert "Which areas is it for?" in phone.says("Floods")
    return phone


def test_areas_are_tapped_and_typed_and_stand_in_the_preview(office: Office) -> None:
    phone = to_areas(office)
    assert phone.labels == ["All areas", "Bedok", "Yishun", "Next", "Back", "Cancel"]
    assert "2. ✅ Bedok\n3. ▫️ Yishun" in phone.taps("Bedok")
    phone.says("3")
    phone.says("Bedok")
    phone.taps("Next")
    phone.says("The river rises.")
    assert "Only for: Yishun, and people who chose no area." in phone.says("Sungai naik.")
    assert "broadcast.areas_set" in office.audit()
    phone.says(phone.code)
    [sent] = office.broadcasts(State.SENDING)
    assert len(sent.area_ids) == 1


def test_everywhere_leads_on_and_back_comes_back(office: Office) -> None:
    phone = to_areas(office)
    phone.taps("Yishun")
    assert "1 of 2" in phone.taps("All areas")
    assert "Which areas" in phone.says("/back")
    assert "Who is it for?" in phone.says("/back")
    phone.says("Floods")
    phone.says("/next")
    phone.says("The river rises.")
    assert "Only for" not in phone.says("Sungai naik.")
    assert office.broadcasts()[0].area_ids == []


def test_the_audience_is_changed_after_the_preview_and_needs_a_new_code(office: Office) -> None:
    phone = to_areas(office)
    phone.taps("All areas")
    phone.says("The river rises.")
    phone.says("Sungai naik.")
    old = phone.code
    phone.taps("Change audience")
    phone.says("Floods")
    phone.taps("Bedok")
    assert "Only for: Bedok" in phone.taps("Next")
    assert phone.code != old
    phone.says(old)
    assert office.broadcasts(State.SENDING) == []


def test_an_area_of_another_agency_is_no_answer(office: Office, sessions: Sessions) -> None:
    other = open_office(sessions, "nea")
    with sessions.begin() as session:
        add_areas(session, other.agency_id, "jurong")
        theirs = areas.list_for(session, other.agency_id)[0].id
    phone = to_areas(office)
    code = office.broadcasts()[0].code
    assert "Which areas" in phone.forges(f"announce:{code}:area:{theirs}")
    assert "Which areas" in phone.forges(f"announce:{code}:area:x")
    assert office.broadcasts()[0].area_ids == []


def test_many_areas_come_in_pages_and_a_tap_stays_on_its_page(office: Office, sessions: Sessions) -> None:
    with sessions.begin() as session:
        add_areas(session, office.agency_id, *(f"ward-{number}" for number in range(30)))
    phone = to_areas(office)
    phone.taps("More …")
    assert "Ward-20" in phone.labels
    phone.taps("Ward-20")
    assert "Ward-20" in phone.labels
    assert len(office.broadcasts()[0].area_ids) == 1
