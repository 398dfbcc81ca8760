"""What the bot takes a text to mean, in one value: for officers who wonder, and for tests.

It asks the same questions in the same order as `routing`, without a person, a dialog or a database behind them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import commands, topic_words
from bot.keywords import Intent, normalise, understand_to
from bot.routing import SLASH
from bot.topic_words import Named

ASK, NOTHING, STOP_TOPIC = "ask", "nothing", "stop_topic"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`intent` is an intent's word, a command's name, `stop_topic`, `ask` (we would ask back) or `nothing`.

    `topic_ids` are the topics the text names, `language` the one it asks for. `is_weak` marks a stop that means an
    announcement to an officer who is writing one ("cancel").
    """

    intent: str
    topic_ids: tuple[int, ...] = ()
    language: str | None = None
    is_weak: bool = False


def of(text: str, topics: Sequence[Named] = (), *, names: Iterable[str] = ()) -> Meaning:
    """The meaning of a text to the bot of an agency with these names and topics, outside any dialog."""
    said = text.strip()
    understood, reading = understand_to(said, names), topic_words.read(said, topics)
    intent = understood.intent if understood is not None else None
    if understood is not None and intent is Intent.STOP:
        return Meaning(intent, is_weak=understood.is_weak)
    if reading.is_clear:
        return Meaning(STOP_TOPIC, topic_words.with_children(reading.ids, topics))
    if intent is Intent.ASK_STOP or reading.is_about_stopping:
        return Meaning(ASK, reading.ids)
    if understood is not None:
        return Meaning(understood.intent, reading.ids, understood.locale)
    return Meaning(_command(said) or NOTHING, reading.ids)


def _command(text: str) -> str | None:
    """The citizens' command that is typed with a slash, by its name or by one of its words."""
    slash = SLASH.fullmatch(text)
    name, said = (slash[1].lower() if slash is not None else ""), normalise(text)
    for command in commands.CITIZENS:
        if command.name == name or (slash is None and (said == command.name or said in command.words)):
            return command.name
    return None
