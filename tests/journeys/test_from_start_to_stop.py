"""The way the README describes, through the doors, over real HTTP, in both sizes."""

import time

from tests.journeys.town import Person, Town

TAMIL = "வெள்ளம் வருகிறது. உயரமான இடத்துக்குச் செல்லுங்கள்."
MALAY = "Banjir akan tiba. Pergi ke tempat tinggi."
ENGLISH = "A flood is coming. Go to higher ground."
CHINESE = "洪水即将到来，请前往高处。"


def subscribe(person: Person, town: Town, channel: str, topic: str) -> None:
    """From the link to the confirmation, taking the language the phone suggests."""
    person.open(town.link(channel))
    person.tap("language:")
    person.tap(topic)
    person.tap("topics:done")
    person.tap("onboarding:yes")


def test_everybody_hears_in_their_language_and_nothing_after_stop(place: Town) -> None:
    tamil, malay = place.person("telegram", "ta"), place.person("whatsapp", "ms")
    subscribe(tamil, place, "telegram", "வெள்ள")
    subscribe(malay, place, "whatsapp", "banjir")
    officer = place.officer()

    announce(officer)
    tamil.see(TAMIL)
    malay.see(MALAY)
    officer.see("2")

    malay.say("BERHENTI")
    time.sleep(1.0)
    before = len(malay.heard())
    announce(officer)
    place.simulator.wait_for(lambda: tamil.screen().count(TAMIL) == 2, 15.0)
    time.sleep(1.0)
    assert len(malay.heard()) == before
