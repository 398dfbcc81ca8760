"""At 3 a.m. a prepared text is three taps away, always: what could be asked then is said when it is written."""

import pytest
from sqlalchemy import select, update

from broadcast import prepared_texts
from broadcast.models import PreparedText
from broadcast.states import State
from db.engine import Sessions
from staff.models import Agency, AuditEntry, Role
from subscribers import areas
from tests.bot.office import Office
from tests.bot.preparing import FLOOD, approve, opened, trust, write


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages and two areas, where an alert needs an approver."""
    return opened(sessions)


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
@pytest.mark.parametrize(
    ("malay", "said"),
    [("/skip", "English"), ("/skip", "Nothing"), ("Banjir di {area}. Hubungi 999.", "This is intended")],
)
def test_what_could_be_asked_at_night_is_said_when_it_is_written(
    office: Office, channel: str, malay: str, said: str
) -> None:
    trust(office)
    on = office.telegram_id if channel == "telegram" else office.whatsapp_id
    author, lim = office.officer("aisyah", on=on), office.officer("lim", Role.APPROVER, on=on)
    assert "waits for approval" not in write(author, {"en": "Flood in {area}. Call 995.", "ms": malay})
    assert "waits for approval" in author.says(said)
    approve(lim)
    three = ("/announce", "Flood", "Town")
    for tap in three:
        author.says(tap)
    assert "is on its way" in author.says(author.code)
    assert office.broadcasts()[-1].fallback_locale == ("en" if said == "English" else None)


def test_what_the_others_get_is_read_by_the_approver_and_a_change_of_it_voids_the_approval(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Flood in {area}.", "ms": "/skip"})
    author.says("1")
    lim.says("/prepared")
    assert "There is no text in: Bahasa Melayu. Their readers get the English text." in lim.taps("1")
    lim.taps("Approve")
    author.says("/prepared")
    author.taps("1")
    author.taps("Other languages")
    assert "Their readers get nothing." in author.taps("Nothing")
    with office.sessions() as session:
        (row,) = prepared_texts.list_for(session, office.agency_id)
        assert (row.approved_hash, row.texts) == (None, {"en": "Flood in {area}."})


def test_the_others_text_is_part_of_what_was_approved(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Flood in {area}.", "ms": "/skip"})
    author.taps("English")
    approve(lim)
    for said in ("/announce", "Flood", "Town", "/back", "Nothing"):
        author.says(said)
    assert "Submit" in author.labels
    with office.sessions.begin() as session:
        session.execute(update(PreparedText).values(fallback_locale=None, silent_locales=["ms"]))
        agency = session.get_one(Agency, office.agency_id)
        assert prepared_texts.ready(session, agency, is_correction=False) == []


def test_of_a_language_that_came_later_nobody_has_said_anything(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    with office.sessions.begin() as session:
        session.get_one(Agency, office.agency_id).locales = ["en", "ms", "ta"]
    author.says("/prepared")
    assert "There is no text in: தமிழ், and nobody has said what their readers get." in author.taps("1")
    author.says("/announce")
    author.taps("Flood")
    assert "What do people get who read these?" in author.taps("Town")
    author.taps("English")
    assert "is on its way" in author.says(author.code), "what it says is what was approved"


def test_whoever_has_what_was_wrong_never_gets_nothing(office: Office) -> None:
    author = office.officer("aisyah")
    write(author, {"en": "False alarm in {area}.", "ms": "/skip"}, moment="False alarm")
    assert author.labels == ["English", "Back to the list"]
    (english,) = (choice.key for draft in author.seen for choice in draft.choices if choice.label == "English")
    assert "they get another text" in author.forges(english.replace(":en:", ":nothing:"))
    assert author.labels == ["English", "Back to the list"]
    assert "is saved" in author.taps("English")


def test_a_second_tap_on_skip_leaves_out_no_second_language(office: Office) -> None:
    with office.sessions.begin() as session:
        session.get_one(Agency, office.agency_id).locales = ["en", "ms", "ta"]
    author = office.officer("aisyah")
    write(author, {"en": "Flood in {area}."})
    skip = next(choice.key for draft in author.seen for choice in draft.choices if choice.label == "Skip")
    assert "தமிழ்" in author.forges(skip)
    assert "தமிழ்" in author.forges(skip)
    assert "What will people get" in author.taps("Skip")


def test_an_unfinished_announcement_stands_in_nobodys_way_and_is_kept(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    for said in ("/announce", "Notice", "Floods", "/next", "The library closes at noon.", "/prepared"):
        author.says(said)
    assert "3. Flood" in author.says("/announce")
    author.taps("Flood")
    author.taps("Town")
    assert "is on its way" in author.says(author.code)
    kept, alert = office.broadcasts()
    assert (kept.state, alert.state) == (State.DRAFT, State.SENDING)


@pytest.mark.parametrize("moment", ["Alert", "False alarm"])
def test_what_would_be_too_long_at_night_is_said_when_it_is_written(office: Office, moment: str) -> None:
    with office.sessions.begin() as session:
        agency, names = session.get_one(Agency, office.agency_id), {"en": "Upper Bukit Timah Road", "ms": "Bukit Timah"}
        areas.add(session, agency_id=agency.id, key="upper", names=names, locales=agency.locales)
    author = office.officer("aisyah")
    long = "x" * 1_250
    told = write(author, {"en": f"{{area}} {long} {{hall}}"}, moment=moment)
    assert "cannot be sent like that" not in told
    assert "cannot be sent like that" in write(author, {"en": f"{15 * '{area} '}{long}"}, moment=moment)
    assert "Send the text in English" in author.seen[-1].text
    assert "Send the text in Bahasa Melayu" in author.says(f"{{area}} {long}")


@pytest.mark.parametrize("said", [[], ["Notice"], ["Notice", "Floods", "/next"], ["Notice", "Floods", "/next", "One."]])
def test_in_the_middle_of_an_announcement_it_is_three_taps_too_and_that_one_goes_on(
    office: Office, said: list[str]
) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    for each in ("/announce", *said):
        asked = author.says(each)
    author.says("/announce")
    assert author.taps("Go on") == asked if said else "Flood" in author.labels
    for each in ("/announce", "Flood", "Town"):
        author.says(each)
    assert "is on its way" in author.says(author.code)
    assert [each.state for each in office.broadcasts()][-1:] == [State.SENDING]


def test_a_code_that_was_shown_still_holds_after_a_look_at_what_is_prepared(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    for each in ("/announce", "Notice", "Floods", "/next", "One.", "Satu."):
        author.says(each)
    code = author.code
    author.says("/announce")
    author.taps("Go on")
    assert "is on its way" in author.says(code)


def test_in_the_middle_of_a_correction_a_prepared_alert_is_an_alert(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, FLOOD)
    approve(lim)
    for each in ("/announce", "Flood", "Town"):
        author.says(each)
    author.says(author.code)
    author.says(f"/correct {office.broadcasts()[-1].code}")
    for each in ("/announce", "Flood", "Town"):
        author.says(each)
    assert "is on its way" in author.says(author.code)
    assert [each.state for each in office.broadcasts()] == [State.PAUSED, State.DRAFT, State.SENDING]


def test_the_audit_keeps_who_said_that_differences_are_meant_and_where_they_left_with_it(office: Office) -> None:
    trust(office)
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Flood in {area}. Call 995.", "ms": "Banjir di {area}. Hubungi 999."})
    assert "prepared.differences_meant" not in office.audit(), "nobody has said so"
    author.taps("This is intended")
    write(author, FLOOD, name="Alike")
    approve(lim, "2")
    for said in ("/announce", "Flood", "Town"):
        author.says(said)
    assert "is on its way" in author.says(author.code)
    with office.sessions() as session:
        (meant,) = session.scalars(select(AuditEntry).where(AuditEntry.verb == "prepared.differences_meant"))
        (used,) = session.scalars(select(AuditEntry).where(AuditEntry.verb == "broadcast.differences_meant"))
        row = next(each for each in prepared_texts.list_for(session, office.agency_id) if each.name == "Flood")
    assert (meant.subject, meant.details["fingerprint"]) == (f"prepared:{row.id}", row.approved_hash)
    assert (used.details["prepared"], used.details["differences"], used.details["languages"]) == (row.id, 1, "ms")
