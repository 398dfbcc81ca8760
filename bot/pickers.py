"""What several dialogs show alike: the languages, lists of toggles, the menu, and what somebody holds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from bot import topic_words
from bot.keywords import normalise, numbers
from bot.replies import Reply
from bot.talk import Talk
from channels.contract import Choice
from locales import texts
from subscribers import topics
from subscribers.models import Cadence, Topic

LARGEST_ID = 2**63 - 1
CHOSEN, FREE = "✅", "▫️"
BELOW = "↳ "  # before a topic that stands below another


LEAVE_OUT = ("-", "–", "—", "/skip")
"""What is typed to leave a language out."""


class Numbered(Protocol):
    """A row of a table that is listed by numbers."""

    @property
    def id(self) -> int:
        """Which it is."""


Row = TypeVar("Row", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Toggle:
    """A line of a list of toggles. `names` are what may be typed for it."""

    id: int
    label: str
    is_on: bool
    names: frozenset[str]


def id_in(action: Sequence[str], place: int = 1) -> int | None:
    """The id in a choice's key, None for whatever is no id: keys come from outside."""
    word = action[place] if len(action) > place else ""
    if not (word.isascii() and word.isdecimal()) or len(word) > 19 or int(word) > LARGEST_ID:
        return None
    return int(word)


def numbered(
    talk: Talk, dialog: str, known: Sequence[Row], page: int, *, line: Callable[[Row], str], fixed: Sequence[Choice]
) -> tuple[str, list[Choice]]:
    """A page of a dialog's rows: a line for each behind its number, and the numbers, each of which shows one."""
    shown = talk.on_page(list(enumerate(known, start=1)), page, beside=len(fixed))
    more = [talk.button(f"{dialog}:page:{page + 1}", "announce.more.button")] if len(shown) < len(known) else []
    choices = [Choice(f"{dialog}:show:{each.id}", str(place)) for place, each in shown]
    return "\n".join(f"{place}. {line(each)}" for place, each in shown), [*choices, *more, *fixed]


def languages(talk: Talk, dialog: str) -> list[Choice]:
    """The agency's languages in their own script, in the order in which they are asked for."""
    return [Choice(f"{dialog}:set:{locale}", texts.native_name(locale)) for locale in _present_first(talk)]


def language_questions(talk: Talk) -> str:
    """The question for the language, a line in each of them; who sees no buttons may answer with a line's number."""
    return "\n".join(texts.say("language.ask", locale) for locale in _present_first(talk))


def menu(talk: Talk) -> list[Choice]:
    """The way on from anywhere: three buttons, so that they fit every channel."""
    is_subscribed = talk.subscriber.consented_at is not None
    first = ("settings:begin", "menu.settings.button") if is_subscribed else ("topics:begin", "menu.topics.button")
    last = ("leaving:stop", "menu.stop.button") if is_subscribed else ("onboarding:begin", "menu.start.button")
    return [talk.button(*first), talk.button("language:begin", "menu.language.button"), talk.button(*last)]


def topic_list(talk: Talk, key: str, dialog: str, *, page: int = 0) -> Reply:
    """The agency's topics, numbered in the text and as toggles; in place of the tapped message where possible."""
    done = talk.button(f"{dialog}:done", "topics.done.button")
    more = talk.button(f"{dialog}:page:{page + 1}", "topics.more.button")
    toggles = topic_toggles(talk)
    lines, choices = toggle_list(talk, toggles, f"{dialog}:toggle", page=page, more=more, fixed=[done])
    values = {"agency": talk.agency.name_in(talk.locale), "topics": lines}
    return Reply(key, values, choices, edits=True, list_label_key="topics.list.button")


def toggle_list(
    talk: Talk, toggles: Sequence[Toggle], key: str, *, page: int, more: Choice, fixed: Sequence[Choice]
) -> tuple[str, list[Choice]]:
    """One page of toggles: numbered lines for the text, and the choices, whose keys end in the id and the page."""
    shown = talk.on_page(list(enumerate(toggles, start=1)), page, beside=len(fixed))
    lines = "\n".join(f"{CHOSEN if each.is_on else FREE} {place}. {each.label}" for place, each in shown)
    choices = [Choice(f"{key}:{each.id}:{page}", each.label, each.is_on) for _, each in shown]
    return lines, [*choices, *([more] if len(shown) < len(toggles) else []), *fixed]


