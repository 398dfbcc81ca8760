"""What people do in more than one journey."""

import time
from collections.abc import Mapping

from sqlalchemy import select

from broadcast.models import Broadcast
from broadcast.states import State
from tests.journeys.town import Person, Town

TEXTS = {
    "en": "A flood is coming. Go to higher ground.",
    "ms": "Banjir akan tiba. Pergi ke tempat tinggi.",
    "ta": "வெள்ளம் வருகிறது. உயரமான இடத்துக்குச் செல்லுங்கள்.",
    "zh_Hans": "洪水即将到来，请前往高处。",
}


def subscribe(person: Person, town: Town, channel: str, locale: str, topic: str = "flood") -> None:
    """From the link to the confirmation: language, one topic, yes."""
    person.open(town.link(channel))
    person.tap(f"set:{locale}")
    person.tap(f"toggle:{town.topic(topic)}:")
    person.see("✅ ")
    person.tap("onboarding:done")
    person.tap("onboarding:yes")
    person.tap_is_offered("settings:")


def announce(
    officer: Person,
    town: Town,
    texts: Mapping[str, str] = TEXTS,
    *,
    kind: str = "Notice",
    topic: str = "Flood alerts",
) -> str:
    """The whole dialog up to the confirmation; the announcement's code."""
    officer.say("/announce")
    officer.see_new("What is it?")
    officer.tap(kind)
    officer.tap(topic)
    for locale in town.cast.agency.locales:
        officer.see_new("send the text in")
        officer.say(texts[locale])
    summary = officer.see_new("type this code", seconds=30.0)
    officer.say(summary.split()[-1])
    return officer.see_new("Confirmed:").split()[1]


def wait_until_finished(town: Town, code: str, seconds: float = 60.0) -> None:
    """Until the clock has ended an announcement. Its officer reads so up to three seconds later."""
    state = select(Broadcast.state).where(Broadcast.agency_id == town.cast.agency.id, Broadcast.code == code)

    def is_finished() -> bool:
        return town.in_session(lambda session: session.scalars(state).one()) is State.FINISHED

    town.simulator.wait_for(is_finished, seconds, every=0.1)


def wait_until_quiet(town: Town, seconds: float = 1.0) -> None:
    """Long enough for anything on its way to arrive."""
    time.sleep(seconds)
    before = -1
    while before != (now := int(town.simulator.call("GET", "/control/health")["calls"])):
        before = now
        time.sleep(0.3)
