"""The code that launches: bound to what was shown, in one conversation, once, for a while; and what follows from it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from broadcast import clock
from broadcast.states import State
from channels import registry
from db.engine import Sessions
from delivery.drafts import Draft
from delivery.models import Letter, WordingTemplate
from staff import officers
from staff.models import Officer, Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office, to_preview


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with some citizens."""
    made = open_office(sessions)
    made.citizens(3)
    made.citizens(2, locale="ms", on=made.whatsapp_id)
    return made


def test_changing_a_text_after_the_preview_voids_the_code(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    old = phone.code
    assert "send the text in English" in phone.taps("✏️ English")
    assert any("The river falls." in draft.text for draft in _all(phone, "The river falls."))
    new = phone.code
    assert "That is not the code" in phone.says(old)
    assert "is on its way" in phone.says(new)


def test_changing_the_audience_after_the_preview_counts_anew(office: Office) -> None:
    office.citizens(1, topic="roads")
    phone = office.officer("aisyah")
    to_preview(phone)
    phone.taps("Change audience")
    assert "1 person will get it (Road works)" in phone.says("Road works")


def test_a_typed_code_that_was_overtaken_by_an_edit_launches_nothing(office: Office) -> None:
    first, second = office.officer("aisyah"), office.officer("admin", Role.ADMIN)
    to_preview(first)
    code = first.code
    second.says(f"/announce {office.broadcasts()[0].code}")
    second.taps("✏️ English")
    second.says("The river falls.")
    assert "Something was changed" in first.says(code)
    assert any("The river falls." in draft.text for draft in first.seen)
    assert office.broadcasts(State.SENDING) == []


def test_three_wrong_codes_close_the_dialog_and_keep_the_draft(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = phone.code
    assert "2 more times" in phone.says("WRONG")
    assert "1 more time." in phone.says("AAAAA")
    assert "The draft is kept" in phone.says("yes send it")
    assert phone.dialog is None
    assert "is on its way" not in phone.says(code)
    [draft] = office.broadcasts()
    assert draft.state is State.DRAFT
    assert "5 people will get it" in phone.says(f"/announce {draft.code.lower()}")
    assert "is on its way" in phone.says(phone.code)


def test_a_code_holds_for_fifteen_minutes(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    old = phone.code
    phone.waits(timedelta(minutes=15))
    office.citizens(1)
    answer = phone.says(old)
    assert "has expired" in answer
    assert "6 people will get it" in answer
    assert phone.code != old
    assert office.broadcasts(State.SENDING) == []
    assert "is on its way" in phone.says(phone.code)


def test_a_code_is_good_once(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    code = phone.code
    phone.says(code)
    assert "is on its way" not in phone.says(code)
    assert office.audit().count("broadcast.launched") == 1


def test_a_code_is_good_in_its_own_conversation_only(office: Office) -> None:
    first, second = office.officer("aisyah"), office.officer("admin", Role.ADMIN)
    to_preview(first)
    second.says(f"/announce {office.broadcasts()[0].code}")
    assert "That is not the code" in second.says(first.code)


def test_two_phones_of_one_officer_launch_once(office: Office) -> None:
    first = office.officer("aisyah")
    to_preview(first)
    second = _second_phone(office)
    second.says(f"/announce {office.broadcasts()[0].code}")
    words = [(first, first.code), (second, second.code)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda turn: turn[0].says(turn[1]), words))
    assert sum("is on its way" in answer for answer in answers) == 1
    assert sum("no longer a draft: going out" in answer for answer in answers) == 1
    assert office.audit().count("broadcast.launched") == 1


def test_what_became_too_long_since_the_preview_is_said_instead_of_sent(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone, english="x" * 900)
    code = phone.code
    with office.sessions.begin() as session:
        wording = {"purpose": "announcement", "provider_id": "HX1", "body": "{{1}} {{2}} " + "From us. " * 30}
        session.add(WordingTemplate(sender_id=office.whatsapp_id, locale="en", **wording))
    assert "This cannot be sent like that" in phone.says(code)
    assert "send the text in English" in phone.seen[-1].text
    assert office.broadcasts(State.SENDING) == []
    assert "5 people will get it" in phone.says("The river rises.")


def test_the_clock_writes_one_card_where_the_officer_confirmed(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    phone.says(phone.code)
    [broadcast] = office.broadcasts()
    for _ in range(3):
        phone.waits(timedelta(seconds=5))
        clock.tick(office.sessions, phone.now, limits_of=registry.limits)
    with office.sessions() as session:
        cards = session.scalars(select(Letter).where(Letter.key.is_not(None))).all()
    assert [(card.sender_id, card.to) for card in cards] == [(office.telegram_id, "aisyah")]
    assert broadcast.code in cards[0].text


def _second_phone(office: Office) -> Phone:
    with office.sessions.begin() as session:
        officer = session.scalars(select(Officer).where(Officer.agency_id == office.agency_id)).one()
        code = officers.reinvite(session, officer, now=people.START)
    phone = office.phone("6591234567", on=office.whatsapp_id)
    phone.says(f"/start o-{code}")
    return phone


def _all(phone: Phone, text: str) -> list[Draft]:
    phone.says(text)
    return phone.seen
