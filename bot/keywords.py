"""What a short text means, in every language at once. Pure: words in, an intent out.

A text means something when all of it is made of words that belong to it: "pls stop sending me messages" is a stop, and
so is 请不要再发短信给我. "Does bus 12 stop here?" is not, because of what else it says; then we ask.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from babel import Locale

from bot import vocabulary as words
from bot.lexicon import Lexicon
from locales import texts

LONGEST = 160  # characters of a text that can be nothing but a command
QUESTION = re.compile(r"[?\uff1f]|[吗嗎]\s*$")
HAN = r"\u3400-\u9fff"
BETWEEN_SCRIPTS = re.compile(rf"(?<=[{HAN}])(?=[^{HAN} ])|(?<=[^{HAN} ])(?=[{HAN}])")
INSIDE_HAN = re.compile(rf"(?<=[{HAN}]) +(?=[{HAN}])")
DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
# எனக்குச் செய்தி: the consonant that Tamil doubles between two words (not the end of "stop" in Tamil letters).
DOUBLED = re.compile(r"(?<=\S)(?<!ஸ்டா)([கசதப])்(?:\1்)*(?= \1)")
WAVES, THUMBS, STOP_SIGNS = "👋🙋", "👍👌✅", "🛑⛔🚫"


class Intent(StrEnum):
    """What somebody wants."""

    STOP = "stop"
    ASK_STOP = "ask_stop"  # they spoke of stopping; we are not sure, so we ask
    START = "start"
    LANGUAGE = "language"  # with `locale` where they named one
    TOPICS = "topics"
    SETTINGS = "settings"
    OFTEN = "often"
    PAUSE = "pause"
    QUIET = "quiet"
    AREA = "area"
    LATEST = "latest"
    VERIFY = "verify"
    HELP = "help"
    GREETING = "greeting"
    YES = "yes"
    NO = "no"
    DONE = "done"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Understood:
    """`is_weak`: the word also means something else to somebody in the middle of a dialog ("cancel", "end")."""

    intent: Intent
    locale: str | None = None
    is_weak: bool = False


CLEAR = Lexicon(words.STOP, words.FILLERS | words.NOUNS | words.WEAK_STOP | words.REFUSING)
SOMETHING = words.WEAK_STOP | words.REFUSING
HAVING_ENOUGH = Lexicon(words.ENOUGH | words.REFUSING, words.FILLERS | words.NOUNS | words.STOP)
NO_MORE = Lexicon(SOMETHING, words.FILLERS | words.NOUNS)
OF_OURS = Lexicon(words.NOUNS, words.FILLERS | SOMETHING)
WEAK = Lexicon(words.WEAK_STOP, words.POLITE)
NEGATED, ASKING, POLITELY = Lexicon(words.NOT_STOP), Lexicon(words.ASK_STOP), Lexicon(words.POLITE - words.GREETINGS)
BEGINNING = Lexicon(words.START, words.FILLERS | words.NOUNS)
# In this order: the first that a text is made of.
SIMPLE = tuple(
    (intent, Lexicon(heads, words.POLITE))
    for intent, heads in (
        (Intent.DONE, words.DONE),
        (Intent.MORE, words.MORE),
        (Intent.LANGUAGE, words.LANGUAGE),
        (Intent.TOPICS, words.TOPICS),
        (Intent.SETTINGS, words.SETTINGS),
        (Intent.OFTEN, words.OFTEN),
        (Intent.AREA, words.AREA),
        (Intent.LATEST, words.LATEST),
        (Intent.VERIFY, words.VERIFY),
        (Intent.HELP, words.HELP),
        (Intent.YES, words.YES),
        (Intent.NO, words.NO),
        (Intent.GREETING, words.GREETINGS),
    )
)
# Said with numbers: "pause 7 days", "quiet hours 10pm to 7am".
MEASURED = (
    (Intent.PAUSE, Lexicon(words.PAUSE, words.FILLERS | words.NOUNS | words.SPANS)),
    (Intent.QUIET, Lexicon(words.QUIET, words.FILLERS | words.SPANS)),
)
NUMBER = re.compile(r"\d+")
SPAN = Lexicon(words.SPANS | words.PAUSE, words.FILLERS | words.NOUNS)


def understand(text: str) -> Understood | None:
    """What a text means, or None where it means nothing to us."""
    said = normalise(text)
    if not said:
        return _emoji(text)
    if len(said) > LONGEST:
        return None
    stop = _stop(said, is_question=bool(QUESTION.search(text)))
    return stop or _start(said) or _named(said) or _simple(said) or _measured(said) or _enough(said)


def is_stop(text: str) -> bool:
    """Whether a text is a clear stop, whatever is being talked about."""
    understood = understand(text)
    return understood is not None and understood.intent is Intent.STOP


def is_span(text: str) -> bool:
    """Whether a text says nothing but how many days, as "7", "for a week please", 一个月."""
    words_alone = _without_numbers(normalise(text))
    return not words_alone or SPAN.makes(words_alone)


def normalise(text: str) -> str:
    """Lower-case words with single spaces between them: no punctuation, emoji or apostrophes, Chinese simplified,
    Tamil words as they stand alone.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(words.TRADITIONAL)
    kept = "".join(_kept(character) for character in folded)
    spaced = INSIDE_HAN.sub("", BETWEEN_SCRIPTS.sub(" ", " ".join(kept.split())))
    return DRAWN_OUT.sub(r"\1", DOUBLED.sub("", " ".join(spaced.split())))


