"""What a short text means, in every language at once. Pure: words in, an intent out.

A text means something when all of it is made of words that belong to it: "pls stop sending me messages" is a stop, and
so is 请不要再发短信给我. "Does bus 12 stop here?" is not, because of what else it says; then we ask. One letter that
slipped ("sotp", 退定, நிருத்து) makes no difference to a whole short text, unless it spells another word ("shop").
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot import typos, wordbook
from bot.spelling import normalise as normalise
from bot.wordbook import Intent as Intent

NUMBER = re.compile(r"\d+")
LONGEST = 160  # characters of a text that can be nothing but a command
QUESTION = re.compile(r"[?\uff1f\u061f]|[吗嗎]\s*$")
WAVES, THUMBS, STOP_SIGNS = "👋🙋", "👍👌✅", "🛑⛔🚫"


@dataclass(frozen=True, slots=True)
class Understood:
    """`is_weak`: the word also means something else to somebody in the middle of a dialog ("cancel", "end")."""

    intent: Intent
    locale: str | None = None
    is_weak: bool = False


def understand(text: str) -> Understood | None:
    """What a text means, or None where it means nothing to us."""
    said = normalise(text)
    if not said:
        return _emoji(text)
    if len(said) > LONGEST:
        return None
    asks = is_question(text)
    plain = _stop(said, is_question=asks) or _start(said) or _named(said) or _simple(said) or _measured(said)
    return plain or _mistyped(said, is_question=asks) or _enough(said)


def understand_to(text: str, names: Iterable[str]) -> Understood | None:
    """What a text means to an agency with these names: "stop Water Board messages" is said to it alone."""
    understood = understand(text)
    if understood is not None and understood.intent is not Intent.ASK_STOP:
        return understood
    unnamed = text
    for name in sorted(filter(None, names), key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(name)}(?:['’]s)?(?!\w)" if name.isascii() else re.escape(name)
        unnamed = re.sub(pattern, " ", unnamed, flags=re.IGNORECASE)
    again = understand(unnamed) if unnamed != text else None
    return again if again is not None and again.intent is Intent.STOP and not again.is_weak else understood


def is_stop(text: str, names: Iterable[str] = ()) -> bool:
    """Whether a text is a clear stop to an agency with these names, whatever is being talked about."""
    understood = understand_to(text, names)
    return understood is not None and understood.intent is Intent.STOP


def is_question(text: str) -> bool:
    """Whether a text asks, which a stop does only out of politeness."""
    return bool(QUESTION.search(text))


def may_be_clear(said: str, *, is_question: bool) -> bool:
    """Whether neither a "don't" nor a question stands in the way of a normalised text's being a clear stop."""
    book = wordbook.present()
    return not book.negated.is_in(said) and (not is_question or book.politely.is_in(said))


def is_span(text: str) -> bool:
    """Whether a text says nothing but how many days, as "7", "for a week please", 一个月."""
    words_alone = _without_numbers(normalise(text))
    return not words_alone or wordbook.present().span.makes(words_alone)


def numbers(text: str) -> list[int] | None:
    """The numbers in "1 3 5", "1,3" or "1 and 3"; None where there is anything else."""
    said = re.sub(r"\b(?:and|dan)\b|[和与]|மற்றும்", " ", unicodedata.normalize("NFKC", text).casefold())
    if re.search(r"[^\d\s,.;&+、/،]", said):
        return None
    parts = re.findall(r"\d+", said)
    return [int(part) for part in parts if len(part) <= 3] or None


def _emoji(text: str) -> Understood | None:
    signs = {WAVES: Intent.GREETING, THUMBS: Intent.YES, STOP_SIGNS: Intent.ASK_STOP}
    return next((Understood(intent) for some, intent in signs.items() if set(some) & set(text)), None)


def _stop(said: str, *, is_question: bool) -> Understood | None:
    book = wordbook.present()
    is_possible = may_be_clear(said, is_question=is_question)
    if is_possible and _is_clear(said):
        return Understood(Intent.STOP)
    if book.weak.makes(said) and not is_question:
        return Understood(Intent.STOP, is_weak=True)
    if book.asking.is_in(said):
        is_slip = is_possible and typos.meant(said) is typos.Slip.STOP
        return Understood(Intent.STOP if is_slip else Intent.ASK_STOP)
    return None


def _is_clear(said: str) -> bool:
    book = wordbook.present()
    return book.clear.makes(said) or (book.no_more.makes(said) and book.of_ours.makes(said))


def _start(said: str) -> Understood | None:
    return Understood(Intent.START) if wordbook.present().beginning.makes(said) else None


def _named(said: str) -> Understood | None:
    names = [locale for locale, lexicon in wordbook.present().names.items() if lexicon.makes(said)]
    return Understood(Intent.LANGUAGE, locale=names[0]) if len(names) == 1 else None


def _simple(said: str) -> Understood | None:
    return next((Understood(intent) for intent, lexicon in wordbook.present().simple if lexicon.makes(said)), None)


def _mistyped(said: str, *, is_question: bool) -> Understood | None:
    match typos.meant(said):
        case typos.Slip.STOP if may_be_clear(said, is_question=is_question):
            return Understood(Intent.STOP)
        case typos.Slip():
            return Understood(Intent.ASK_STOP)
        case None:
            return None


def _measured(said: str) -> Understood | None:
    words_alone = _without_numbers(said)
    return next(
        (Understood(intent) for intent, lexicon in wordbook.present().measured if lexicon.makes(words_alone)), None
    )


def _without_numbers(said: str) -> str:
    return " ".join(NUMBER.sub(" ", said).split())


def _enough(said: str) -> Understood | None:
    """Refusals that are no answer to a question of ours: "too many messages", "tak nak lagi"."""
    return Understood(Intent.ASK_STOP) if wordbook.present().having_enough.makes(said) else None
