"""What a text says that is the same in every language: links, blanks, dates, times, phone numbers, numbers. Pure.

Digits of any script and full-width signs are read as plain ones, dates and hours in each language's own forms. Each
value is cut out before the next kind is looked for, so that the 29 of a date is no number as well.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache

from broadcast import written
from broadcast.written import DAY, HOUR, NOON, Forms, any_of
from locales import texts

GONE = "\0"  # stands where something was read already
BLANK = re.compile(r"\{+\s*([^{}\n]{1,40}?)\s*\}+")
_LINK = re.compile(
    r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+|[\w.+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+", re.I
)
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_LISTED = re.compile(r"^[ \t]*\d{1,2}[.)、][ \t]", re.MULTILINE)
_PHONE = re.compile(r"\+\d[\d ().-]{5,18}\d|(?<![\d.,])\d{1,4}(?:[ -]\d{3,4}){1,3}(?!\d|[.,]\d)")
_YEARS = re.compile(r"(?:19|20)\d\d-(?:19|20)\d\d")
_SPAN = re.compile(rf" ?(?:hrs|மணி|日|号|ஆம்)? ?(?:{written.SPANS}) ?", re.IGNORECASE)
_BOTH = re.compile(rf" ?(?:hrs|மணி|日|号|ஆம்)? ?(?:{written.BOTH}) ?", re.IGNORECASE)
PHONE_DIGITS = 7
YEAR = r"(?:19|20|21)\d\d"
_NTH = r"(?:st|nd|rd|th| ?hb|[ -]?ஆம்|[ -]?ம்)?(?: தேதி)?"
_LETTER = r"[^\W\d_]"
ANY = "?"
MONTHS, DAYS, NOON_HOUR = 12, 31, 12


class Sort(StrEnum):
    """What a value is."""

    LINK = "link"
    BLANK = "blank"
    DATE = "date"
    TIME = "time"
    PHONE = "phone"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Value:
    """One value and the piece of text that says it. `key` is equal where two languages say the same.

    A date's is "2026-11-29", a part that is not said being "?"; a time's the minute of the day.
    """

    sort: Sort
    key: str
    piece: str
    start: int
    end: int
    is_open: bool = False  # a time without a part of the day: as an end of a span it has the other end's


def read(text: str, locale: str, zone: str) -> list[Value]:
    """Every value of a text, in its order."""
    plain, forms, found = "".join(map(_plain, text)), written.of(locale, zone), list[Value]()
    for look in (_links, _blanks, _dates, _times, _phones, _numbers):
        for value in look(plain, forms):
            found.append(replace(value, piece=text[value.start : value.end].strip()))
            plain = plain[: value.start] + GONE * (value.end - value.start) + plain[value.end :]
    found.sort(key=lambda value: value.start)
    return _joined(found, "".join(map(_plain, text)))


def _plain(character: str) -> str:
    """A character as its plain form; always one for one, so that places stay."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return " " if unicodedata.category(character) == "Zs" else character


def _links(text: str, forms: Forms) -> Iterator[Value]:
    for found in _LINK.finditer(text):
        said = found[0].rstrip(".,;:!?)'")
        bare = re.sub(r"^https?://", "", said, flags=re.I)
        yield Value(
            Sort.LINK, _languages().sub("", bare).rstrip("/").casefold(), said, found.start(), found.start() + len(said)
        )


@cache
def _languages() -> re.Pattern[str]:
    """The part of a link that only says the language of the page."""
    codes = any_of({code for locale in texts.locales() for code in (locale, locale.partition("_")[0])})
    return re.compile(rf"(?<=[./=])(?:{codes})(?:[-_][a-z]{{2,4}})?(?=[./&#]|$)[./]?", re.IGNORECASE)


def _blanks(text: str, forms: Forms) -> Iterator[Value]:
    for found in BLANK.finditer(text):
        yield Value(Sort.BLANK, found[1].casefold(), found[0], *found.span())


def _dates(text: str, forms: Forms) -> Iterator[Value]:
    taken: set[int] = set()
    for pattern in _date_patterns(tuple(forms.months)):
        for found in pattern.finditer(text):
            key = _date_key(found.groupdict(), forms)
            if key is None or not taken.isdisjoint(range(*found.span())):
                continue
            taken.update(range(*found.span()))
            yield Value(Sort.DATE, key, found[0], *found.span())


