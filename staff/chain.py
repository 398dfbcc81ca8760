"""(pure) What ties the lines of an agency's audit together, and what a broken tie says.

A line's digest is the SHA-256 of the digest before it (64 zeros before the first) and of the line in one canonical
form: JSON with sorted keys, no spaces, UTC. So whoever keeps a digest elsewhere can prove everything before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

BEGINNING = "0" * 64


class How(StrEnum):
    """What was done to a line."""

    CHANGED = "changed"  # it does not follow from the line before it
    TAKEN_OUT = "taken out"
    PUT_IN = "put in"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is digested. `agency` and `officer` are ids; no officer: the command line or the clock."""

    agency: int
    number: int
    at: datetime
    officer: int | None
    verb: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A line as it stands in the table, with the digest beside it."""

    line: Line
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number and the digest of its last line."""

    number: int = 0
    digest: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not as it was written."""

    number: int
    how: How


def canonical(line: Line) -> dict[str, Any]:
    """The line as JSON holds it, the same from both databases."""
    return {
        "agency": line.agency,
        "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "details": _plain(line.details),
        "number": line.number,
        "officer": line.officer,
        "subject": line.subject,
        "verb": line.verb,
    }


def written(fields: Mapping[str, Any]) -> str:
    """Fields in the one form that is digested and exported."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(before: str, line: Line) -> str:
    """The digest of a line that follows the one with the digest `before`."""
    return hashlib.sha256(f"{before}{written(canonical(line))}".encode()).hexdigest()


def first_broken(lines: Iterable[Kept], head: Head) -> Broken | None:
    """The first line that breaks the chain, of lines in the order of their numbers; None where all is whole.

    One that was changed with its own digest is only seen by the line behind it, which is then the one that is named.
    So is one that was taken out with all behind it numbered anew.
    """
    previous, last = Head(), Head()  # the line before the last one that fits, and that one
    waiting: Kept | None = None
    for kept in lines:
        if waiting is not None:
            return Broken(waiting.line.number, _changed_or_put_in(last.digest, waiting, kept))
        if kept.line.number != last.number + 1:
            is_gap = kept.line.number > last.number
            return Broken(last.number + 1, How.TAKEN_OUT) if is_gap else Broken(kept.line.number, How.PUT_IN)
        if digest(last.digest, kept.line) == kept.digest:
            previous, last = last, Head(kept.line.number, kept.digest)
        elif last.number and digest(previous.digest, _as(kept.line, last.number)) == kept.digest:
            return Broken(last.number, How.PUT_IN)  # with a digest that fits; those behind it were moved up
        else:
            waiting = kept
    if waiting is not None:
        return Broken(waiting.line.number, How.CHANGED)
    return _at_the_end(last, head)


def _changed_or_put_in(before: str, odd: Kept, following: Kept) -> How:
    """What is odd was put in where the line behind it, moved down by one, fits in its place."""
    moved_down = digest(before, _as(following.line, odd.line.number))
    return How.PUT_IN if moved_down == following.digest else How.CHANGED


def _at_the_end(last: Head, head: Head) -> Broken | None:
    if last.number < head.number:
        return Broken(last.number + 1, How.TAKEN_OUT)
    if last.number > head.number:
        return Broken(head.number + 1, How.PUT_IN)
    return None if last.digest == head.digest else Broken(last.number, How.CHANGED)


def _as(line: Line, number: int) -> Line:
    return replace(line, number=number)


def _plain(value: Any) -> Any:
    """JSONB writes 1e22 as an integer and knows no -0.0: a number is digested as its value, not as it was typed."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value
