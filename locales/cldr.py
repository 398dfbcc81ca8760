"""What Unicode's CLDR knows of a language, through Babel, without the parts that nobody here says.

Babel keeps all of a language it has read, about a megabyte for each, in every process. Currencies, units, countries and
the names of time zones are most of it. See docs/adr/0015-what-a-process-holds.md.
"""

from collections.abc import Iterator
from functools import cache
from typing import Literal, cast, get_args

from babel import Locale
from babel.core import get_global
from babel.localedata import load

UNSAID = (
    "compact_currency_formats",
    "compact_decimal_formats",
    "compound_unit_patterns",
    "currency_names",
    "currency_names_plural",
    "currency_symbols",
    "interval_formats",
    "meta_zones",
    "scripts",
    "territories",
    "time_zones",
    "unit_display_names",
    "variants",
)
SPANS = "duration-"
UNITS = frozenset(  # in which feeds measure; nobody reads any other
    {"length-centimeter", "length-kilometer", "length-meter", "length-millimeter", "speed-kilometer-per-hour"}
    | {"speed-meter-per-second", "temperature-celsius", "volume-liter", "volume-cubic-meter", "power-megawatt"}
)


Unsaid = Literal[
    "all_currencies", "currency_fractions", "territory_currencies", "territory_languages", "windows_zone_mapping"
]
WORLD_UNSAID: tuple[Unsaid, ...] = get_args(Unsaid)
LETTERS = 2  # in the code of a language that somebody may have a catalog for: ISO 639-1


@cache
def locale(name: str) -> Locale:
    """A locale whose dates, times, numbers, UNITS, lists and spans can be written; what is left out raises KeyError.

    Raises babel.UnknownLocaleError or ValueError for what is no locale.
    """
    found = Locale.parse(name)
    for ancestor in _ancestors(str(found)):
        _leave_out(ancestor)
    _leave_out_of_the_world()
    return found


def _ancestors(name: str) -> Iterator[str]:
    """Those that CLDR lets it inherit from, the farthest first, and itself: Babel keeps each."""
    if name != "root":
        parent = get_global("parent_exceptions").get(name) or name.rpartition("_")[0] or "root"
        yield from _ancestors(parent)
    yield name


@cache
def _leave_out_of_the_world() -> None:
    """The same of what Babel knows of the world: two megabytes, half of them the scripts of 7,500 rare languages.

    It is empty afterwards; nothing that asks for it is called here.
    """
    for part in WORLD_UNSAID:
        _kept(part).clear()
    likely = _kept("likely_subtags")
    for name in [name for name in likely if len(name.partition("_")[0]) > LETTERS]:
        likely.pop(name, None)  # another thread may be at it


def _kept(part: Unsaid | Literal["likely_subtags"]) -> dict[str, object]:
    """The very dictionary that Babel keeps."""
    return cast("dict[str, object]", get_global(part))


def _leave_out(name: str) -> None:
    kept = load(name)  # the very dictionary that Babel keeps: its documentation says that `load` returns it again
    for part in UNSAID:
        kept.pop(part, None)
    units = kept.get("unit_patterns", {})
    for unit in [unit for unit in units if not unit.startswith(SPANS) and unit not in UNITS]:
        del units[unit]
