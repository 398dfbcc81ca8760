"""What to read of a feed and what its gate lets pass, as an operator writes it down. Pure.

form = "json"                       # or "csv"
source = "https://api.example.gov/river.json"
origin = "items/0/timestamp"        # where its time of origin stands
max_age_minutes = 120

[fields.level]
path = "items/0/stations/id=S50/level"
type = "number"
unit = "length-meter"
decimals = 2
least = 0
most = 10
most_change = 2
labels = { en = "Water level", ta = "..." }
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, cast

from feeds.models import Form
from locales import cldr

NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
FIELDS_AT_MOST = 20
LABEL_LENGTH = 60
WORDS_AT_MOST = 50
LARGEST = Decimal(10) ** 15
ENCODINGS = ("utf-8", "utf-16", "iso-8859-1", "windows-1252", "gb18030", "big5")
KNOWN = {"source", "form", "origin", "max_age_minutes", "may_repeat", "encoding", "time_zone", "fields"}
KNOWN_OF_FIELDS = {"path", "type", "labels", "decimals", "unit", "least", "most", "most_change", "words"}


class BadFeed(Exception):
    """A feed cannot be defined like this. The message tells the operator what to change."""


class Type(StrEnum):
    """What a field holds."""

    NUMBER = "number"
    PERCENT = "percent"  # 40 is 40 %
    DATE = "date"
    INSTANT = "instant"
    TEXT = "text"  # short plain words, the same in every language: a name
    WORD = "word"  # one of a few, each with its translations


NUMBERS = frozenset({Type.NUMBER, Type.PERCENT})


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a feed. `least`, `most` and `most_change` are its gate, `words` what a word is in each language."""

    name: str
    path: str
    type: Type
    labels: Mapping[str, str] = field(default_factory=dict)
    decimals: int = 1
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    most_change: Decimal | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def label(self, locale: str) -> str:
        """What people call it in this language."""
        return self.labels.get(locale) or next(iter(self.labels.values()), self.name)


@dataclass(frozen=True, slots=True)
class Spec:
    """All of a feed. Without `max_age` it is never too old; with `may_repeat` it may say the same of another time."""

    source: str
    form: Form
    fields: Mapping[str, Field]
    zone: str
    origin: str = ""
    max_age: timedelta | None = None
    may_repeat: bool = False
    encoding: str = "utf-8"


def read(said: Mapping[str, Any], *, zone: str, locales: Collection[str] | None = None) -> Spec:
    """What was written down, for an agency of this time zone. Raises BadFeed.

    Where `locales` are named, these alone may occur, and words have to be said in each; of what is kept nobody asks.
    """
    _check_known(said, KNOWN, "the feed")
    origin, minutes = _text(said, "origin", 200), said.get("max_age_minutes")
    if minutes is not None and not (_is_whole(minutes) and 1 <= minutes <= 60 * 24 * 60):
        raise BadFeed("max_age_minutes must be a whole number from 1 to 86400")
    if minutes is not None and not origin:
        raise BadFeed("origin is missing: how old the data are cannot be told without its time of origin")
    encoding = _text(said, "encoding", 20) or "utf-8"
    if encoding not in ENCODINGS:
        raise BadFeed(f"encoding must be one of {', '.join(ENCODINGS)}")
    return Spec(
        source=_text(said, "source", 2000),
        form=_form(said),
        fields=_fields(said, locales),
        zone=_text(said, "time_zone", 64) or zone,
        origin=origin,
        max_age=timedelta(minutes=minutes) if minutes is not None else None,
        may_repeat=_flag(said, "may_repeat"),
        encoding=encoding,
    )


def _form(said: Mapping[str, Any]) -> Form:
    form = said.get("form")
    if form not in list(Form):
        raise BadFeed(f"form must be {' or '.join(Form)}")
    return Form(form)


def _fields(said: Mapping[str, Any], locales: Collection[str] | None) -> dict[str, Field]:
    given = said.get("fields")
    if not isinstance(given, Mapping) or not 1 <= len(given) <= FIELDS_AT_MOST:
        raise BadFeed(f"[fields] must name 1 to {FIELDS_AT_MOST} fields")
    return {str(name): _field(str(name), value, locales) for name, value in given.items()}


