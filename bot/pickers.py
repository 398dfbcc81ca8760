"""What several dialogs show alike: the languages, the topics as toggles, the menu, and what somebody holds."""

from collections.abc import Sequence

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


def id_in(action: Sequence[str], place: int = 1) -> int | None:
    """The id in a choice's key, None for whatever is no id: keys come from outside."""
    word = action[place] if len(action) > place else ""
    if not (word.isascii() and word.isdecimal()) or len(word) > 19 or int(word) > LARGEST_ID:
        return None
    return int(word)


def languages(talk: Talk, dialog: str) -> list[Choice]:
    """The agency's languages in their own script, in the order in which they are asked for."""
    return [Choice(f"{dialog}:set:{locale}", texts.native_name(locale)) for locale in _present_first(talk)]


def language_questions(talk: Talk) -> str:
    """The question for the language, a line in each of them; who sees no buttons may answer with a line's number."""
    return "\n".join(texts.say("language.ask", locale) for locale in _present_first(talk))


def menu(talk: Talk) -> list[Choice]:
    """The way on from anywhere: three buttons, so that they fit every channel."""
    last = (
        ("leaving:stop", "menu.stop.button")
        if talk.subscriber.consented_at
        else ("onboarding:begin", "menu.start.button")
    )
    return [
        talk.button("topics:begin", "menu.topics.button"),
        talk.button("language:begin", "menu.language.button"),
        talk.button(*last),
    ]


def topic_list(talk: Talk, key: str, dialog: str, *, page: int = 0, extra: Sequence[Choice] = ()) -> Reply:
    """The agency's topics, numbered in the text and as toggles; in place of the tapped message where possible."""
    all_topics, held = topics.list_for(talk.session, talk.agency.id), topics.held(talk.session, talk.subscriber)
    toggles = [
        Choice(f"{dialog}:toggle:{topic.id}:{page}", topic.name_in(talk.locale), topic.id in held)
        for topic in all_topics
    ]
    lines = [
        f"{CHOSEN if topic.id in held else FREE} {place}. {topic.name_in(talk.locale)}"
        for place, topic in enumerate(all_topics, start=1)
    ]
    more = talk.button(f"{dialog}:page:{page + 1}", "topics.more.button")
    done = talk.button(f"{dialog}:done", "topics.done.button")
    choices = talk.page(toggles, page, more=more, fixed=[*extra, done])
    return Reply(
        key,
        {"agency": talk.agency.name_in(talk.locale), "topics": "\n".join(lines)},
        choices,
        edits=True,
        list_label_key="topics.list.button",
    )


def toggle_typed(talk: Talk, text: str) -> bool | None:
    """Toggle the topics somebody typed by number ("1 3") or name. None if it is neither, False for a wrong number."""
    all_topics = topics.list_for(talk.session, talk.agency.id)
    places = numbers(text)
    if places is None:
        named = [topic for topic in all_topics if normalise(text) in _names(topic)]
        places = [all_topics.index(topic) + 1 for topic in named] or None
    if places is None:
        return None
    chosen = [all_topics[place - 1] for place in dict.fromkeys(places) if 1 <= place <= len(all_topics)]
    for topic in chosen:
        topics.toggle(talk.session, talk.subscriber, topic.id, now=talk.now)
    return bool(chosen)


def named(talk: Talk) -> list[topic_words.Named]:
    """The agency's topics by everything they are called."""
    return [
        topic_words.named(topic.id, (topic.key, *topic.names.values()), parent_id=topic.parent_id)
        for topic in topics.list_for(talk.session, talk.agency.id)
    ]


def names_held(talk: Talk) -> str:
    """The names of what they hold, as a list of lines; empty where they hold nothing."""
    held = topics.held(talk.session, talk.subscriber)
    mine = [topic for topic in topics.list_for(talk.session, talk.agency.id) if topic.id in held]
    return "\n".join(f"• {topic.name_in(talk.locale)}{_cadence(talk, held[topic.id])}" for topic in mine)


def _present_first(talk: Talk) -> list[str]:
    """The agency's languages, the person's present one first."""
    return sorted(talk.agency.locales, key=lambda locale: locale != talk.locale)


def _cadence(talk: Talk, cadence: Cadence) -> str:
    match cadence:
        case Cadence.AT_ONCE:
            return ""
        case Cadence.DAILY:
            return f" ({talk.say('topics.daily')})"
        case Cadence.WEEKLY:
            return f" ({talk.say('topics.weekly')})"
        case Cadence.ALERTS:
            return f" ({talk.say('topics.alerts')})"


def _names(topic: Topic) -> set[str]:
    return {normalise(name) for name in (topic.key.replace("-", " ").replace("_", " "), *topic.names.values())} - {""}
