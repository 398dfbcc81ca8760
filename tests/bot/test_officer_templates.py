"""Officers see, write, submit and delete WhatsApp templates in chat."""

import pytest
from sqlalchemy import select

from broadcast import templating
from db.engine import Sessions
from delivery import senders
from delivery.models import WordingTemplate
from delivery.states import Stage
from staff.models import Role
from tests.bot import people
from tests.bot.office import Office, Phone, open_office

BODY = "News about {{1}}: {{2}} Reply STOP to stop."


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with a number, in English and Malay."""
    return open_office(sessions)


def to_body(phone: Phone) -> str:
    """The way to the question for the wording of an English announcement."""
    phone.says("/templates")
    for label in ("Write a new one", "Announcements", "English"):
        phone.taps(label)
    return phone.taps("Service")


def submit(phone: Phone, body: str = BODY) -> str:
    """The whole way."""
    to_body(phone)
    phone.says(body)
    phone.taps("Use this example")
    phone.says("The river is rising.")
    return phone.taps("Submit")


def rows(office: Office) -> list[WordingTemplate]:
    """What is written down, oldest first."""
    with office.sessions() as session:
        return list(session.scalars(select(WordingTemplate).order_by(WordingTemplate.id)))


def note(office: Office, provider_id: str, stage: Stage = Stage.APPROVED, locale: str = "en") -> int:
    """A template as the operator notes one; its number."""
    with office.sessions.begin() as session:
        senders.set_template(
            session,
            sender_id=office.whatsapp_id,
            purpose="announcement",
            locale=locale,
            provider_id=provider_id,
            body=BODY,
        )
        (made,) = session.scalars(select(WordingTemplate).where(WordingTemplate.provider_id == provider_id))
        made.stage = stage
        return made.id


def test_an_author_writes_and_submits_one_and_sees_how_far_it_is(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "has no WhatsApp templates yet" in phone.says("/templates")
    assert BODY in to_body(phone)
    assert "an example of {{1}} (the topic, with code and time)" in phone.says(BODY)
    assert "an example of {{2}} (the announcement)" in phone.taps("Use this example")
    shown = phone.says("The river is rising.")
    assert "News about Floods: The river is rising. Reply STOP to stop." in shown
    assert rows(office) == []
    assert "goes to WhatsApp now" in phone.taps("Submit")
    assert phone.labels == ["Bahasa Melayu"]
    (made,) = rows(office)
    assert (made.stage, made.locale, made.category, made.provider_id) == (Stage.WRITTEN, "en", "UTILITY", None)
    assert (made.samples, made.report_to) == ({"1": "Floods", "2": "The river is rising."}, "aisyah")
    assert "⏳ Announcements (English): about to be submitted" in phone.says("/templates")
    assert office.audit()[-1] == "template.submitted"


def test_the_other_languages_are_a_tap_away(office: Office) -> None:
    phone = office.officer("aisyah")
    submit(phone)
    phone.taps("Bahasa Melayu")
    assert "Bahasa Melayu" in phone.taps("Service")
    assert "Pengumuman tentang {{1}}" in phone.seen[-1].text


def test_what_whatsapp_would_not_take_is_named_and_asked_for_again(office: Office) -> None:
    phone = office.officer("aisyah")
    to_body(phone)
    said = phone.says("{{1}} {{2}}")
    for words in ("{{1}} stands first", "{{2}} stands last", "right after another", "too few words: at least 5"):
        assert words in said.replace("too few words for its variables", "too few words")
    assert "Type the wording in English" in said
    phone.says(BODY)
    assert "line breaks in an example" in phone.says("two\nlines")
    assert "an example of {{1}}" in phone.seen[-1].text
    assert rows(office) == []


def test_the_wording_can_be_written_anew_or_left(office: Office) -> None:
    phone = office.officer("aisyah")
    to_body(phone)
    phone.says(BODY)
    phone.taps("Use this example")
    phone.taps("Use this example")
    assert "Type the wording" in phone.taps("Write it again")
    phone.says("Word about {{1}}: {{2}} Reply STOP to end this.")
    phone.taps("Use this example")
    assert "Word about Floods" in phone.taps("Use this example")
    assert "Nothing was submitted" in phone.taps("Cancel")
    assert rows(office) == []
    assert phone.dialog is None


def test_the_newest_approved_one_is_in_use_and_a_deleted_one_gives_way(office: Office) -> None:
    old, new = note(office, "HX1"), note(office, "HX2")
    phone = office.officer("aisyah")
    listed = phone.says("/templates")
    assert listed.index("✅ Announcements (English): approved, in use") < listed.index("☑️")
    phone.forges(f"templates:show:{new}")
    assert "It is in use" in phone.taps("Delete")
    assert rows(office)[1].stage is Stage.APPROVED
    assert "is being deleted at Twilio" in phone.taps("Yes, delete it")
    with office.sessions() as session:
        assert senders.templates_in_use(session, office.whatsapp_id, "announcement")["en"].id == old
    assert phone.forges(f"templates:dropped:{new}")
    assert office.audit().count("template.deleted") == 1


@pytest.mark.parametrize("stage", [Stage.REJECTED, Stage.PAUSED, Stage.DISABLED])
def test_why_one_is_not_in_use_is_said(office: Office, stage: Stage) -> None:
    number = note(office, "HX1", stage)
    with office.sessions.begin() as session:
        found = session.get_one(WordingTemplate, number)
        found.reason, found.trouble = "TAG_CONTENT_MISMATCH", "away"
    shown = office.officer("aisyah").forges(f"templates:show:{number}")
    assert "WhatsApp's reason: TAG_CONTENT_MISMATCH" in shown
    assert "Twilio cannot be reached" in shown
    with office.sessions() as session:
        assert senders.templates_in_use(session, office.whatsapp_id, "announcement") == {}


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR])
def test_only_authors_and_administrators_come_to_them(office: Office, role: Role) -> None:
    number = note(office, "HX1")
    phone, twin = office.officer("lim", role), office.officer("twin", role)
    assert "you cannot do this" in phone.says("/templates")
    for key in ("templates:new", f"templates:show:{number}", f"templates:dropped:{number}"):
        assert phone.forges(key) == twin.forges("xyzzy:1")
    assert rows(office)[0].stage is Stage.APPROVED


def test_a_citizen_who_asks_for_them_gets_what_any_unknown_word_gets(office: Office) -> None:
    assert office.phone("a").says("/templates") == office.phone("b").says("/xyzzy")
    assert office.phone("c").forges("templates:new") == office.phone("d").forges("xyzzy:1")


def test_nobody_sees_or_deletes_another_agencys_template(office: Office, sessions: Sessions) -> None:
    number = note(office, "HX1")
    stranger = open_office(sessions, "health").officer("eve", Role.ADMIN)
    assert "has no WhatsApp templates yet" in stranger.says("/templates")
    for key in (f"templates:show:{number}", f"templates:dropped:{number}"):
        assert "There is no such template" in stranger.forges(key)
    stranger.says("/templates")
    stranger.taps("Write a new one")
    assert "What is it for?" not in stranger.forges(f"templates:sender:{office.whatsapp_id}")
    assert rows(office)[0].stage is Stage.APPROVED


@pytest.mark.parametrize(
    "key",
    [
        "templates:submit",
        "templates:preview:submit",
        "templates:sample:suggested",
        "templates:purpose:xyzzy",
        "templates:language:xx",
        "templates:more:en",
        "templates:show:9999999999999999999999",
        "templates:dropped:x",
    ],
)
def test_a_forged_choice_submits_nothing(office: Office, key: str) -> None:
    phone = office.officer("aisyah")
    assert phone.forges(key)
    phone.says("/templates")
    phone.taps("Write a new one")
    assert phone.forges(key)
    assert rows(office) == []


def test_an_agency_without_a_number_is_told_that_it_needs_none(office: Office, sessions: Sessions) -> None:
    with sessions.begin() as session:
        agency = people.agency(session, "bare", ("en",))
        bot = people.sender(session, agency)
        bare = Office(sessions, agency.id, bot.id, bot.id, {})
    phone = bare.officer("ann")
    assert "has no WhatsApp number" in phone.says("/templates")
    assert "has no WhatsApp number" in phone.forges("templates:new")


def test_a_number_that_is_full_takes_no_more(office: Office) -> None:
    with office.sessions.begin() as session:
        each = {"sender_id": office.whatsapp_id, "purpose": "returning", "locale": "en", "body": BODY}
        session.add_all(WordingTemplate(**each) for _ in range(templating.MOST))
    assert "There are 200 templates for this number already" in submit(office.officer("aisyah"))
    assert len(rows(office)) == templating.MOST