def numbers(text: str) -> list[int] | None:
    """The numbers in "1 3 5", "1,3" or "1 and 3"; None where there is anything else."""
    said = re.sub(r"\b(?:and|dan)\b|[和与]|மற்றும்", " ", unicodedata.normalize("NFKC", text).casefold())
    if re.search(r"[^\d\s,.;&+、/]", said):
        return None
    parts = re.findall(r"\d+", said)
    return [int(part) for part in parts if len(part) <= 3] or None


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LMN":
        return character
    return "" if category == "Cf" or character in "'’ʼ`" else " "


def _emoji(text: str) -> Understood | None:
    signs = {WAVES: Intent.GREETING, THUMBS: Intent.YES, STOP_SIGNS: Intent.ASK_STOP}
    return next((Understood(intent) for some, intent in signs.items() if set(some) & set(text)), None)


def _stop(said: str, *, is_question: bool) -> Understood | None:
    if _is_clear_stop(said, is_question=is_question):
        return Understood(Intent.STOP)
    if WEAK.makes(said) and not is_question:
        return Understood(Intent.STOP, is_weak=True)
    return Understood(Intent.ASK_STOP) if ASKING.is_in(said) else None


def _is_clear_stop(said: str, *, is_question: bool) -> bool:
    if NEGATED.is_in(said) or (is_question and not POLITELY.is_in(said)):
        return False
    return CLEAR.makes(said) or (NO_MORE.makes(said) and OF_OURS.makes(said))


def _start(said: str) -> Understood | None:
    return Understood(Intent.START) if BEGINNING.makes(said) else None


def _named(said: str) -> Understood | None:
    names = [locale for locale, lexicon in _names().items() if lexicon.makes(said)]
    return Understood(Intent.LANGUAGE, locale=names[0]) if len(names) == 1 else None


def _simple(said: str) -> Understood | None:
    return next((Understood(intent) for intent, lexicon in SIMPLE if lexicon.makes(said)), None)


def _measured(said: str) -> Understood | None:
    words_alone = _without_numbers(said)
    return next((Understood(intent) for intent, lexicon in MEASURED if lexicon.makes(words_alone)), None)


def _without_numbers(said: str) -> str:
    return " ".join(NUMBER.sub(" ", said).split())


def _enough(said: str) -> Understood | None:
    """Refusals that are no answer to a question of ours: "too many messages", "tak nak lagi"."""
    return Understood(Intent.ASK_STOP) if HAVING_ENOUGH.makes(said) else None


@cache
def _names() -> dict[str, Lexicon]:
    """What each language is called: by the vocabulary, by itself, and in English."""
    english = Locale.parse("en").languages
    return {
        locale: Lexicon(
            words.LANGUAGE_NAMES.get(locale, frozenset())
            | {normalise(texts.native_name(locale)), normalise(english[Locale.parse(locale).language])},
            words.LANGUAGE_FILLERS,
        )
        for locale in texts.locales()
    }
