"""An officer sends a picture, a document or a location while composing; and what a citizen who sends one is told."""

from dataclasses import replace

import pytest

from bot.talk import FileWanted
from broadcast.states import State
from channels.contract import LARGEST, Attachment, MediaKind, Place, Rejected, Unavailable
from db.engine import Sessions
from tests.bot.office import Office, Phone, open_office, to_preview

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam"
PHOTO = Attachment(MediaKind.PHOTO, "file-1", mime_type="image/jpeg", size=len(PNG))
PLACE = Attachment(MediaKind.LOCATION, place=Place(1.3521, 103.8198, "Relief centre"))


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages with some citizens."""
    made = open_office(sessions)
    made.citizens(3)
    made.citizens(2, locale="ms", on=made.whatsapp_id)
    return made


@pytest.fixture
def phone(office: Office) -> Phone:
    """An officer who sees the preview of an announcement."""
    made = office.officer("aisyah")
    to_preview(made)
    return made


def test_a_picture_is_described_in_each_language_and_stands_in_the_preview(office: Office, phone: Phone) -> None:
    asked = phone.sends(PHOTO, PNG)
    assert "Added to the announcement." in asked
    assert "Describe in English" in asked
    assert "Describe in Bahasa Melayu" in phone.says("The dam is full")
    phone.says("Empangan penuh")
    with_picture = [draft for draft in phone.seen if draft.media_id is not None]
    assert {draft.alternative for draft in with_picture} >= {"The dam is full"}
    (broadcast,) = office.broadcasts()
    assert broadcast.media_texts == {"en": "The dam is full", "ms": "Empangan penuh"}
    assert "broadcast.media_attached" in office.audit()


def test_what_is_shown_is_what_is_confirmed_so_another_picture_needs_another_code(office: Office, phone: Phone) -> None:
    code = phone.code
    phone.sends(PLACE)
    assert phone.code != code
    assert "do not match" in phone.says(code) or office.broadcasts()[0].state is State.DRAFT
    phone.sends(PLACE)
    phone.says(phone.code)
    assert office.broadcasts()[0].state is State.SENDING


def test_a_named_place_needs_no_words_and_a_whatsapp_reader_outside_the_window_is_spoken_of(phone: Phone) -> None:
    shown = phone.sends(PLACE)
    assert "Describe" not in shown
    assert "leaves as two messages" in shown


def test_an_undescribed_picture_is_a_caution(phone: Phone) -> None:
    phone.sends(PHOTO, PNG)
    phone.says("/skip")
    assert "nobody has described what the attachment shows" in phone.says("/skip")


def test_of_an_album_the_first_is_taken_and_that_is_said_once(office: Office, phone: Phone) -> None:
    first, second, third = (replace(PHOTO, file=f"file-{n}", album="131") for n in (1, 2, 3))
    assert "first one of these" in phone.sends(first, PNG)
    assert phone.sends_on(second) == []
    assert "Describe in Bahasa Melayu" in phone.sends(third, text="The dam is full")
    assert office.broadcasts()[0].media_texts == {"en": "The dam is full"}
    assert "takes the place" in phone.sends(PHOTO, PNG + b"another")


def test_another_one_takes_the_place_of_the_first_and_the_way_leads_back_to_where_that_came(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    phone.taps("Notice")
    phone.says("1")
    phone.sends(PHOTO, PNG)
    assert "takes the place" in phone.sends(PHOTO, PNG + b"another")
    phone.says("/skip")
    assert "1 of 2" in phone.says("/skip")
    (kept,) = (each.media_id for each in office.broadcasts())
    assert "5,120 KB" in phone.sends(PHOTO, PNG + b"x" * (6 * 1024 * 1024), "The dam is full.")
    assert office.broadcasts()[0].media_id == kept is not None


def test_a_citizens_album_is_answered_once_and_its_words_are_heard(office: Office) -> None:
    phone, picture = office.phone("citizen"), replace(PHOTO, album="132")
    for words in ("hi", "English", "1", "done", "yes"):
        phone.says(words)
    assert "We can only read words here" in phone.sends(picture)
    assert phone.sends_on(picture) == []
    assert "unsubscribed" in phone.sends(picture, text="stop")


def test_it_can_be_taken_away_again(office: Office, phone: Phone) -> None:
    phone.sends(PHOTO, PNG)
    phone.taps("Remove attachment")
    assert office.broadcasts()[0].media_id is None
    assert all(draft.media_id is None for draft in phone.seen)
    assert phone.code


def test_a_caption_is_the_text_of_the_language_that_is_asked_for(office: Office) -> None:
    phone = office.officer("aisyah")
    phone.says("/announce")
    phone.taps("Notice")
    phone.says("1")
    phone.sends(PHOTO, PNG, "The dam is full.")
    phone.says("/skip")
    assert "2 of 2" in phone.says("/skip")


def test_the_file_is_asked_for_only_while_an_announcement_is_written(office: Office, phone: Phone) -> None:
    with pytest.raises(FileWanted):
        phone.sends(PHOTO)
    assert "We can only read words here" in office.officer("wei").sends(PHOTO)


@pytest.mark.parametrize(
    ("attachment", "file", "told"),
    [
        (PHOTO, b"GIF89a", "JPEG, PNG, WebP"),
        (PHOTO, b"", "empty"),
        (PHOTO, Unavailable("provider_down"), "could not get that file"),
        (PHOTO, Rejected("media_too_large"), "10 MB at most"),
        (Attachment(MediaKind.PHOTO, "x", size=LARGEST + 1), None, "10 MB at most"),
        (Attachment(MediaKind.LOCATION, place=Place(99.0, 0.0)), None, "cannot be read"),
        (PHOTO, PNG + b"x" * (6 * 1024 * 1024), "WhatsApp allows 5,120 KB"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_reason_and_the_draft_stays(
    office: Office, phone: Phone, attachment: Attachment, file: bytes | None, told: str
) -> None:
    assert told in phone.sends(attachment, file)
    assert office.broadcasts()[0].media_id is None
    phone.says(phone.code)
    assert office.broadcasts()[0].state is State.SENDING


def test_link_previews_can_be_hidden(office: Office, phone: Phone) -> None:
    assert "Hide link previews" not in phone.labels
    phone.taps("✏️ English")
    phone.says("See https://www.pub.gov.sg for more.")
    phone.taps("This is intended")  # the other language names no link
    phone.taps("Hide link previews")
    assert office.broadcasts()[0].has_preview is False
    assert "Show link previews" in phone.labels


@pytest.mark.parametrize("attachment", [PHOTO, PLACE, Attachment(MediaKind.DOCUMENT, "x")])
def test_a_citizen_who_sends_one_is_answered_kindly_and_nothing_is_fetched(
    office: Office, attachment: Attachment
) -> None:
    phone = office.phone("citizen")
    phone.sends(attachment)  # the first word is a hello, whatever it is
    assert phone.labels
    for words in ("English", "1", "done", "yes"):
        phone.says(words)
    assert "We can only read words here" in phone.sends(attachment)