@cache
def _date_patterns(names: tuple[str, ...]) -> Sequence[re.Pattern[str]]:
    month = rf"(?<!{_LETTER})(?P<name>{any_of(names)})(?!{_LETTER})\.?"
    day, year = r"(?P<d>\d{1,2})", rf"{YEAR}(?!\d| ?hrs?\b)"
    alone = r"(?!\d|[-/.]\d)"
    patterns = (
        rf"(?<!\d)(?P<y>\d{{4}}) ?年 ?(?P<m>\d{{1,2}}) ?月(?: ?{day} ?[日号])?",
        rf"(?<!\d)(?P<m>\d{{1,2}}) ?月 ?{day} ?[日号]?",
        rf"(?<![\d/.-])(?P<y>\d{{4}})([-/.])(?P<m>\d{{1,2}})\2{day}{alone}",
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})([-/.])(?P<b>\d{{1,2}})\2(?P<y>\d{{4}}|\d{{2}}){alone}",
        rf"(?<!\d){day}{_NTH}(?: of)? ?{month}(?:,? ?(?P<y>{year}))?",
        rf"(?:(?P<y>{YEAR}) )?{month},? ?(?:மாதம் )?{day}(?!\d|[:.]\d){_NTH}(?:,? (?P<y2>{year}))?",
        rf"{month},? ?(?P<y>{year})",
    )
    return [re.compile(pattern) for pattern in patterns]


def _date_key(said: Mapping[str, str | None], forms: Forms) -> str | None:
    """The date, if there is such a day."""
    year, month, day = said.get("y") or said.get("y2"), said.get("m"), said.get("d")
    if said.get("name"):
        month = str(forms.months[str(said["name"])])
    if (first := said.get("a")) and (second := said.get("b")):
        is_month_first = int(second) > MONTHS or (forms.is_month_first and int(first) <= MONTHS)
        month, day = (first, second) if is_month_first else (second, first)
    if not 1 <= int(month or 0) <= MONTHS or not 1 <= int(day or 1) <= DAYS:
        return None
    if year and len(year) == 2:
        year = f"20{year}"
    return f"{year or ANY}-{int(month or 0)}-{int(day) if day else ANY}"


def _times(text: str, forms: Forms) -> Iterator[Value]:
    taken: set[int] = set()
    for pattern in _time_patterns(tuple(forms.parts)):
        for found in pattern.finditer(text):
            said = found.groupdict()
            hour, minute = int(said["h"]), int(said.get("min") or said.get("min2") or 0)
            minute = 30 if said.get("half") else minute
            if hour > 24 or minute >= HOUR or not taken.isdisjoint(range(*found.span())):
                continue
            taken.update(range(*found.span()))
            at, part = hour * HOUR + minute, said.get("p")
            if part is not None and hour <= NOON_HOUR:
                at = min((at % NOON, at % NOON + NOON), key=lambda each: _apart(each, forms.part(part)))
            is_open = part is None and 1 <= hour <= NOON_HOUR and not said["h"].startswith("0")
            yield Value(Sort.TIME, str(at % DAY), found[0], *found.span(), is_open)


def _apart(one: float, other: float) -> float:
    """How far two minutes of the day are apart, past midnight where that is nearer."""
    return min((one - other) % DAY, (other - one) % DAY)


@cache
def _time_patterns(parts: tuple[str, ...]) -> Sequence[re.Pattern[str]]:
    latin = any_of(part for part in parts if part.isascii())
    other = any_of(part for part in parts if not part.isascii()) or "(?!)"
    hour, minute = r"(?P<h>\d{1,2})(?!\d)", r" ?[:.] ?(?P<min>\d\d)(?!\d)"
    clock = r" ?[时時点點](?!间)(?: ?(?P<min2>\d{1,2}) ?分|(?P<half>半)|整)?"
    patterns = (
        rf"(?P<p>{other}) ?{hour}(?:{minute}|{clock})?(?: ?மணி)?",
        rf"(?<![\d:.,]){hour}(?:{minute})? ?(?P<p>{latin})(?!{_LETTER})",
        r"(?<!\d)(?P<h>[01]\d|2[0-4])(?P<min>[0-5]\d) ?(?:hrs?|h|jam)\b",
        rf"(?<![\d:.,/]){hour}:(?P<min>\d\d)(?::\d\d)?(?!\d|:\d)(?: ?மணி)?",
        rf"(?<!\d){hour}{clock}",
    )
    return [re.compile(pattern, re.IGNORECASE) for pattern in patterns]


