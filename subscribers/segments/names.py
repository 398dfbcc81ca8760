"""What the things of one agency may be called in a segment, and which key a name stands for.

Another agency's topics, areas and sources do not exist here, so that nobody learns of them by an error.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from locales import cldr, texts
from subscribers import areas, topics
from subscribers.models import Cadence, Link
from subscribers.segments import vocabulary
from subscribers.segments.tree import NONE, Field
from subscribers.segments.vocabulary import normalised

SOURCES = 500  # of one agency, in the order of their names
NAMED = 10  # in an error


class Unknown(Exception):
    """The agency has nothing of this name, or several: say what is `possible`, and what was perhaps `meant`."""

    def __init__(self, possible: Sequence[str], meant: Sequence[str], *, is_ambiguous: bool = False) -> None:
        super().__init__("no such name")
        self.possible, self.meant, self.is_ambiguous = tuple(possible), tuple(meant), is_ambiguous


@dataclass(frozen=True, slots=True)
class Called:
    """One thing: its key, its names by locale, and what else it is called."""

    key: str
    names: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    def words(self) -> frozenset[str]:
        """Everything that means it."""
        return frozenset(normalised(each) for each in (self.key, *self.names.values(), *self.also) if each)


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that can be named, by field."""

    things: Mapping[Field, Sequence[Called]]

    def key(self, asked: Field, said: str) -> str:
        """The key that a name in any language stands for. Raises Unknown."""
        if asked in (Field.AREA, Field.SOURCE) and vocabulary.is_none(said):
            return NONE
        things = self.things.get(asked, ())
        if any(each.key == said for each in things):
            return said
        found = list(dict.fromkeys(each.key for each in things if normalised(said) in each.words()))
        if len(found) == 1:
            return found[0]
        if found:
            raise Unknown([], found[:NAMED], is_ambiguous=True)
        raise Unknown([each.key for each in things[:NAMED]], _near(things, said))

    def name(self, asked: Field, key: str, locale: str) -> str:
        """What people of a language call it; its key, where it has no name (any more)."""
        found = next((each for each in self.things.get(asked, ()) if each.key == key), None)
        names = found.names if found is not None else {}
        return names.get(locale) or names.get("en") or key


def of(session: Session, *, agency_id: int, locales: Iterable[str], channels: Iterable[str]) -> Known:
    """What an agency with these languages and channels has names for."""
    spoken = tuple(dict.fromkeys((*locales, *texts.locales())))
    return Known(
        {
            Field.TOPIC: [Called(each.key, each.names) for each in topics.list_for(session, agency_id)],
            Field.AREA: [Called(each.key, each.names) for each in areas.list_for(session, agency_id)],
            Field.SOURCE: [Called(source) for source in _sources(session, agency_id)],
            Field.LANGUAGE: [_language(locale) for locale in spoken],
            Field.CHANNEL: [_channel(channel) for channel in dict.fromkeys(channels)],
            Field.CADENCE: [_cadence(cadence) for cadence in Cadence],
        }
    )


def _sources(session: Session, agency_id: int) -> Sequence[str]:
    query = select(Link.source).where(Link.agency_id == agency_id, Link.source != "")  # ix_links_agency
    return session.scalars(query.distinct().order_by(Link.source).limit(SOURCES)).all()


def _language(locale: str) -> Called:
    """What a language calls itself, and what the others call it (Unicode's tables)."""
    native = texts.native_name(locale) if locale in texts.locales() else locale
    tables = [cldr.locale(by) for by in texts.locales()]
    called = [table.languages.get(name) for table in tables for name in (locale, locale.partition("_")[0])]
    return Called(locale, dict.fromkeys(texts.locales(), native), tuple(name for name in called if name))


def _channel(channel: str) -> Called:
    key = f"channel.{channel}"
    names = {locale: texts.say(key, locale) for locale in texts.locales()} if texts.has(key) else {}
    return Called(channel, names or {"en": channel.capitalize()})


def _cadence(cadence: Cadence) -> Called:
    return Called(cadence.value, {locale: texts.say(f"mine.cadence.{cadence}", locale) for locale in texts.locales()})


def _near(things: Sequence[Called], said: str) -> list[str]:
    words = {word: each.key for each in things for word in each.words()}
    return list(dict.fromkeys(words[word] for word in difflib.get_close_matches(normalised(said), words)))
