"""Setting lines of text where nothing wraps by itself: widths are estimated, generously, for our scripts. Pure."""

import unicodedata
from collections.abc import Iterator

WIDE, CAPITAL, NARROW, BLANK, OTHER, LETTER = 1.0, 0.72, 0.34, 0.3, 0.88, 0.58
STEP = 0.5
THIN = frozenset("iljtf.,:;'’!|()[]")


def width(text: str) -> float:
    """About how wide a text is in a sans-serif face, in ems."""
    return sum(_advance(character) for character in text)


def lines(text: str, ems: float) -> list[str]:
    """The text in as few lines of at most so many ems as it needs, about equally long; nothing is lost.

    Broken at blanks and between Chinese characters. A word longer than a line stands out of it.
    """
    found = _filled(text, ems)
    narrower = ems - STEP
    while narrower > 0 and len(closer := _filled(text, narrower)) == len(found) and _widest(closer) <= narrower:
        found, narrower = closer, narrower - STEP
    return found


def _widest(set_: list[str]) -> float:
    return max(map(width, set_), default=0.0)


def _filled(text: str, ems: float) -> list[str]:
    set_, line = list[str](), ""
    for piece in _pieces(text):
        if line and width((line + piece).rstrip()) > ems:
            set_.append(line.rstrip())
            line = ""
        line += piece.lstrip() if not line else piece
    return [*set_, line.rstrip()] if line.strip() else set_


def _pieces(text: str) -> Iterator[str]:
    """What stays together. A mark that ends a clause stays with the character before it."""
    piece = ""
    for place, character in enumerate(text):
        piece += character
        following = text[place + 1] if place + 1 < len(text) else ""
        is_between_wide = _is_wide(character) and following and not unicodedata.category(following).startswith("P")
        opens = unicodedata.category(character) in ("Ps", "Pi")
        if character == " " or (is_between_wide and not opens):
            yield piece
            piece = ""
    if piece:
        yield piece


def _advance(character: str) -> float:
    category = unicodedata.category(character)
    if category in ("Mn", "Cf", "Me"):
        return 0.0
    if character == " ":
        return BLANK
    if _is_wide(character):
        return WIDE
    if character in THIN:
        return NARROW
    if character.isascii() or category in ("Pi", "Pf", "Pd"):
        return CAPITAL if character.isupper() or character in "mwMW@%" else LETTER
    return OTHER


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
