"""A prepared text is sent as it was written: nothing of the draft that it is put into goes with it."""

import pytest

from broadcast import compose
from broadcast.models import Broadcast
from broadcast.states import Aftercare, Kind, State
from channels.contract import Attachment, MediaKind
from db.engine import Sessions
from staff.models import Role
from tests.bot.office import Office, Phone
from tests.bot.preparing import approve, opened, trust, write

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
PHOTO = Attachment(MediaKind.PHOTO, "file-1", mime_type="image/png", size=len(PNG))


@pytest.fixture
def office(sessions: Sessions) -> Office:
    """An agency of two languages and two areas, which trusts what was approved."""
    made = opened(sessions)
    trust(made)
    return made


@pytest.fixture
def author(office: Office) -> Phone:
    """Who wrote the prepared Flood, in English alone: other readers get that. It is approved."""
    author, lim = office.officer("aisyah"), office.officer("lim", Role.APPROVER)
    write(author, {"en": "Flood in {area}.", "ms": "/skip"})
    author.taps("English")
    approve(lim)
    return author


def says(phone: Phone, *words: str) -> None:
    """One after the other."""
    for word in words:
        phone.says(word)


def texts_of(office: Office, broadcast: Broadcast) -> dict[str, str]:
    """Locale -> what it says."""
    with office.sessions() as session:
        return {row.locale: row.text for row in compose.contents(session, broadcast)}


def test_a_draft_that_was_left_with_a_segment_and_a_picture_gives_the_alert_neither(
    office: Office, author: Phone
) -> None:
    says(author, "/segments", "New segment", "language:ms", "Readers of Malay")
    says(author, "/announce", "Notice", "Floods", "Readers of Malay")
    author.sends(PHOTO, PNG)
    says(author, "A river.", "/skip", "/prepared")
    (left,) = office.broadcasts()
    assert (left.segment, left.media_id is not None) == ("language:ms", True)
    says(author, "/announce", "Flood", "Town")
    assert "is on its way" in author.says(author.code)
    alert = office.broadcasts(State.SENDING)[-1]
    assert (alert.kind, alert.segment, alert.media_id, alert.media_texts) == (Kind.ALERT, None, None, {})
    assert texts_of(office, alert) == {"en": "Flood in Town."}


def test_the_other_language_of_a_notice_never_leaves_as_an_alert_and_the_notice_is_kept(
    office: Office, author: Phone
) -> None:
    says(author, "/announce", "Notice", "Floods", "/next", "The library closes.", "Perpustakaan ditutup.")
    while "Flood" not in author.labels:
        author.says("/back")
    says(author, "Flood", "Town")
    assert "is on its way" in author.says(author.code)
    kept, alert = office.broadcasts()
    assert (alert.kind, texts_of(office, alert)) == (Kind.ALERT, {"en": "Flood in Town."})
    assert (kept.state, texts_of(office, kept)) == (
        State.DRAFT,
        {"en": "The library closes.", "ms": "Perpustakaan ditutup."},
    )


def test_a_kept_correction_gives_the_prepared_one_no_picture_and_no_other_text(office: Office, author: Phone) -> None:
    write(author, {"en": "False alarm in {area}.", "ms": "/skip"}, name="Over", moment="False alarm")
    author.taps("English")
    approve(office.officer("boss", Role.ADMIN), "2")
    says(author, "/announce", "Flood", "Town")
    author.says(author.code)
    code = office.broadcasts()[-1].code
    says(author, f"/correct {code}", "It is not so.", "Ia tidak benar.")
    author.sends(PHOTO, PNG)
    says(author, "A river.", "/skip", "/prepared", f"/status {code}")
    author.taps("Over")
    made = office.broadcasts()[-1]
    assert (made.aftercare, made.media_id) == (Aftercare.CORRECTION, None)
    assert texts_of(office, made) == {"en": "False alarm in Town."}


def test_a_picture_that_comes_while_the_area_is_asked_for_changes_nothing(office: Office, author: Phone) -> None:
    says(author, "/announce", "Flood")
    author.sends(PHOTO, PNG)
    author.says("Town")
    assert "is on its way" in author.says(author.code)
