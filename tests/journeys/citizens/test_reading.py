"""Reading: an announcement with its picture or the words for it, the digest, whether a code is ours; and asking."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from broadcast.models import Broadcast
from demo.furniture import LIBRARY
from locales import texts
from tests.journeys.citizens.citizen import ZONE, Citizen, City
from tests.journeys.citizens.conftest import APPS
from tests.journeys.citizens.words import WORDS
from tests.journeys.test_a_picture import PNG
from tests.journeys.test_the_digest import make_due

BAD = {
    "en": "Bedok has bad air today.",
    "zh_Hans": "今天勿洛空气不佳。",
    "ms": "Udara Bedok tercemar hari ini.",
    "ta": "இன்று பிடோக்கில் காற்று மாசடைந்துள்ளது.",
}
GOOD = {
    "en": "Bedok has good air again.",
    "zh_Hans": "勿洛空气已恢复良好。",
    "ms": "Udara Bedok baik semula.",
    "ta": "பிடோக்கில் காற்று மீண்டும் நன்றாக உள்ளது.",
}
SHOWN = {"en": "A map", "zh_Hans": "地图", "ms": "Peta", "ta": "வரைபடம்"}


@dataclass(frozen=True)
class Evening:
    """What was announced, and everybody who reads it, by app and language."""

    first: str
    second: str
    left_at: datetime  # the first of them
    readers: dict[tuple[str, str], Citizen]


@pytest.fixture(scope="module")
def evening(city: City, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """Two announcements with a picture, the second to people who want none, and the digest of the day."""
    picture = tmp_path_factory.mktemp("pictures") / "map.png"
    picture.write_bytes(PNG)
    readers = {(app, locale): city.citizen(app, locale).arrives("haze") for app in APPS for locale in WORDS}
    first = announce(city, BAD, picture)
    for reader in readers.values():
        reader.receives(first)
        reader.says(reader.words.settings)
        reader.taps("settings:media:off")
        reader.receives(reader.text("settings.media_off"))
    second = announce(city, GOOD, picture)
    for reader in readers.values():
        reader.receives(second)
        reader.says(reader.words.often)
        reader.taps("settings:topic:")
        reader.taps(":daily")
        reader.receives(f"({reader.text('topics.cadence.daily')})")
    left_at = launched_at(city, first)
    make_due(city.town)
    return Evening(first, second, left_at, readers)


def announce(city: City, said: dict[str, str], picture: Path) -> str:
    """A notice about the air beside a picture; its code."""
    described = [word for locale, words in SHOWN.items() for word in ("--alt", f"{locale}={words}")]
    return city.announce("notice", "haze", said, "--photo", str(picture), *described)


def test_what_was_announced_is_read_verified_and_asked_about(evening: Evening, app: str, locale: str) -> None:
    reader = evening.readers[app, locale]
    read_with_and_without_a_picture(reader, evening)
    digest = reader.receives(f"📌 {reader.name('haze')}")["text"]
    assert digest.count(BAD[locale]) == digest.count(GOOD[locale]) == 1

    reader.says(reader.words.verify.format(code=evening.first))
    facts = {"topic": reader.name("haze"), "kind": reader.text("published.kind.notice"), "code": evening.first}
    moved = texts.instant(launched_at(reader.city, evening.first), ZONE, locale)  # by make_due
    known = reader.reads("verify.known", **facts, at=moved)
    assert all(text in known for text in BAD.values()), "to be compared with what others got"
    reader.shown += [said[other] for said in (BAD, SHOWN) for other in WORDS if other != locale]
    reader.says(reader.words.latest)
    assert GOOD[locale] in reader.reads("latest.title", title=reader.agency)

    reader.says(reader.words.library)
    reader.reads("asking.answer", answer=LIBRARY[locale])
    ask_the_office(reader)
    reader.reads_one_language()


def read_with_and_without_a_picture(reader: Citizen, evening: Evening) -> None:
    """Topic, code, time and how to stop stand around the text; who wants no pictures reads what one shows."""
    heading = reader.text("broadcast.heading.notice", title=reader.name("haze"), code=evening.first)
    told = reader.receives(heading)
    sent = texts.instant(evening.left_at, ZONE, reader.locale)
    assert told["text"].splitlines()[:2] == [heading, sent]
    assert BAD[reader.locale] in told["text"]
    assert told["text"].endswith(reader.text("broadcast.footer"))
    assert told["media"]["kind"] == "photo"
    later = reader.receives(reader.text("broadcast.heading.notice", title=reader.name("haze"), code=evening.second))
    assert later["media"] is None
    assert f"{GOOD[reader.locale]}\n\n🖼 {SHOWN[reader.locale]}" in later["text"]


def ask_the_office(reader: Citizen) -> None:
    """A question nobody prepared an answer to reaches an officer, and the answer reaches who asked."""
    reader.says(reader.words.drain)
    reader.reads("asking.offer", question=reader.words.drain)
    reader.taps("asking:pass")
    reader.receives(reader.text("asking.passed", office=reader.text("asking.office.unknown")))
    officer = reader.city.officer
    officer.say("/inbox")
    officer.see_new(reader.words.drain)
    officer.tap("inbox:show:")
    officer.tap("Reply")
    officer.see_new("Type your answer")
    officer.say(reader.words.repaired)
    officer.see_new("Sent.")
    reader.receives(reader.text("asking.reply", question=reader.words.drain, answer=reader.words.repaired))


def launched_at(city: City, code: str) -> datetime:
    """When an announcement left."""
    ours = select(Broadcast.launched_at).where(Broadcast.agency_id == city.town.cast.agency.id)
    found = city.town.in_session(lambda session: session.scalars(ours.where(Broadcast.code == code)).one())
    assert found is not None
    return found
