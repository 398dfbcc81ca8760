"""Languages written from right to left: values of other scripts keep their order, lines are the language's own. Pure.

Phones guess a line's direction from its first letter, and a code or a Latin name next to Arabic words would take the
punctuation around it along (Unicode's bidirectional algorithm, UAX #9). So a value is isolated, and a line that
does not begin in the language's own direction begins with a mark. Nothing of it is seen, and other languages have none.
"""

import unicodedata
from functools import cache

from locales import cldr

ISOLATE, END, MARK = "\u2068", "\u2069", "\u200f"  # first strong isolate, pop directional isolate, right-to-left mark
STRONG = {"L": False, "R": True, "AL": True}


@cache
def is_right_to_left(locale: str) -> bool:
    """Whether a language is written from right to left."""
    return cldr.locale(locale).text_direction == "rtl"


def isolated(value: str) -> str:
    """A value whose letters keep their own order, whatever stands around it; line by line, for a line ends it."""
    return "\n".join(f"{ISOLATE}{line}{END}" if line.strip() else line for line in value.split("\n"))


def led(text: str) -> str:
    """A text each of whose lines is shown from right to left."""
    return "\n".join(line if not line.strip() or _begins_right(line) else f"{MARK}{line}" for line in text.split("\n"))


def _begins_right(line: str) -> bool:
    """Whether the first letter outside isolates is one that is written from the right."""
    depth = 0
    for character in line:
        depth += (character == ISOLATE) - (character == END)
        kind = unicodedata.bidirectional(character)
        if depth == 0 and kind in STRONG:
            return STRONG[kind]
    return False
