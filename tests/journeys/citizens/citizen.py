"""A city that people write to, each on one app and in one language, and what they must read there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from broadcast.models import Broadcast
from demo import agency
from locales import texts
from staff.models import Officer
from subscribers import links, topics
from tests.journeys.citizens.purity import foreign
from tests.journeys.citizens.words import WORDS, Words
from tests.journeys.person import Person
from tests.journeys.town import Town

ZONE = agency.ZONE
POSTER = "Bedok MRT"  # what the agency calls the place where it hangs
BELOW = {"sports", "arts"}
NAMES: Mapping[str, Mapping[str, str]] = {**agency.TOPICS, **agency.EVENTS}


@dataclass
class City:
    """An agency, its officer, and an alert about floods that is in force."""

    town: Town
    officer: Person
    alert: str = ""
    """Its code."""

    def citizen(self, app: str, locale: str) -> "Citizen":
        """Somebody with a new phone in their language."""
        return Citizen(self.town.person(app, locale.replace("_", "-").lower()), self, app, locale)

    def link(self, app: str, locale: str, topic: str) -> str:
        """A poster's link: it knows topic and language."""
        owner = self.town.cast.agency
        with self.town.sessions.begin() as session:
            about = topics.by_key(session, owner.id, topic)
            made = links.add(
                session,
                agency_id=owner.id,
                topic=about,
                source=POSTER,
                locale=locale,
                enabled=owner.locales,
                now=datetime.now(UTC),
            )
            key = made.key
        return self.town.link(app, key, texts.say("arriving.hello", locale, link=key))

    def announce(self, kind: str, topic: str, said: Mapping[str, str], *options: str) -> str:
        """`loudhailer announce`; the announcement's code."""
        owner = self.town.cast.agency.id
        officers = select(Officer.id).where(Officer.agency_id == owner)
        officer = self.town.in_session(lambda session: session.scalars(officers).one())
        spoken = [word for locale, text in said.items() for word in ("--text", f"{locale}={text}")]
        words = ("announce", self.town.cast.agency.slug, "--officer", str(officer), "--topic", topic, "--kind", kind)
        done = self.town.typed(*words, *spoken, *options, "--yes")
        assert done.exit_code == 0, done.output
        newest = select(Broadcast.code).where(Broadcast.agency_id == owner).order_by(Broadcast.id.desc())
        return self.town.in_session(lambda session: session.scalars(newest.limit(1)).one())


@dataclass
class Citizen:
    """Somebody who types their own language, and reads nothing in another from the moment they chose it."""

    person: Person
    city: City
    app: str
    locale: str
    chosen_at: int = 0
    """How many messages they had when they chose their language: until then we ask in all."""
    shown: list[str] = field(default_factory=list)
    """What was shown to them in other languages on purpose."""

    @property
    def words(self) -> Words:
        """What they type."""
        return WORDS[self.locale]

    @property
    def agency(self) -> str:
        """What the agency is called in their language."""
        return agency.NAMES.get(self.locale, agency.NAME)

    def text(self, key: str, /, **values: object) -> str:
        """A text of the catalogs in their language."""
        return texts.say(key, self.locale, **{"agency": self.agency, **values})

    def name(self, topic: str) -> str:
        """What a topic is called in their language."""
        return NAMES[topic][self.locale]

    def listed(self, *held: str) -> str:
        """The agency's topics as they are chosen from."""
        lines = (
            f"{'✅' if topic in held else '▫️'} {place}. {'↳ ' if topic in BELOW else ''}{names[self.locale]}"
            for place, (topic, names) in enumerate(NAMES.items(), start=1)
        )
        return "\n".join(lines)

    def says(self, words: str) -> None:
        """Type something."""
        self.person.say(words)

    def taps(self, wish: str) -> None:
        """Tap what has this key, once it is offered."""
        self.person.tap(wish)

    def reads(self, key: str, /, **values: object) -> str:
        """Wait for this answer to what they typed last."""
        return self.person.see_new(self.text(key, **values))

    def receives(self, text: str) -> dict[str, Any]:
        """Wait for a message with this in it; the message as the app shows it."""
        self.person.see(text)
        return next(each for each in reversed(self.person.messages()) if each["from"] == "bot" and text in each["text"])

    def opens(self, topic: str) -> None:
        """Scan a poster about this topic, be welcomed, and choose the language."""
        self.person.open(self.city.link(self.app, self.locale, topic))
        self.reads("onboarding.welcome", questions=self.text("language.ask"))
        assert self.person.choices()[0][2] == self.words.name
        self.chosen_at = len(self.person.messages())
        self.taps(f"set:{self.locale}")

    def arrives(self, topic: str) -> "Citizen":
        """The whole way in by a poster, with words alone from the choice of the language on."""
        self.opens(topic)
        self.person.see(self.listed(topic))
        self.says(self.words.done)
        self.reads("consent.ask", topics=f"• {self.name(topic)}")
        self.says(self.words.yes)
        self.reads("consent.done", topics=f"• {self.name(topic)}", language=self.words.name)
        return self

    def reads_one_language(self) -> None:
        """Nothing they read since they chose is in another one; neither is a label."""
        own = {self.agency, *(names[self.locale] for names in NAMES.values())}
        known = {*map(texts.native_name, texts.locales()), POSTER, *self.shown}
        for message in self.person.messages()[self.chosen_at :]:
            if message["from"] == "bot":
                wrong = [word for said in _said(message) for word in foreign(said, self.locale, own | known)]
                assert not wrong, f"{wrong} in {message}"


def _said(message: dict[str, Any]) -> list[str]:
    labels = [button["label"] for row in message["buttons"] for button in row]
    items = [item["title"] for item in (message["list"] or {}).get("items", [])]
    return [message["text"], *labels, *items, (message["list"] or {}).get("button", "")]
