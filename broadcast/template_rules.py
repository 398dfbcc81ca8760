"""What WhatsApp asks of wording before it looks at it, checked here first: a rejected name is lost for good. Pure.

Sources: Twilio, "Using variables with Content API" and "WhatsApp template approvals and rejections"; Meta, "Template
components". Where they leave it open we ask for the stricter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from broadcast import characters
from broadcast.characters import HAN

VARIABLE = re.compile(r"\{\{\s*(\d+)\s*\}\}")
BRACES = re.compile(r"[{}]")
BLANKS = re.compile(r"\t| {4,}")
BREAKS = re.compile(r"\n[ \t]*\n[ \t]*\n")
SAMPLE_LENGTH = 200
PURPOSES: Mapping[str, Sequence[str]] = {"announcement": ("1", "2"), "returning": ("1", "2")}
"""For what a template is used, and the variables that we fill then: content.variables, bot/returns.py."""
CATEGORIES = ("UTILITY", "MARKETING")


class Fault(StrEnum):
    """Why WhatsApp would not take a wording or a sample."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    WRONG_SCRIPT = "wrong_script"
    BRACES = "braces"  # what looks like a variable and is none
    UNKNOWN = "unknown"  # a variable that this purpose does not have
    MISSING = "missing"
    TWICE = "twice"
    FIRST = "first"
    LAST = "last"
    ADJACENT = "adjacent"
    FEW_WORDS = "few_words"
    BREAKS = "breaks"
    BLANKS = "blanks"


@dataclass(frozen=True, slots=True)
class Found:
    """One fault; `variable` is the number it is about, `number` what it counts."""

    fault: Fault
    variable: str = ""
    number: int = 0


def check(body: str, *, purpose: str, locale: str, length: int) -> list[Found]:
    """Everything that keeps this wording from being submitted; empty: it may be."""
    if not body.strip():
        return [Found(Fault.EMPTY)]
    return [*_as_text(body, locale, length), *_variables(body, PURPOSES[purpose]), *_places(body)]


def check_sample(text: str) -> list[Found]:
    """Everything that keeps this from standing for a variable."""
    if not text.strip():
        return [Found(Fault.EMPTY)]
    found = [Found(Fault.TOO_LONG, number=SAMPLE_LENGTH)] if len(text.strip()) > SAMPLE_LENGTH else []
    found += [Found(Fault.UNREADABLE)] if not characters.is_readable(text) else []
    found += [Found(Fault.BRACES)] if BRACES.search(text) else []
    return found + ([Found(Fault.BLANKS)] if BLANKS.search(text) or "\n" in text.strip() else [])


def tidied(body: str) -> str:
    """The wording as it is kept: its variables are written alike."""
    return VARIABLE.sub(lambda found: f"{{{{{int(found[1])}}}}}", body.strip().replace("\r\n", "\n"))


def _as_text(body: str, locale: str, length: int) -> Iterator[Found]:
    if len(body) > length:
        yield Found(Fault.TOO_LONG, number=length)
    if not characters.is_readable(body):
        yield Found(Fault.UNREADABLE)
    if not characters.looks_like(locale, VARIABLE.sub("", body)):
        yield Found(Fault.WRONG_SCRIPT)
    if BREAKS.search(body):
        yield Found(Fault.BREAKS)
    if BLANKS.search(body):
        yield Found(Fault.BLANKS)


def _variables(body: str, wanted: Sequence[str]) -> Iterator[Found]:
    there = [str(int(found)) for found in VARIABLE.findall(body)]
    if BRACES.search(VARIABLE.sub("", body)):
        yield Found(Fault.BRACES)
    for name in dict.fromkeys(there):
        if name not in wanted:
            yield Found(Fault.UNKNOWN, name)
        elif there.count(name) > 1:
            yield Found(Fault.TWICE, name)
    yield from (Found(Fault.MISSING, name) for name in wanted if name not in there)


def _places(body: str) -> Iterator[Found]:
    """A variable is never first, never last and never beside another, whatever blanks or stops stand between."""
    pieces = [_count_words(piece) for piece in VARIABLE.split(body)[::2]]
    names = VARIABLE.findall(body)
    if not names:
        return
    if not pieces[0]:
        yield Found(Fault.FIRST, names[0])
    if not pieces[-1]:
        yield Found(Fault.LAST, names[-1])
    between = zip(names[1:], VARIABLE.split(body)[2:-1:2], strict=True)
    yield from (Found(Fault.ADJACENT, name) for name, piece in between if not piece.strip())
    wanted = 2 * len(names) + 1
    if sum(pieces) < wanted:
        yield Found(Fault.FEW_WORDS, number=wanted)


def _count_words(text: str) -> int:
    """Words between blanks; each Chinese character is one."""
    han = [letter for letter in text if any(first <= ord(letter) <= last for first, last in HAN)]
    rest = "".join(" " if letter in han else letter for letter in text)
    return len(han) + sum(any(letter.isalnum() for letter in word) for word in rest.split())
