"""A language's own name, typed at any time, changes to it in one word."""

import pytest
from sqlalchemy.orm import Session

from bot.keywords import Intent, Understood, understand
from delivery.models import Sender
from locales import texts
from tests.bot import people
from tests.bot.people import Person

STEPS = {
    "first": (),
    "language": ("hi",),
    "topics": ("hi", "English"),
    "consent": ("hi", "English", "1", "done"),
    "subscribed": ("hi", "English", "1", "done", "yes"),
    "changing topics": ("hi", "English", "1", "done", "yes", "topics"),
    "stopped": ("hi", "English", "1", "done", "yes", "stop"),
    "asked": ("hi", "English", "1", "done", "yes", "how do I stop?"),
    "topic stopped": ("hi", "English", "1", "done", "yes", "stop floods"),
}
NAMES = {
    "en": ("English", "english!", "英文", "英语", "Inggeris", "ஆங்கிலம்"),
    "zh_Hans": ("中文", "华文", "華語", "Chinese", "Cina", "சீனம்"),
    "ms": ("Bahasa Melayu", "melayu", "马来文", "马来语", "Malay", "மலாய்"),
    "ta": ("தமிழ்", "தமிழ் 🙏", "Tamil", "淡米尔文", "泰米尔语"),
}
AGENCY = {"en": "Water Board", "zh_Hans": "公用事业局", "ms": "Lembaga Air", "ta": "நீர் வாரியம்"}
SAID = [(locale, name) for locale, names in NAMES.items() for name in names]


@pytest.mark.parametrize("locale", NAMES)
def test_a_language_is_changed_by_its_own_name_wherever_one_is(session: Session, telegram: Sender, locale: str) -> None:
    for step, said in STEPS.items():
        person = Person(session, telegram, value=step, hint="ms" if locale == "en" else "en")
        for text in said:
            person.says(text)
        was_subscribed = step != "first" and person.is_subscribed
        answer = person.says(texts.native_name(locale))
        assert person.subscriber.locale == locale, step
        assert person.subscriber.is_locale_chosen, step
        assert person.is_subscribed is was_subscribed, step
        assert AGENCY[locale] in answer or texts.native_name(locale) in answer, step


@pytest.mark.parametrize(("locale", "name"), SAID)
def test_a_language_is_known_by_its_names_in_all_scripts(locale: str, name: str) -> None:
    assert understand(name) == Understood(Intent.LANGUAGE, locale)


def test_a_language_that_the_agency_does_not_speak_is_declined_with_those_it_does(session: Session) -> None:
    owner = people.agency(session, locales=("en", "ms"))
    person = Person(session, people.sender(session, owner))
    person.says("hi")
    assert "does not write in that language yet" in person.says("தமிழ்")
    assert person.subscriber.locale == "en"
    assert person.labels() == ["English", "Bahasa Melayu"]
