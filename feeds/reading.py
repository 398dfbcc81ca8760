"""From the bytes of a feed to its values: whatever is in them, each has the promised type or is named as a fault. Pure.

A path is steps between slashes: "items/0/stations/id=S50/level". A step is a key, a place in a list (-1 is the last) or
`key=value`, the first of a list with that value. Of CSV it is a column of the last row, or "station=S50/level".
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from feeds.models import Form
from feeds.specs import LARGEST, Field, Spec, Type

ROWS_AT_MOST, COLUMNS_AT_MOST = 20_000, 500
TEXT_LENGTH = 80
NUMBER = re.compile(r"[+-]?(?:\d{1,16}(?:\.\d{1,16})?|\.\d{1,16})(?:[eE][+-]?\d{1,2})?", re.ASCII)
# What an app would make a link, a mention, a command or markup of; Telegram links bare domains and phone numbers.
NOT_PLAIN = re.compile(r"[*_~`<>\[\]{}|\\@#]|://|/\w|www\.|\w\.[^\W\d]|\d[\d\s-]{5,}\d")
EARLIEST, LATEST = 946_684_800, 4_102_444_800  # 2000 and 2100, in seconds: an epoch, and no other number

Value = Decimal | date | datetime | str


class Unreadable(Exception):
    """It is no document of this form. `reason` is a word of the officers' texts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed said: the values that were there, and for each other field why not ("missing" or "unfit")."""

    values: Mapping[str, Value]
    origin_at: datetime | None = None
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every field has a value."""
        return not self.faults


def read(spec: Spec, content: bytes) -> Reading:
    """What the fields of this feed hold. Raises Unreadable."""
    document = _parsed(spec, content)
    values, faults = dict[str, Value](), dict[str, str]()
    for name, each in spec.fields.items():
        raw = _found(spec.form, document, each.path)
        value = None if raw is None else typed(each, raw, spec.zone)
        if value is None:
            faults[name] = "missing" if raw is None or raw == "" else "unfit"
        else:
            values[name] = value
    raw = _found(spec.form, document, spec.origin) if spec.origin else None
    return Reading(values, _instant(raw, spec.zone), faults)


def typed(what: Field, raw: object, zone: str) -> Value | None:
    """A raw value as the type of its field; None where it is none."""
    match what.type:
        case Type.NUMBER | Type.PERCENT:
            return _number(raw)
        case Type.DATE:
            return _date(raw)
        case Type.INSTANT:
            return _instant(raw, zone)
        case Type.TEXT:
            return _plain(raw)
        case Type.WORD:
            said = raw.strip() if isinstance(raw, str) else ""
            return said if said in what.words else None


def pack(reading: Reading) -> dict[str, Any]:
    """A reading as it is kept."""
    values = {name: _packed(value) for name, value in reading.values.items()}
    origin = reading.origin_at.isoformat() if reading.origin_at else None
    return {"origin": origin, "values": values, "faults": dict(reading.faults)}


def unpack(spec: Spec, kept: Mapping[str, Any]) -> Reading:
    """A reading that was kept; fields that the feed has no more are left out."""
    given = {name: kept["values"].get(name) for name in spec.fields}
    values = {name: typed(spec.fields[name], raw, spec.zone) for name, raw in given.items() if raw is not None}
    known = {name: value for name, value in values.items() if value is not None}
    faults = {name: str(kept["faults"].get(name, "missing")) for name in spec.fields if name not in known}
    return Reading(known, _instant(kept["origin"], spec.zone), faults)


def _packed(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _parsed(spec: Spec, content: bytes) -> object:
    try:
        text = content.decode("utf-8-sig" if spec.encoding == "utf-8" else spec.encoding)
    except UnicodeError as error:
        raise Unreadable("encoding") from error
    return _json(text) if spec.form is Form.JSON else _rows(text)


def _json(text: str) -> object:
    try:
        return orjson.loads(text)  # strict: no NaN, no lone surrogates, at most 1,024 deep
    except ValueError as error:
        raise Unreadable("form") from error


def _rows(text: str) -> list[dict[str, str]]:
    """Each row by its columns; a short one has fewer, what is beyond the last column is nobody's."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), ROWS_AT_MOST))
    except csv.Error as error:
        raise Unreadable("form") from error
    names = [name.strip() for name in rows[0]] if rows else []
    if not 1 <= len(names) <= COLUMNS_AT_MOST or len(rows) in (1, ROWS_AT_MOST):
        raise Unreadable("form")
    return [dict(zip(names, row, strict=False)) for row in rows[1:] if row]


def _found(form: Form, document: object, path: str) -> object:
    """What stands there; None: nothing, or nothing of one piece."""
    steps = path.split("/")
    if form is Form.CSV and len(steps) == 1:
        steps = ["-1", *steps]
    here: object = document
    for step in steps:
        here = _below(here, step)
    return here if isinstance(here, str | int | float) and not isinstance(here, bool) else None


def _below(here: object, step: str) -> object:
    if isinstance(here, dict):
        return here.get(step)
    if not isinstance(here, list):
        return None
    key, sign, wanted = step.partition("=")
    if sign:
        return next((each for each in here if isinstance(each, dict) and str(each.get(key)) == wanted), None)
    if not re.fullmatch(r"-?\d{1,6}", step, re.ASCII) or not -len(here) <= int(step) < len(here):
        return None
    return here[int(step)]


def _number(raw: object) -> Decimal | None:
    written = raw.strip() if isinstance(raw, str) else repr(raw)
    if not NUMBER.fullmatch(written):
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= LARGEST else None


def _date(raw: object) -> date | None:
    try:
        return date.fromisoformat(raw.strip()) if isinstance(raw, str) and len(raw) < 20 else None
    except ValueError:
        return None


def _instant(raw: object, zone: str) -> datetime | None:
    """An instant of ISO 8601, in the feed's zone where it names none; or seconds of the epoch."""
    if isinstance(raw, int | float):
        return datetime.fromtimestamp(raw, UTC) if EARLIEST <= raw <= LATEST else None
    if not isinstance(raw, str) or len(raw) > 40:
        return None
    try:
        found = datetime.fromisoformat(raw.strip())
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _plain(raw: object) -> str | None:
    """Short words that no app takes for anything but words."""
    said = " ".join(raw.split()) if isinstance(raw, str) else ""
    is_plain = 0 < len(said) <= TEXT_LENGTH and said.isprintable() and not NOT_PLAIN.search(said)
    return said if is_plain else None