def _field(name: str, said: object, locales: Collection[str] | None) -> Field:
    if not NAME.fullmatch(name):
        raise BadFeed(f"the field {name!r} must be named with a-z, 0-9 and _, 30 characters at most")
    if not isinstance(said, Mapping):
        raise BadFeed(f"the field {name} needs a path and a type")
    what = f"the field {name}"
    _check_known(said, KNOWN_OF_FIELDS, what)
    if said.get("type") not in list(Type):
        raise BadFeed(f"the type of {what} must be one of {', '.join(Type)}")
    type_ = Type(said["type"])
    path = _text(said, "path", 200)
    if not path:
        raise BadFeed(f"{what} needs a path: where it stands in the document")
    least, most, most_change = (_bound(said, bound, what) for bound in ("least", "most", "most_change"))
    if type_ not in NUMBERS and (least, most, most_change) != (None, None, None):
        raise BadFeed(f"{what} has bounds and is no number")
    return Field(
        name=name,
        path=path,
        type=type_,
        labels=_labels(said.get("labels", {}), locales, what),
        decimals=_decimals(said, what),
        unit=_unit(said, what),
        least=least,
        most=most,
        most_change=most_change,
        words=_words(said.get("words", {}), locales, what) if type_ is Type.WORD else {},
    )


def _bound(said: Mapping[str, Any], key: str, what: str) -> Decimal | None:
    value = said.get(key)
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if (
        isinstance(value, bool)
        or not number.is_finite()
        or abs(number) > LARGEST
        or (key == "most_change" and number < 0)
    ):
        raise BadFeed(f"{key} of {what} must be a number")
    return number


def _decimals(said: Mapping[str, Any], what: str) -> int:
    value = said.get("decimals", 1)
    if not _is_whole(value) or not 0 <= value <= 6:
        raise BadFeed(f"decimals of {what} must be a whole number from 0 to 6")
    return cast(int, value)


def _unit(said: Mapping[str, Any], what: str) -> str:
    unit = _text(said, "unit", 60)
    if unit and unit not in cldr.UNITS:
        raise BadFeed(f"the unit of {what} must be one of {', '.join(sorted(cldr.UNITS))}")
    return unit


def _labels(said: object, locales: Collection[str] | None, what: str) -> dict[str, str]:
    if not isinstance(said, Mapping):
        raise BadFeed(f'labels of {what} must look like {{ en = "Water level" }}')
    for locale, text in said.items():
        if locales is not None and locale not in locales:
            raise BadFeed(f"{locale} is no language of the agency: {', '.join(locales)}")
        if not isinstance(text, str) or not text.strip() or len(text) > LABEL_LENGTH or not text.isprintable():
            raise BadFeed(f"what {what} is called in {locale} may have 1 to {LABEL_LENGTH} characters")
    return {str(locale): " ".join(str(text).split()) for locale, text in said.items()}


def _words(said: object, locales: Collection[str] | None, what: str) -> dict[str, dict[str, str]]:
    if not isinstance(said, Mapping) or not 1 <= len(said) <= WORDS_AT_MOST:
        raise BadFeed(f"{what} needs words: what the feed may say, and how each is said in every language")
    found = {str(word): _labels(texts, locales, f"{word!r} of {what}") for word, texts in said.items()}
    for word, texts in found.items():
        missing = [locale for locale in locales or () if locale not in texts]
        if missing:
            raise BadFeed(f"{word!r} of {what} is not said in {', '.join(missing)}")
    return found


def _text(said: Mapping[str, Any], key: str, length: int) -> str:
    value = said.get(key, "")
    if not isinstance(value, str) or len(value) > length or not value.isprintable():
        raise BadFeed(f"{key} must be a text of at most {length} characters")
    return value.strip()


def _flag(said: Mapping[str, Any], key: str) -> bool:
    value = said.get(key, False)
    if not isinstance(value, bool):
        raise BadFeed(f"{key} must be true or false")
    return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_known(said: Mapping[str, Any], known: Collection[str], what: str) -> None:
    odd = [str(key) for key in said if key not in known]
    if odd:
        raise BadFeed(f"{what} has {', '.join(odd)}, which nobody knows; known are {', '.join(sorted(known))}")