def _phones(text: str, forms: Forms) -> Iterator[Value]:
    for found in _PHONE.finditer(text):
        digits = "".join(each for each in found[0] if each.isdecimal())
        if len(digits) >= PHONE_DIGITS and not _YEARS.fullmatch(found[0]):
            yield Value(Sort.PHONE, digits.lstrip("0"), found[0], *found.span())


def _numbers(text: str, forms: Forms) -> Iterator[Value]:
    text = _KEYCAP.sub(_gone, _LISTED.sub(_gone, text))
    for found in _number_pattern(forms.group, forms.decimal, tuple(forms.factors)).finditer(text):
        digits, factor, name = found["n"], found["factor"], found["name"] or ""
        if digits.isdecimal() and len(digits) >= PHONE_DIGITS and not factor:
            yield Value(Sort.PHONE, digits.lstrip("0"), found[0], *found.span())
            continue
        plain = Decimal(digits.replace(forms.group, "").replace(forms.decimal, "."))
        number = plain * (forms.factors[factor.casefold()] if factor else 1)
        yield Value(Sort.NUMBER, f"{number.normalize():f}{name}", found[0], *found.span())


def _gone(found: re.Match[str]) -> str:
    return GONE * len(found[0])


@cache
def _number_pattern(group: str, decimal: str, factors: tuple[str, ...]) -> re.Pattern[str]:
    """Digits in groups of three, or of two and a last three (1,00,000), or in none."""
    g, d = re.escape(group), re.escape(decimal)
    grouped = rf"\d{{1,3}}(?:{g}\d{{3}})+(?!\d)|\d{{1,2}}(?:{g}\d{{2}})+{g}\d{{3}}(?!\d)"
    latin = any_of(each for each in factors if each.isascii())
    other = any_of(each for each in factors if not each.isascii()) or "(?!)"
    factor = rf" ?(?P<factor>(?:(?:{latin})(?!{_LETTER})|{other})(?![米克瓦卡]))"
    return re.compile(rf"(?P<n>(?:{grouped}|\d+)(?:{d}\d+)?)(?:{factor})?(?P<name>(?![KMCF])[A-Z](?![A-Za-z]))?")


def _joined(found: list[Value], plain: str) -> list[Value]:
    """The values, where the first of "3 to 5 p.m." or "29 and 30 November" has what is said at the second, or at the
    first for both.
    """
    for place in range(len(found) - 2, -1, -1):
        if _SPAN.fullmatch(gap := plain[found[place].end : found[place + 1].start]) or _BOTH.fullmatch(gap):
            found[place] = _like(found[place], found[place + 1], is_before=True)
    for place in range(1, len(found)):
        if _SPAN.fullmatch(plain[found[place - 1].end : found[place].start]):
            found[place] = _like(found[place], found[place - 1], is_before=False)
    return found


def _like(one: Value, other: Value, *, is_before: bool) -> Value:
    """A bare number, or a time that may be of either half of the day, read as the other end of the same span is."""
    is_bare = one.sort is Sort.NUMBER and one.key.isdecimal() and len(one.key) <= 2
    if other.sort is Sort.DATE and is_bare:
        year, month, day = other.key.split("-")
        is_in_order = day.isdecimal() and 1 <= int(one.key) <= DAYS and (int(one.key) < int(day)) is is_before
        return replace(one, sort=Sort.DATE, key=f"{year}-{month}-{int(one.key)}") if is_in_order else one
    is_hour = is_bare and 1 <= int(one.key) <= NOON_HOUR
    if other.sort is not Sort.TIME or other.is_open or not (is_hour or (one.sort is Sort.TIME and one.is_open)):
        return one
    at, fixed = int(one.key) * (HOUR if is_hour else 1) % NOON, int(other.key)
    ways = [at, at + NOON]
    at = min(ways, key=lambda each: ((fixed - each if is_before else each - fixed) - 1) % DAY)
    return replace(one, sort=Sort.TIME, key=str(at), is_open=False)
