"""Values of a feed as each language writes them."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from feeds.reading import Value
from feeds.specs import Field, Type
from locales import cldr, texts

BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def shown(field: Field, value: Value, locale: str, zone: str) -> str:
    """A value for people of this language: number and unit, date, time in this zone, or the word as they say it."""
    match value:
        case Decimal():
            return _number(field, value, locale)
        case datetime():
            return texts.instant(value, zone, locale)
        case str():
            said = field.words.get(value, {})
            return said.get(locale) or next(iter(said.values()), value)
        case _:
            return texts.day(value, zone, locale)


def as_number(text: str) -> Decimal:
    """A bound of the gate, as findings keep it."""
    return Decimal(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its blanks filled in; what is filled in is never looked at again. A blank without value stays."""
    return BLANK.sub(lambda found: values.get(found[1], found[0]), text)


def blanks(text: str) -> set[str]:
    """The names of the blanks of a text."""
    return set(BLANK.findall(text))


def _number(field: Field, value: Decimal, locale: str) -> str:
    reader, pattern = cldr.locale(locale), "#,##0." + "0" * field.decimals if field.decimals else "#,##0"
    if field.type is Type.PERCENT:
        return format_percent(value / 100, f"{pattern}%", locale=reader)
    if field.unit:
        return format_unit(value, field.unit, "short", format=pattern, locale=reader)
    return format_decimal(value, pattern, locale=reader)
