"""Languages: each at any time by a word, and numbers, dates and plural forms as it writes them."""

import re

import pytest

from tests.journeys.citizens.citizen import Citizen
from tests.journeys.citizens.purity import foreign
from tests.journeys.citizens.words import WORDS

DAYS = {
    "en": ["1 day", "7 days", "30 days"],
    "zh_Hans": ["1 天", "7 天", "30 天"],
    "ms": ["1 hari", "7 hari", "30 hari"],
    "ta": ["1 நாள்", "7 நாட்கள்", "30 நாட்கள்"],
}
INSTANT = {
    "en": r"\d{1,2} [A-Z][a-z]{2,3} 20\d\d, \d{1,2}:\d\d [ap]m",
    "zh_Hans": r"20\d\d年\d{1,2}月\d{1,2}日 [上下]午\d{1,2}:\d\d",
    "ms": r"\d{1,2} [A-Z][a-z]{2,3} 20\d\d, \d{1,2}:\d\d PT?G",
    "ta": r"\d{1,2} [\u0b80-\u0bff]+\.?,? 20\d\d, \d{1,2}:\d\d [AP]M",
}
NIGHT = {
    "en": "10:00 pm to 7:00 am",
    "zh_Hans": "下午10:00至上午7:00",
    "ms": "10:00 PTG hingga 7:00 PG",
    "ta": "10:00 PM முதல் 7:00 AM வரை",
}
HELP = {"en": "STOP", "zh_Hans": "停止", "ms": "BERHENTI", "ta": "நிறுத்து"}


def test_another_language_and_back_and_everything_written_as_it_is_written_there(citizen: Citizen) -> None:
    citizen.arrives("sports")
    citizen.says(citizen.words.help)
    assert HELP[citizen.locale] in citizen.reads("help.text")

    citizen.says(citizen.words.quiet)
    citizen.person.see_new(NIGHT[citizen.locale])
    citizen.taps("settings:pause")
    citizen.receives(citizen.text("settings.pause_ask"))
    labels = [label for _, key, label in citizen.person.choices() if key.startswith("settings:pause:")]
    assert labels == DAYS[citizen.locale]
    citizen.taps("settings:pause:7")
    paused = citizen.receives(citizen.text("settings.paused", until="\0", told="").split("\0")[0])["text"]
    assert len(re.findall(INSTANT[citizen.locale], paused)) == 2, paused
    citizen.reads_one_language()

    guest = Citizen(citizen.person, citizen.city, citizen.app, after(citizen.locale))
    citizen.says(citizen.words.language)
    guest.chosen_at = len(guest.person.messages()) + 1
    guest.taps(f"set:{guest.locale}")
    guest.receives(guest.text("language.changed", language=guest.words.name))
    guest.says(guest.words.settings)
    guest.person.see_new(NIGHT[guest.locale])
    guest.reads_one_language()
    citizen.says(citizen.words.name)
    citizen.reads("language.changed", language=citizen.words.name)


def after(locale: str) -> str:
    """Another language."""
    known = list(WORDS)
    return known[(known.index(locale) + 1) % len(known)]


@pytest.mark.parametrize(
    ("said", "locale", "wrong"),
    [
        ("Send STOP to stop.", "en", []),
        ("Hantar STOP untuk berhenti.", "en", ["hantar", "untuk"]),
        ("Hantar STOP to stop.", "ms", ["to"]),
        ("发送“停止”即可 stop。", "zh_Hans", ["stop"]),
        ("நிறுத்த “停止” அனுப்புங்கள்", "ta", ["停止"]),
        ("குறியீடு: B7K2, Telegram", "ta", []),
    ],
)
def test_a_word_of_another_language_is_noticed(said: str, locale: str, wrong: list[str]) -> None:
    assert foreign(said, locale) == wrong
