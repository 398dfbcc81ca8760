"""(key, locale, values) -> text. The only way in which words reach people.

A key that a locale lacks is said in English, with one line in the log; a key that nobody knows raises MissingText.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

from locales import cldr
from locales.catalogs import SOURCE, Catalog, Shelf
from locales.direction import is_right_to_left, isolated, led

log = structlog.get_logger(__name__)

# What platforms and people write for a language, where it is not the locale itself or its first part.
ALIASES = {"zh": "zh_Hans", "cmn": "zh_Hans", "chi": "zh_Hans", "zho": "zh_Hans", "msa": "ms", "may": "ms", "tam": "ta"}
TRADITIONAL = {"hant", "tw", "hk", "mo"}
NARROW_SPACE = "\u202f"  # CLDR puts it before AM and PM; some phones show a box

_shelf = Shelf(Path(__file__).parent)
_reported: set[tuple[str, str]] = set()


class MissingText(KeyError):
    """No catalog knows this key: a mistake of ours, so the turn fails loudly instead of showing a key to people."""


def say(key: str, locale: str, **values: object) -> str:
    """The text of a key with its named placeholders filled; whole numbers are written as the locale writes them."""
    catalog = _speaker(key, locale)
    return _fill(catalog.forms[key][0], locale, values, spoken=catalog.locale)


def say_many(key: str, n: int, locale: str, **values: object) -> str:
    """The plural form that `n` takes in this locale, with {n} written as the locale writes numbers."""
    catalog = _speaker(key, locale)
    forms = catalog.forms[key]
    form = forms[min(catalog.form_of(n), len(forms) - 1)]
    return _fill(form, locale, {"n": n, **values}, spoken=catalog.locale)


def has(key: str) -> bool:
    """Whether there is such a text at all."""
    return key in _shelf.catalogs()[SOURCE].forms


def preload() -> None:
    """Read every catalog and what CLDR knows of its language now, so that the first text does not wait for it."""
    for locale in locales():
        cldr.locale(locale)


def locales() -> tuple[str, ...]:
    """Every locale that has a catalog, English first."""
    return tuple(_shelf.catalogs())


def resolve(hint: str | None, enabled: Iterable[str]) -> str | None:
    """The enabled locale that a platform's hint means ("zh-hans", "zh_CN", "en-GB", "ms-MY"), or None.

    Traditional Chinese is Simplified where only that is enabled: closer than any other language.
    """
    by_name = {locale.casefold(): locale for locale in enabled}
    candidates = _candidates((hint or "").strip().casefold().replace("-", "_").split("_"))
    return next((by_name[name] for name in candidates if name in by_name), None)


def native_name(locale: str) -> str:
    """The language's name in its own script."""
    return say("language.name", locale)


def number(n: float, locale: str) -> str:
    """A number as the locale writes it."""
    return format_decimal(n, locale=cldr.locale(locale))


def instant(at: datetime, zone: str, locale: str) -> str:
    """A moment as people of this locale read it in a time zone: date and time without seconds."""
    local, reader = at.astimezone(ZoneInfo(zone)), regional(locale, zone)
    day, hour = format_date(local, "medium", reader), format_time(local, "short", locale=reader)
    written = str(reader.datetime_formats["medium"])
    return written.replace("{1}", day).replace("{0}", hour).replace("'", "").replace(NARROW_SPACE, " ")


def day(on: date, zone: str, locale: str) -> str:
    """A date as people of this locale read it where this time zone is."""
    return format_date(on, "medium", regional(locale, zone))


def channel(name: str, locale: str) -> str:
    """A channel as people know it."""
    key = f"channel.{name}"
    return say(key, locale) if has(key) else name.capitalize()


def weekday(number: int, locale: str) -> str:
    """A day of the week (0 is Monday) by its whole name."""
    return str(cldr.locale(locale).days["stand-alone"]["wide"][number])


def day_and_month(on: date, zone: str, locale: str) -> str:
    """A date of these weeks in digits alone, as short as can be ("24/11")."""
    return format_skeleton("Md", on, locale=regional(locale, zone))


@cache
def regional(locale: str, zone: str) -> Locale:
    """The language as it is written where a time zone is (CLDR): in Singapore English dates begin with the day."""
    territory = get_global("zone_territories").get(zone)
    try:
        return cldr.locale(f"{locale}_{territory}" if territory else locale)
    except UnknownLocaleError:
        return cldr.locale(locale)


def clock(minute: int, zone: str, locale: str) -> str:
    """A minute of the day as people of this locale, where this time zone is, read the clock."""
    at = time(*divmod(minute, 60))
    return format_time(at, "short", locale=regional(locale, zone)).replace(NARROW_SPACE, " ")


def moment(at: datetime, now: datetime, zone: str, locale: str) -> str:
    """A moment of the last days as people say it: the time where it was today, else weekday, day and time."""
    local, reader = at.astimezone(ZoneInfo(zone)), regional(locale, zone)
    said = format_time(local, "short", locale=reader)
    if local.date() != now.astimezone(ZoneInfo(zone)).date():
        written = str(reader.datetime_formats["medium"])
        on = format_skeleton("MMMEd", local, locale=reader)
        said = written.replace("{1}", on).replace("{0}", said).replace("'", "")
    return said.replace(NARROW_SPACE, " ")


def span(length: timedelta, locale: str) -> str:
    """A length of time in its largest sensible unit ("90 minutes", "3 hours")."""
    return format_timedelta(length, locale=cldr.locale(locale), threshold=1.6)


def listed(items: Sequence[str], locale: str) -> str:
    """Several things as one part of a sentence: "floods, dengue, and roads"."""
    return format_list(items, locale=cldr.locale(locale))


def _speaker(key: str, locale: str) -> Catalog:
    catalogs = _shelf.catalogs()
    wanted, source = catalogs.get(locale), catalogs[SOURCE]
    if wanted is not None and key in wanted.forms:
        return wanted
    if key not in source.forms:
        raise MissingText(key)
    if (key, locale) not in _reported:
        _reported.add((key, locale))
        log.warning("locales.text_missing", key=key, locale=locale)
    return source


def _fill(text: str, locale: str, values: Mapping[str, object], *, spoken: str) -> str:
    """`spoken` is the locale of the text itself, which is English where the reader's own is missing."""
    written = {name: _written(value, locale) for name, value in values.items()}
    if not is_right_to_left(spoken) or text in (f"{{{name}}}" for name in written):
        return text.format_map(written)
    return led(text.format_map({name: isolated(value) for name, value in written.items()}))


def _written(value: object, locale: str) -> str:
    return number(value, locale) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _candidates(parts: list[str]) -> Iterable[str]:
    language, rest = parts[0], parts[1:]
    yield "_".join(parts)
    if language in {"zh", "chi", "zho", "cmn"} and TRADITIONAL & set(rest):
        yield "zh_hant"
    if rest:
        yield f"{language}_{rest[0]}"
    yield ALIASES.get(language, language).casefold()
    yield language
