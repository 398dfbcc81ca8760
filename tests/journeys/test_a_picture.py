"""An officer sends a picture while composing; people on both apps see it, and it was uploaded once."""

from sqlalchemy import select

from delivery.models import MediaHandle
from tests.journeys.steps import TEXTS, subscribe
from tests.journeys.town import Person, Town

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam at noon"


def test_a_picture_reaches_people_on_both_apps_and_is_uploaded_once(place: Town) -> None:
    channels = ("telegram", "telegram", "whatsapp")
    readers = [place.person(channel) for channel in channels]
    for reader, channel in zip(readers, channels, strict=True):
        subscribe(reader, place, channel, "en")
    officer = place.officer()
    _compose(officer, place)
    for reader in readers:
        reader.see(TEXTS["en"], 30)
        (shown,) = (m for m in reader.messages() if TEXTS["en"] in m["text"])
        assert shown["media"]["kind"] == "photo"
        assert place.simulator.file(shown["media"]["file"]) == PNG
    previewed = [m for m in officer.messages() if TEXTS["ta"] in m["text"] and m["from"] == "bot"]
    assert previewed[0]["media"]["kind"] == "photo"
    uploads = [entry for entry in place.record() if (entry["media"] or "").startswith("upload")]
    assert len(uploads) == 1
    ours = select(MediaHandle).where(MediaHandle.sender_id.in_((place.cast.telegram.id, place.cast.whatsapp.id)))
    assert len(place.in_session(lambda session: session.scalars(ours).all())) == 1


def _compose(officer: Person, place: Town) -> None:
    """From the kind to the code: the picture comes with the first text as its caption."""
    officer.say("/announce")
    officer.see_new("What is it?")
    officer.tap("Notice")
    officer.tap("Flood alerts")
    officer.see_new("send the text in")
    first, *others = place.cast.agency.locales
    place.simulator.send(officer.phone, officer.bot, "photo", PNG, text=TEXTS[first])
    for locale in place.cast.agency.locales:
        officer.see_new("Describe in")
        officer.say(f"A flooded street ({locale})")
    for locale in others:
        officer.see_new("send the text in")
        officer.say(TEXTS[locale])
    summary = officer.see_new("type this code", seconds=30.0)
    officer.say(summary.split()[-1])
    officer.see_new("Confirmed:")
