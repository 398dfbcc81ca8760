"""What a segment's text means, as a tree of frozen values, and the tree as its one canonical text. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What can be asked about somebody."""

    TOPIC = "topic"  # what they subscribed to
    LANGUAGE = "language"
    CHANNEL = "channel"  # they have an address there
    AREA = "area"  # they hear of it: they chose it, or chose none
    CADENCE = "cadence"  # they hear of something this often
    SOURCE = "source"  # of the link they first came by
    JOINED = "joined"  # the day they agreed to hear from us
    SEEN = "seen"  # the day of their last word; who never wrote was seen before every day


class Sign(StrEnum):
    """How a field is compared. Days are compared in the agency's time zone."""

    IS = ":"  # any of the values
    BEFORE = "<"
    UNTIL = "<="
    AFTER = ">"
    SINCE = ">="


DATED = frozenset({Field.JOINED, Field.SEEN})
NONE = "none"  # the value that stands for "no area" and "no link"
BARE = re.compile(r"[\w-]+")
LONGEST, DEEPEST, MOST_TERMS, MOST_VALUES = 500, 8, 12, 40
"""Characters of a text, nested brackets and nots, comparisons, and values in all of them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison. The values are keys (of a topic: "flood"), or one day ("2026-01-31")."""

    field: Field
    sign: Sign
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whoever the inner tree does not mean."""

    of: "Tree"


@dataclass(frozen=True, slots=True)
class And:
    """Whom all the parts mean: two or more, none of them an And."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Whom any of the parts means: two or more, none of them an Or."""

    parts: tuple["Tree", ...]


Tree = Term | Not | And | Or


def both(parts: Iterable[Tree]) -> Tree:
    """The parts joined by "and", brackets that change nothing left out."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(parts: Iterable[Tree]) -> Tree:
    """The parts joined by "or", brackets that change nothing left out."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def terms(tree: Tree) -> Iterator[Term]:
    """Every comparison in it, from left to right."""
    match tree:
        case Term():
            yield tree
        case Not():
            yield from terms(tree.of)
        case And() | Or():
            for part in tree.parts:
                yield from terms(part)


def show(tree: Tree) -> str:
    """The tree as text: `language.read` makes the same tree of it."""
    match tree:
        case Term():
            return f"{tree.field}{tree.sign}{','.join(map(_quoted, tree.values))}"
        case Not():
            return f"not {_bracketed(tree.of)}"
        case And():
            return " and ".join(map(_bracketed, tree.parts))
        case Or():
            return " or ".join(show(part) if isinstance(part, And) else _bracketed(part) for part in tree.parts)


def _bracketed(tree: Tree) -> str:
    return f"({show(tree)})" if isinstance(tree, And | Or) else show(tree)


def _quoted(value: str) -> str:
    return value if BARE.fullmatch(value) else '"' + value.replace('"', '""') + '"'
