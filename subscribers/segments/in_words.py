"""A segment as officers read it in their language, and what is wrong with one that means nothing."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import reduce

from locales import texts
from subscribers.segments.flaws import BadSegment
from subscribers.segments.names import Known
from subscribers.segments.tree import (
    DATED,
    DEEPEST,
    LONGEST,
    MOST_TERMS,
    MOST_VALUES,
    NONE,
    And,
    Field,
    Not,
    Or,
    Sign,
    Term,
    Tree,
)

SHOWN = 30  # characters of what was typed
DAYS = {Sign.BEFORE: "before", Sign.UNTIL: "until", Sign.AFTER: "after", Sign.SINCE: "since"}


def said(tree: Tree, known: Known, locale: str, *, zone: str) -> str:
    """Whom it means: "subscribed to Floods, and not on WhatsApp"."""
    match tree:
        case Term() if tree.field in DATED:
            day = texts.day(date.fromisoformat(tree.values[0]), zone, locale)
            return texts.say(f"segment.said.{tree.field}.{DAYS[tree.sign]}", locale, day=day)
        case Term():
            return _said(tree, known, locale)
        case Not():
            return texts.say("segment.said.not", locale, what=_bracketed(tree.of, known, locale, zone))
        case And():
            return _joined("and", [_bracketed(part, known, locale, zone) for part in tree.parts], locale)
        case Or():
            return _joined("or", [_bracketed(part, known, locale, zone) for part in tree.parts], locale)


def explained(bad: BadSegment, locale: str) -> str:
    """What is wrong, where, and what is possible there."""
    bounds = {"longest": LONGEST, "terms": MOST_TERMS, "values": MOST_VALUES, "depth": DEEPEST}
    there = _shown(bad.said) or texts.say("segment.end", locale)
    field = texts.say(f"segment.field.{bad.field}", locale) if bad.field else ""
    lines = [texts.say(f"segment.bad.{bad.flaw}", locale, at=bad.at, said=there, field=field, **bounds)]
    if bad.meant:
        lines.append(texts.say("segment.meant", locale, names=_any(bad.meant, locale)))
    elif bad.possible:
        lines.append(texts.say("segment.possible", locale, names=", ".join(bad.possible)))
    return "\n".join(lines)


def _said(term: Term, known: Known, locale: str) -> str:
    names = [known.name(term.field, each, locale) for each in term.values if each != NONE or not _has_none(term)]
    phrases = [texts.say(f"segment.said.{term.field}", locale, names=_any(names, locale))] if names else []
    if len(names) < len(term.values):
        phrases.append(texts.say(f"segment.said.{term.field}_none", locale))
    return _joined("or", phrases, locale)


def _has_none(term: Term) -> bool:
    return term.field in (Field.AREA, Field.SOURCE)


def _bracketed(tree: Tree, known: Known, locale: str, zone: str) -> str:
    words = said(tree, known, locale, zone=zone)
    return texts.say("segment.said.group", locale, what=words) if isinstance(tree, And | Or) else words


def _joined(joint: str, parts: Sequence[str], locale: str) -> str:
    return reduce(lambda first, second: texts.say(f"segment.said.{joint}", locale, first=first, second=second), parts)


def _any(names: Sequence[str], locale: str) -> str:
    return reduce(lambda first, second: texts.say("segment.said.any", locale, first=first, second=second), names)


def _shown(said: str) -> str:
    """A piece of what was typed that harms nobody who reads it."""
    plain = "".join(each for each in said[:SHOWN] if not unicodedata.category(each).startswith("C"))
    return f"{plain}…" if len(said) > SHOWN else plain
