"""What somebody wants to read: "latest floods", "verify B7K2", or an announcement's code alone. Pure.

Words for it stand before or behind what they are about, in any language. The rest must make sense (a topic's name, a
code), or nothing was asked: "check what time it is" is no code.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from bot import wordbook
from bot.keywords import Intent, normalise, understand
from bot.spelling import is_han

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # of codes; nobody takes one of these for another
CODE_LENGTH = 4
VOWELS = frozenset("AEIOUY")
WORD = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{4}(?![A-Z0-9])")
ALONE = re.compile(r"[\W_]*([A-Za-z0-9]{4})[\W_]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish to read: `intent` is LATEST or VERIFY, `about` is what was typed with it, as it was typed or normalised.

    `is_sure` is False where the word also means other things, and the rest has to show that it is a code.
    """

    intent: Intent
    about: str = ""
    is_sure: bool = True


def asked(text: str) -> Asked | None:
    """What a text asks to read; None where it asks for nothing."""
    understood = understand(text)
    if understood is not None and understood.intent in (Intent.LATEST, Intent.VERIFY):
        return Asked(understood.intent)
    said = normalise(text)
    if understood is not None or not said:
        return None
    book = wordbook.present()
    topic = _beside(_trimmed(said), book.latest)
    if topic is not None:
        return Asked(Intent.LATEST, _trimmed(topic))
    around = _around(text, codes(text)[:1])
    if around is None:
        return None
    is_sure = book.verifying.makes(around)
    return Asked(Intent.VERIFY, text, is_sure) if is_sure or book.checking.makes(around) else None


def codes(text: str) -> list[str]:
    """The words of a text that could be codes, the likelier ones first: with nothing a code never has, with a digit."""
    found = list(dict.fromkeys(WORD.findall(unicodedata.normalize("NFKC", text).upper())))
    return sorted(found, key=lambda word: (not set(word) <= set(LETTERS), not _is_meant(word, text)))


def given(wish: Asked) -> list[str]:
    """What was typed as a code, ours or not: it has a digit, or, after a clear "verify", is hardly a word."""
    return [
        word for word in codes(wish.about) if looks_like_code(word) or (wish.is_sure and _is_meant(word, wish.about))
    ]


def alone(text: str) -> str | None:
    """The code that a whole message could be, with whatever stands around it: "(b7k2)."."""
    found = ALONE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return found[1].upper() if found is not None and set(found[1].upper()) <= set(LETTERS) else None


def looks_like_code(word: str) -> bool:
    """Whether a word is rather a code than a word of a language: it has a digit in it."""
    return any(character.isdigit() for character in word)


def _is_meant(word: str, text: str) -> bool:
    """Nobody speaks ZZZZ, nor writes TEAR in capitals in a sentence that has none, but for a code."""
    is_hardly_a_word = not VOWELS & set(word) or max(map(word.count, word)) > 2
    is_in_capitals = word in unicodedata.normalize("NFKC", text) and not _without_code(text, word).isupper()
    return looks_like_code(word) or is_hardly_a_word or is_in_capitals


def _around(text: str, found: list[str]) -> str | None:
    """What stands around a code, normalised; None without one."""
    return normalise(_without_code(text, found[0])) if found else None


def _without_code(text: str, code: str) -> str:
    """A text without the one word that is this code, whatever else has the same letters in it."""
    word = rf"(?<![A-Z0-9]){code}(?![A-Z0-9])"
    return re.sub(word, " ", unicodedata.normalize("NFKC", text), count=1, flags=re.IGNORECASE)


def _trimmed(said: str) -> str:
    """A normalised text without what is only politeness at its ends."""
    while (polite := _end(said)) is not None:
        said = polite
    return said


def _end(said: str) -> str | None:
    left = (_without(said, word) for word in wordbook.present().of_it)
    return next((rest for rest in left if rest is not None), None)


def _beside(said: str, heads: Collection[str]) -> str | None:
    """What stands behind or before one of these phrases; None where none begins or ends the text."""
    left = (_without(said, head) for head in sorted(heads, key=len, reverse=True))
    return next((rest for rest in left if rest is not None), None)


def _without(said: str, phrase: str) -> str | None:
    """What is left of a text that begins or ends with a phrase, and is more than it."""
    first, last = (phrase, phrase) if is_han(phrase[0]) else (f"{phrase} ", f" {phrase}")
    if len(said) > len(phrase) and said.startswith(first):
        return said.removeprefix(first).strip()
    if len(said) > len(phrase) and said.endswith(last):
        return said.removesuffix(last).strip()
    return None