def typed(toggles: Sequence[Toggle], text: str) -> list[Toggle] | None:
    """The toggles somebody typed by number ("1 3") or name. None if it is neither, empty for a wrong number."""
    places = numbers(text)
    if places is None:
        return [toggle for toggle in toggles if normalise(text) in toggle.names] or None
    return [toggles[place - 1] for place in dict.fromkeys(places) if 1 <= place <= len(toggles)]


def no_such_number(talk: Talk, text: str) -> list[Reply]:
    """Our last choices once more and the reason, where a number was typed that none of them has; else nothing."""
    shown, places = talk.in_places(), numbers(text)
    if not shown or places is None or len(places) != 1 or 1 <= places[0] <= len(shown):
        return []
    values = {"number": places[0], "last": len(shown)}
    return [Reply("reply.no_such_number", values, shown, is_numbered=True)]


def has_wrong_number(toggles: Sequence[Toggle], text: str) -> bool:
    """Whether one of the numbers somebody typed is none of these."""
    return any(not 1 <= place <= len(toggles) for place in numbers(text) or ())


def topic_toggles(talk: Talk) -> list[Toggle]:
    """The agency's topics in their order, with what they hold."""
    return _toggles(talk, topics.list_for(talk.session, talk.agency.id))


def _toggles(talk: Talk, listed: Iterable[Topic]) -> list[Toggle]:
    held = topics.held(talk.session, talk.subscriber)
    return [Toggle(topic.id, label(topic, talk.locale), topic.id in held, frozenset(_names(topic))) for topic in listed]


def toggle_typed(talk: Talk, text: str) -> bool | None:
    """Toggle the topics somebody typed by number or name. None if it is neither, False where a number was wrong.

    One that goes with another that was typed too is not toggled by itself.
    """
    listed = topics.list_for(talk.session, talk.agency.id)
    toggles = _toggles(talk, listed)
    chosen = typed(toggles, text)
    if chosen is None:
        return None
    ids = {toggle.id for toggle in chosen}
    below = {topic.id for topic in listed if topic.parent_id in ids}
    for toggle in chosen:
        if toggle.id not in below:
            topics.toggle(talk.session, talk.subscriber, toggle.id, now=talk.now)
    return not has_wrong_number(toggles, text)


def named(talk: Talk) -> list[topic_words.Named]:
    """The agency's topics by everything they are called."""
    return topics_of(talk.session, talk.agency.id)


def topics_of(session: Session, agency_id: int) -> list[topic_words.Named]:
    """The same, before anybody has begun to talk."""
    return [
        topic_words.named(topic.id, (topic.key, *topic.names.values()), parent_id=topic.parent_id)
        for topic in topics.list_for(session, agency_id)
    ]


def label(topic: Topic, locale: str) -> str:
    """A topic's name in a list, marked where it stands below another."""
    return f"{BELOW if topic.parent_id else ''}{topic.name_in(locale)}"


def held_topics(talk: Talk) -> list[tuple[Topic, Cadence]]:
    """What they hold and how often they want to hear of it, in the agency's order."""
    held = topics.held(talk.session, talk.subscriber)
    return [(topic, held[topic.id]) for topic in topics.list_for(talk.session, talk.agency.id) if topic.id in held]


def names_held(talk: Talk) -> str:
    """The names of what they hold, as a list of lines; empty where they hold nothing."""
    return "\n".join(lines_held(talk, held_topics(talk)))


def lines_held(talk: Talk, held: Iterable[tuple[Topic, Cadence]]) -> list[str]:
    """A line for each, with how often where that is not at once."""
    return [f"• {topic.name_in(talk.locale)}{_cadence(talk, cadence)}" for topic, cadence in held]


def _present_first(talk: Talk) -> list[str]:
    """The agency's languages, the person's present one first."""
    return sorted(talk.agency.locales, key=lambda locale: locale != talk.locale)


def _cadence(talk: Talk, cadence: Cadence) -> str:
    return "" if cadence is Cadence.AT_ONCE else f" ({talk.say(f'topics.cadence.{cadence}')})"


def _names(topic: Topic) -> set[str]:
    return {normalise(name) for name in (topic.key.replace("-", " ").replace("_", " "), *topic.names.values())} - {""}
