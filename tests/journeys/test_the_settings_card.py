"""The card of /settings on both apps: rewritten in place on Telegram, lists on WhatsApp, the same wishes kept."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from sqlalchemy import select

from delivery.models import Enclosure, Letter, MediaHandle
from subscribers import wishes
from subscribers.models import Subscriber
from subscribers.wishes import QuietHours
from tests.journeys.steps import subscribe
from tests.journeys.town import Person, Town

NIGHT = QuietHours(22 * 60, 7 * 60)


def test_everything_is_chosen_on_one_card(place: Town) -> None:
    tamil, malay = place.person("telegram", "ta"), place.person("whatsapp", "ms")
    subscribe(tamil, place, "telegram", "ta")
    subscribe(malay, place, "whatsapp", "ms")

    tamil.say("அமைப்புகள்")
    tamil.see_new("அமைதி நேரம்: இல்லை")
    card = tamil.messages()[-1]["id"]
    for tap, shown in (
        ("settings:quiet", "22:00 – 07:00"),
        ("quiet:1320:420", "10:00 PM"),
        ("topics:begin", "↳ "),
        ("topics:done", "10:00 PM"),
        ("settings:media:off", "படங்கள்: வராது"),
        ("settings:pause", "30 நாட்கள்"),
        ("settings:begin", "படங்கள்: வராது"),
    ):
        tamil.tap(tap)
        place.simulator.wait_for(lambda shown=shown: shown in str(tamil.messages()[-1]), 15.0)  # type: ignore[misc]
        assert tamil.messages()[-1]["id"] == card

    malay.say("tetapan")
    malay.see_new("Waktu senyap: tiada")
    malay.tap("settings:quiet")
    malay.see_new("contohnya: 10:00 PTG hingga 7:00 PG")
    malay.say("10 malam hingga 7 pagi")
    malay.see_new("10:00 PTG")
    malay.say("jeda seminggu")
    malay.see_new("termasuk amaran")
    malay.tap("settings:resume")
    malay.see_new("Selamat kembali")

    _ask_for_everything(place, tamil, malay)
    with place.sessions() as session:
        ours = select(Subscriber).where(Subscriber.agency_id == place.cast.agency.id)
        people = session.scalars(ours.order_by(Subscriber.id)).all()
    assert [wishes.quiet_hours(person) for person in people] == [NIGHT, NIGHT]
    assert {(person.locale, person.wants_media) for person in people} == {("ta", False), ("ms", True)}
    assert all(person.paused_until is None and person.consented_at is not None for person in people)


def _ask_for_everything(place: Town, tamil: Person, malay: Person) -> None:
    """All that is held comes as a file on both apps; the record shows one upload, and one address of ours."""
    tamil.say("என் தரவு")
    text = _file(place, tamil).decode("utf-8-sig")
    assert "அமைப்புகள்" in text
    malay.say("data saya")
    with ZipFile(BytesIO(_file(place, malay))) as packed:
        assert "jeda seminggu" in packed.read("word/document.xml").decode()
    uploaded, fetched = [entry["media"] for entry in place.record() if entry["media"]]
    assert uploaded == f"upload {len(text.encode('utf-8-sig'))}"
    token = fetched.rsplit("/", 1)[-1]
    assert token not in place.log_text()
    ours = select(Letter.id).where(Letter.agency_id == place.cast.agency.id)
    handles = select(MediaHandle).where(MediaHandle.sender_id.in_([place.cast.telegram.id, place.cast.whatsapp.id]))
    assert place.in_session(lambda session: session.scalars(handles).all()) == []
    enclosed = select(Enclosure).where(Enclosure.letter_id.in_(ours))
    left = place.in_session(lambda session: session.scalars(enclosed).all())
    assert [each.token for each in left] == [token]  # Telegram has its own; Twilio may fetch until it expires


def _file(place: Town, person: Person) -> bytes:
    """The document on a phone, once it is there."""

    def shown() -> dict[str, Any] | None:
        return next((each["media"] for each in person.messages() if each["media"]), None)

    found = place.simulator.wait_for(shown, 15.0)
    assert found is not None
    assert found["kind"] == "document"
    return place.simulator.file(found["file"])
