"""What is asked while a bulletin is made or changed, and how each answer is read.

What was answered lives in the conversation's data, so it is there after a restart: `new` holds the answers for one that
is being made, `bulletin` is the id of one that is being changed.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from bot import hours, moments
from bot.dialogs import bulletins_card, bulletins_topics
from bot.dialogs.bulletins_card import NAME
from bot.dialogs.bulletins_card import answer_key as _key
from bot.keywords import normalise
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import defining, schedule
from channels.contract import Choice
from locales import texts
from subscribers.models import Cadence
from subscribers.segments import saved

TIMES = ("07:00", "08:00", "18:00")
CADENCES = (Cadence.DAILY, Cadence.WEEKLY, Cadence.AT_ONCE)


class Step(StrEnum):
    """What is being asked, in this order."""

    NAME = "name"
    TOPICS = "topics"
    DAYS = "days"
    TIME = "time"
    READERS = "readers"
    SEGMENT = "segment"  # for a new one only where the agency has saved some
    WORDS = "words"  # the first line, in data["locale"]
    SAVE = "save"


CHANGED = (Step.TIME, Step.DAYS, Step.TOPICS, Step.READERS, Step.SEGMENT, Step.WORDS)


def ask(talk: Talk, step: Step, **data: Any) -> Reply:
    """Ask this next, remembering `data` and what was remembered for the bulletin."""
    kept: dict[str, Any] = {name: talk.data[name] for name in ("new", "bulletin") if name in talk.data}
    talk.open(NAME, **(kept | data | {"step": step.value}))
    return ASKS[step](talk)


def steps(talk: Talk) -> list[Step]:
    """What a new one is asked for in this agency."""
    has_segments = bool(saved.list_for(talk.session, talk.agency.id))
    return [step for step in Step if step is not Step.SEGMENT or has_segments]


def chosen(talk: Talk, step: Step, text: str) -> str | None:
    """What a typed label or number of this question's choices stands for, also where something was said in between."""
    if step not in (Step.READERS, Step.SEGMENT):
        return None
    prefix = _key(talk, step, "")
    offered = [each for each in ASKS[step](talk).choices if each.key.startswith(prefix)]
    places = {str(place): each for place, each in enumerate(offered, start=1)}
    found = places.get(text.strip()) or next(
        (each for each in offered if normalise(each.label) == normalise(text)), None
    )
    return found.key.removeprefix(prefix) if found is not None else None


def name_in(text: str) -> str | None:
    """A name as it is kept: "River daily" is river-daily; None where no name is in it."""
    made = "-".join("".join(each if each.isascii() and each.isalnum() else " " for each in text.casefold()).split())
    is_whole = all(each.isascii() or not each.isalnum() for each in text)
    return made if made and is_whole and len(made) <= defining.KEY_LENGTH else None


def time_in(text: str) -> str | None:
    """The one time of day that is named beyond doubt."""
    minute, rest = hours.exact(text)
    if minute is None or moments.FILLING.sub("", rest):
        return None
    return f"{minute // 60:02}:{minute % 60:02}"


def skipping(locale: str) -> str:
    """The answer that leaves this language out, and no other that is asked for by now."""
    return f"skip-{locale}"


def leave(talk: Talk) -> Choice:
    """The way out, on every question."""
    return talk.button(f"{NAME}:leave", "announce.cancel.button")


def _name(talk: Talk) -> Reply:
    return Reply("bulletins.ask.name", {}, [leave(talk)])


def _topics(talk: Talk) -> Reply:
    return bulletins_topics.question(talk, leave(talk))


def _days(talk: Talk) -> Reply:
    chosen = talk.data.get("days", list(schedule.EVERY_DAY))
    offered = [
        Choice(_key(talk, Step.DAYS, str(day)), texts.weekday(day, talk.locale), day in chosen)
        for day in schedule.EVERY_DAY
    ]
    done = talk.button(_key(talk, Step.DAYS, "done"), "topics.done.button")
    told = texts.listed([texts.weekday(day, talk.locale) for day in chosen], talk.locale) if chosen else "–"
    return Reply("bulletins.ask.days", {"days": told}, [*offered, done, leave(talk)], columns=2, edits=True)


def _time(talk: Talk) -> Reply:
    ready = [Choice(_key(talk, Step.TIME, each.replace(":", "")), bulletins_card.clock(talk, each)) for each in TIMES]
    return Reply("bulletins.ask.time", {"zone": talk.agency.time_zone}, [*ready, leave(talk)], columns=3)


def _readers(talk: Talk) -> Reply:
    choices = [
        talk.button(_key(talk, Step.READERS, each.value), f"bulletins.readers.{each}.button") for each in CADENCES
    ]
    told = "\n".join(
        f"{place}. {talk.say(f'bulletins.readers.{each}')}" for place, each in enumerate(CADENCES, start=1)
    )
    return Reply("bulletins.ask.readers", {"readers": told}, [*choices, leave(talk)], is_numbered=True)


def _segment(talk: Talk) -> Reply:
    known = saved.list_for(talk.session, talk.agency.id)
    room = max(talk.limits.buttons, talk.limits.list_items) - 2
    everybody = talk.button(_key(talk, Step.SEGMENT, "all"), "bulletins.everybody.button")
    offered = [Choice(_key(talk, Step.SEGMENT, str(each.id)), each.name) for each in known[:room]]
    return Reply("bulletins.ask.segment", {}, [everybody, *offered, leave(talk)], is_numbered=True)


def _words(talk: Talk) -> Reply:
    locale = str(talk.data["locale"])
    skip = talk.button(_key(talk, Step.WORDS, skipping(locale)), "announce.skip.button")
    first = talk.agency.locales[0]
    choices = [leave(talk)] if locale == first else [skip, leave(talk)]
    key = "bulletins.ask.words" if locale == first else "bulletins.ask.words_or_skip"
    values = {
        "language": texts.native_name(locale),
        "first": texts.native_name(first),
        "limit": defining.INTRODUCTION_LENGTH,
    }
    return Reply(key, values, choices, columns=2)


def _save(talk: Talk) -> Reply:
    made: Mapping[str, Any] = talk.data["new"]
    said = [f"{texts.native_name(locale)}: {text}" for locale, text in made["words"].items()]
    lines = [
        f"📰 {made['name']}",
        talk.say("bulletins.about", topic=bulletins_card.topic_names(talk, made["topics"])),
        talk.say(
            "bulletins.runs", hours=bulletins_card.hours(talk, made["time"], made["days"]), zone=talk.agency.time_zone
        ),
        talk.say("bulletins.readers", readers=talk.say(f"bulletins.readers.{made['readers']}")),
        *([talk.say("announce.for_segment", words=bulletins_card.segment_words(talk, made["segment"]))]
          if made.get("segment") else []),
        "",
        *said,
        "",
        talk.say("bulletins.ask.save"),
    ]  # fmt: skip
    return verbatim(
        "\n".join(lines), choices=[talk.button(_key(talk, Step.SAVE, "yes"), "bulletins.save.button"), leave(talk)]
    )


ASKS: Mapping[Step, Callable[[Talk], Reply]] = {
    Step.NAME: _name,
    Step.TOPICS: _topics,
    Step.DAYS: _days,
    Step.TIME: _time,
    Step.READERS: _readers,
    Step.SEGMENT: _segment,
    Step.WORDS: _words,
    Step.SAVE: _save,
}
