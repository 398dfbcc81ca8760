"""Segments in the officers' chat: written, read back with the count, saved, announced to; and the numbers before."""

import pytest
from sqlalchemy import select, update

from broadcast.states import State
from db.engine import Sessions
from delivery.models import Consignment
from staff.models import Role
from subscribers.models import Address, AreaChoice, Subscriber
from tests.bot.office import Office, Phone, open_office, to_preview
from tests.bot.test_officer_areas import add_areas


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency with three readers of English on Telegram, two of Malay, and one on WhatsApp."""
    made = open_office(sessions)
    made.citizens(3)
    made.citizens(2, locale="ms")
    made.citizens(1, on=made.whatsapp_id)
    return made


def saved(office: Office, name: str = "Readers of Malay", text: str = "language:ms") -> Phone:
    """An officer who saved a segment."""
    phone = office.officer("aisyah")
    for word in ("/segments", "New segment", text):
        phone.says(word)
    assert f"Saved as “{name}”" in phone.says(name)
    return phone


def to_segment(office: Office, phone: Phone) -> str:
    """The question which of them it is for."""
    phone.says("/announce")
    phone.says("1")
    return phone.says("Floods")


def test_a_segment_is_written_read_back_with_its_count_and_saved_by_name(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "There is no segment yet" in phone.says("/segments")
    assert "Write the segment" in phone.taps("New segment")
    assert "Did you mean floods?" in phone.says("topic:flods")
    told = phone.says("topic:floods and not app:whatsapp")
    assert "topic:floods and not channel:whatsapp" in told
    assert "people subscribed to Floods, and not on WhatsApp" in told
    assert "5 subscribed people now" in told
    assert "By app: Telegram 5" in told
    assert "By language: English 3, Bahasa Melayu 2" in told
    assert "at most" in phone.says("topic:floods")  # no name, so it is asked again
    assert "Saved as “No WhatsApp”" in phone.says("No WhatsApp")
    assert "1. No WhatsApp: topic:floods and not channel:whatsapp" in phone.says("/segments")
    assert "5 subscribed people" in phone.says("1")
    assert "is deleted" in phone.taps("Delete")
    assert [verb for verb in office.audit() if verb.startswith("segment")] == ["segment.saved", "segment.removed"]


def test_names_are_asked_for_until_one_is_good_and_free(office: Office) -> None:
    phone = saved(office)
    phone.says("/segments language:en")
    assert "already" in phone.says("READERS of malay")
    for bad in ("7", "a:b", "x" * 21, "a\u202eb"):
        assert "Please send another one" in phone.says(bad)
    assert "Saved as “Readers”" in phone.says("Readers")


def test_without_saved_segments_nothing_new_is_asked(office: Office) -> None:
    phone = office.officer("aisyah")
    assert "1 of 2" in to_segment(office, phone)
    assert "Only for people" not in to_preview(office.officer("other"))


def test_a_saved_segment_is_chosen_and_obeyed_to_the_post_office(office: Office, sessions: Sessions) -> None:
    phone = saved(office)
    assert "2. Readers of Malay" in to_segment(office, phone)
    assert phone.labels == ["All of them", "Readers of Malay", "Back", "Cancel"]
    phone.taps("Readers of Malay")
    phone.says("The river rises.")
    told = phone.says("Sungai naik.")
    assert "2 people will get it" in told
    assert "Only for people reading Bahasa Melayu." in told
    assert "broadcast.segment_set" in office.audit()
    phone.says(phone.code)
    [sent] = office.broadcasts(State.SENDING)
    assert sent.segment == "language:ms"
    with sessions() as session:
        assert session.scalars(select(Consignment)).all() == []  # the worker opens it


def test_a_segment_is_typed_in_the_announcement_and_a_mistake_is_asked_again(office: Office) -> None:
    phone = saved(office)
    to_segment(office, phone)
    assert "Did you mean language?" in phone.says("langage:ta")
    assert "not one of the answers" in phone.says("/nonsense")
    assert "1 of 2" in phone.says("channel:whatsapp or bahasa:ms")
    assert office.broadcasts()[0].segment == "channel:whatsapp or language:ms"
    assert "Which of them" in phone.says("/back")
    assert "1 of 2" in phone.taps("All of them")
    assert office.broadcasts()[0].segment is None


def test_another_segment_after_the_preview_needs_a_new_code(office: Office, sessions: Sessions) -> None:
    with sessions.begin() as session:
        add_areas(session, office.agency_id, "bedok")
    phone = saved(office)
    to_segment(office, phone)
    phone.taps("All of them")
    phone.taps("All areas")
    phone.says("The river rises.")
    phone.says("Sungai naik.")
    old = phone.code
    phone.taps("Change audience")
    phone.says("Floods")
    phone.taps("Readers of Malay")
    assert "2 people will get it" in phone.taps("All areas")
    phone.says(old)
    assert office.broadcasts(State.SENDING) == []


def test_segments_and_names_of_another_agency_do_not_exist(office: Office, sessions: Sessions) -> None:
    other = open_office(sessions, "nea")
    with sessions.begin() as session:
        add_areas(session, other.agency_id, "theirs")
    saved(other)
    phone = office.officer("aisyah2")
    assert "There is no segment yet" in phone.says("/segments")
    assert "not there any more" in phone.forges("segments:show:1")
    assert "not there any more" in phone.forges("segments:drop:1")
    assert "there is no area “theirs”" in phone.says("/segments area:theirs")
    writing = saved(office, name="Ours")
    to_segment(office, writing)
    code = office.broadcasts()[-1].code
    assert "Which of them" in writing.forges(f"announce:{code}:segment:1")


@pytest.mark.parametrize("words", ["/segments", "/audience", "/estimate", "segments"])
def test_a_citizen_learns_nothing_of_any_of_it(office: Office, words: str) -> None:
    saved(office)
    citizen = office.phone("citizen")
    citizen.says("hi")
    told = citizen.says(words)
    assert "segment" not in told.lower()


def test_the_audience_is_told_by_topic_and_area_with_five_whose_names_nobody_learns(
    office: Office, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        for address in session.scalars(select(Address).where(Address.value.like("citizen-%"))):
            address.value = f"65-9123-{address.id:04}"
    phone = office.officer("aisyah")
    assert "You are writing no announcement" in phone.says("/audience")
    to_preview(phone)
    with sessions.begin() as session:
        add_areas(session, office.agency_id, "bedok", "yishun")
        some = session.scalars(select(Subscriber.id).where(Subscriber.locale == "ms")).all()
        session.add_all(AreaChoice(subscriber_id=id, area_id=1) for id in some)
    told = phone.says("/audience")
    assert "By area (one person may have several): Bedok 2, no area chosen 4" in told
    assert "6 people can be written to now" in told
    assert "By app: Telegram 5, WhatsApp 1" in told
    assert "By topic (one person may have several): Floods 6" in told
    assert told.count("subscribed 24 Nov 2026") == 5
    assert "9123" not in told
    assert "Only for" not in told
    assert phone.dialog == "announce"
    code = office.broadcasts()[0].code
    assert "6 people" in office.officer("boss", Role.ADMIN).says(f"/audience {code.lower()}")
    assert "no such" in office.officer("else").says(f"/audience {code}").lower()
    assert "no such" in open_office(sessions, "nea").officer("them", Role.ADMIN).says(f"/audience {code}").lower()


def test_the_estimate_names_each_channel_its_rate_quiet_hours_and_tier(office: Office, sessions: Sessions) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    told = phone.says("/estimate")
    assert "Telegram: 5, at up to 30 a second" in told
    assert "WhatsApp: 1, at up to 80 a second" in told
    assert "Nobody is in quiet hours, now or when the last one leaves." in told
    assert "WhatsApp: 1 of them has not written within a day" in told
    assert "may begin 250 conversations a day" in told
    with sessions.begin() as session:
        session.execute(update(Subscriber).where(Subscriber.locale == "ms").values(quiet_from=0, quiet_until=1439))
        session.execute(update(Address).where(Address.channel == "whatsapp").values(last_inbound_at=phone.now))
    told = phone.says("/estimate")
    assert "2 of them are in quiet hours now" in told
    assert "conversations a day" not in told
    phone.says("/announce")
    phone.says("/cancel")


def test_what_has_left_is_looked_at_with_status(office: Office) -> None:
    phone = office.officer("aisyah")
    to_preview(phone)
    phone.says(phone.code)
    code = office.broadcasts()[0].code
    assert f"/status {code}" in phone.says(f"/audience {code}")
