"""What the bot takes a text to mean, in one value: for officers who wonder, and for tests.

It asks the same questions in the same order as `routing`, without a person, a dialog or a database behind them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import commands, reading, topic_words
from bot.dialogs import joining
from bot.keywords import Intent, normalise, understand_to
from bot.routing import SLASH
from bot.topic_words import Named

ASK, NOTHING, STOP_TOPIC, JOIN = "ask", "nothing", "stop_topic", "join"


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
    understood, read = understand_to(said, names), topic_words.read(said, topics)
    intent = understood.intent if understood is not None else None
    if understood is not None and intent is Intent.STOP:
        return Meaning(intent, is_weak=understood.is_weak)
    if read.is_clear:
        return Meaning(STOP_TOPIC, topic_words.with_children(read.ids, topics))
    command = _command(said) or _personal(said) or _wish(said, topics)
    if command is not None and command != Intent.STOP:
        return Meaning(command, read.ids)
    if intent is Intent.ASK_STOP or read.is_about_stopping:
        return Meaning(ASK, read.ids)
    if understood is not None:
        return Meaning(understood.intent, read.ids, understood.locale)
    return Meaning(NOTHING, read.ids)


def _command(text: str) -> str | None:
    """The citizens' command that is typed with a slash."""
    slash = SLASH.fullmatch(text)
    name = slash[1].lower() if slash is not None else ""
    return next((command.name for command in commands.CITIZENS if command.name == name), None)


def _personal(text: str) -> str | None:
    """What is about their own person, in words or as a code of another app."""
    command = commands.personal_word(normalise(text))
    if command is not None:
        return command.name
    return JOIN if joining.code_in(text) is not None else None


def _wish(text: str, topics: Sequence[Named]) -> str | None:
    """What they want to read. A code without a digit may be a word: only the database knows."""
    wish = reading.asked(text)
    match wish.intent if wish is not None else None:
        case Intent.LATEST if wish is not None and _is_told_of(wish.about, topics):
            return Intent.LATEST
        case Intent.VERIFY if wish is not None and (
            wish.is_sure or any(map(reading.looks_like_code, reading.codes(wish.about)))
        ):
            return Intent.VERIFY
        case _:
            return None


def _is_told_of(about: str, topics: Sequence[Named]) -> bool:
    return not about or any(normalise(about) in topic.names for topic in topics)
