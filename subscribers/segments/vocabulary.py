"""The words of the language, as every catalog lists them ("segment.word.<word>"), and in English.

A fifth language brings its own words along with its catalog.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from locales import texts
from subscribers.segments.tree import NONE, Field

LIST = re.compile(r"[,،，、;؛]")
LONGEST = 60  # characters of a word that anything is compared with


class Joint(StrEnum):
    """What joins comparisons."""

    AND = "and"
    OR = "or"
    NOT = "not"


def field(said: str) -> Field | None:
    """The field a word names."""
    found = _words(texts.locales()).get(normalised(said))
    return found if isinstance(found, Field) else None


def joint(said: str) -> Joint | None:
    """The joint a word names."""
    found = _words(texts.locales()).get(normalised(said))
    return found if isinstance(found, Joint) else None


def is_none(said: str) -> bool:
    """Whether a value stands for "no area" and "no link"."""
    return _words(texts.locales()).get(normalised(said)) == NONE


def near(said: str) -> list[str]:
    """The fields whose words are spelled much like this one."""
    words = {word: each for word, each in _words(texts.locales()).items() if isinstance(each, Field)}
    return list(dict.fromkeys(words[word] for word in difflib.get_close_matches(normalised(said), words)))


def normalised(said: str) -> str:
    """What is the same to whoever reads it, is the same: case, width, blanks."""
    return " ".join(unicodedata.normalize("NFKC", said[:LONGEST]).casefold().split())


@cache
def _words(locales: tuple[str, ...]) -> Mapping[str, Field | Joint | str]:
    every = (*Field, *Joint, NONE)
    listed = {
        normalised(word): each
        for each in every
        for locale in locales
        for word in LIST.split(texts.say(f"segment.word.{each}", locale))
    }
    return {**listed, **{str(each): each for each in every}}
