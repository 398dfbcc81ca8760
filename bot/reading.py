"""What somebody wants to read: "latest floods", "verify B7K2", or an announcement's code alone. Pure.

Words for it stand before or behind what they are about, in any language. The rest must make sense (a topic's name, a
code), or nothing was asked: "check what time it is" is no code.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from bot import vocabulary as words
from bot.keywords import Intent, normalise, understand
from bot.lexicon import Lexicon

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # of codes; nobody takes one of these for another
CODE_LENGTH = 4
WORD = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{4}(?![A-Z0-9])")
ALONE = re.compile(r"[\W_]*([A-Za-z0-9]{4})[\W_]*")


OF_IT = words.POLITE | words.ABOUT
VERIFYING = Lexicon(words.VERIFY, OF_IT | words.CHECKING)
CHECKING = Lexicon(words.CHECKING, OF_IT)


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
    topic = _beside(_trimmed(said), words.LATEST)
    if topic is not None:
        return Asked(Intent.LATEST, _trimmed(topic))
    around = _around(said, codes(text)[:1])
    if around is None:
        return None
    is_sure = VERIFYING.makes(around)
    return Asked(Intent.VERIFY, text, is_sure) if is_sure or CHECKING.makes(around) else None


def codes(text: str) -> list[str]:
    """The words of a text that could be codes, the likelier ones first: with nothing a code never has, with a digit."""
    found = list(dict.fromkeys(WORD.findall(unicodedata.normalize("NFKC", text).upper())))
    return sorted(found, key=lambda word: (not set(word) <= set(LETTERS), not looks_like_code(word)))


def alone(text: str) -> str | None:
    """The code that a whole message could be, with whatever stands around it: "(b7k2)."."""
    found = ALONE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return found[1].upper() if found is not None and set(found[1].upper()) <= set(LETTERS) else None


def looks_like_code(word: str) -> bool:
    """Whether a word is rather a code than a word of a language: it has a digit in it."""
    return any(character.isdigit() for character in word)


def _around(said: str, found: list[str]) -> str | None:
    """What stands around a code in a normalised text; None without one."""
    parts = said.partition(normalise(found[0])) if found else ("", "", "")
    return " ".join(f"{parts[0]} {parts[2]}".split()) if parts[1] else None


def _trimmed(said: str) -> str:
    """A normalised text without what is only politeness at its ends."""
    while (polite := _end(said)) is not None:
        said = polite
    return said


def _end(said: str) -> str | None:
    for word in OF_IT:
        is_han = "\u3400" <= word[0] <= "\u9fff"
        if said.startswith(word if is_han else f"{word} ") and len(said) > len(word):
            return said[len(word) :].strip()
        if said.endswith(word if is_han else f" {word}") and len(said) > len(word):
            return said[: -len(word)].strip()
    return None


def _beside(said: str, heads: Collection[str]) -> str | None:
    """What stands behind or before one of these phrases; None where none begins or ends the text."""
    for head in sorted(heads, key=len, reverse=True):
        is_han = "\u3400" <= head[0] <= "\u9fff"
        if said.startswith(head if is_han else f"{head} ") and len(said) > len(head):
            return said[len(head) :].strip()
        if said.endswith(head if is_han else f" {head}") and len(said) > len(head):
            return said[: -len(head)].strip()
    return None
