"""How a language writes months, hours and numbers: its words from CLDR, and what people write beside those. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.dates import parse_pattern

from locales import cldr, texts

HOUR, NOON, DAY = 60, 12 * 60, 24 * 60
MORNING, EVENING = NOON / 2 - 0.5, NOON * 1.5 - 0.5  # the middles of 0:00 to 11:59 and of 12:00 to 23:59
# What people write and CLDR has not: a part of the day, and the minute of the day in its middle.
PARTS: Mapping[str, Mapping[str, float]] = {
    "en": {"am": MORNING, "a.m.": MORNING, "pm": EVENING, "p.m.": EVENING},
    "zh": {"早晨": 7 * HOUR, "傍晚": 18 * HOUR, "夜间": 22 * HOUR, "夜晚": 21 * HOUR, "晚": 20 * HOUR, "半夜": 0},
    "ms": {"pagi": MORNING, "tengahari": 13 * HOUR, "tengah malam": 0},
    "ta": {"முற்பகல்": MORNING},
}
# The whole numbers that a text may say in words: one has to be in a text only where another has the digit.
WORDS: Mapping[str, str] = {
    "en": "one two three four five six seven eight nine ten eleven twelve",
    "zh": "一 二|两 三 四 五 六 七 八 九 十 十一 十二",
    "ms": "satu|se\\w+ dua tiga empat lima enam tujuh lapan sembilan sepuluh sebelas dua\\sbelas",
    "ta": "ஒன்று|ஒரு|ஓர் இரண்டு|இரு மூன்று நான்கு ஐந்து ஆறு ஏழு எட்டு ஒன்பது பத்து பதினொன்று பன்னிரண்டு",
}
TIMES: Mapping[str, Mapping[str, int]] = {
    "en": {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000},
    "zh": {"千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000},
    "ms": {"ribu": 1_000, "juta": 1_000_000, "bilion": 1_000_000_000},
    "ta": {"ஆயிரம்": 1_000, "இலட்சம்": 100_000, "லட்சம்": 100_000, "மில்லியன்": 1_000_000, "கோடி": 10_000_000},
}
MIDDAY = {"en": "noon|midday", "zh": "中午|正午", "ms": "tengah ?hari", "ta": "நண்பகல்|மதியம்"}
MIDNIGHT = {"en": "midnight", "zh": "午夜|半夜|零时", "ms": "tengah malam", "ta": "நள்ளிரவு"}
SPANS = r"-|–|—|~|〜|to|until|till|至|到|hingga|sampai|ke|முதல்"  # what stands between the ends of a span
BOTH = r"and|和|与|dan|மற்றும்"  # and between two that share a month or a part of the day


@dataclass(frozen=True, slots=True)
class Forms:
    """The words of one language: month -> number, part of the day -> minute in its middle, word -> factor."""

    months: Mapping[str, int]
    parts: Mapping[str, float]
    factors: Mapping[str, int]
    group: str
    decimal: str
    is_month_first: bool  # 11/29 for the 29th of November

    def part(self, name: str) -> float:
        """The minute in the middle of a part of the day, however it is written."""
        return self.parts[name.casefold()]


@cache
def of(locale: str, zone: str) -> Forms:
    """How a language writes where a time zone is; English words are understood in every language."""
    language, reader = locale.partition("_")[0], texts.regional(locale, zone)
    short = parse_pattern(reader.date_formats["short"].pattern).pattern
    return Forms(
        months=_months(cldr.locale("en")) | _months(cldr.locale(locale)) | _months(reader),
        parts={**PARTS["en"], **_parts(locale), **PARTS.get(language, {})},
        factors={**TIMES["en"], **TIMES.get(language, {})},
        group=reader.number_symbols["latn"]["group"].replace("\u202f", " ").replace("\xa0", " "),
        decimal=reader.number_symbols["latn"]["decimal"],
        is_month_first=short.find("M") < short.find("d"),
    )


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of these, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def has_word(locale: str, number: int) -> re.Pattern[str] | None:
    """What finds a small whole number said in words; None where we know none."""
    words = WORDS.get(locale.partition("_")[0], "").split()
    return re.compile(words[number - 1], re.IGNORECASE) if 1 <= number <= len(words) else None


@cache
def has_hour(locale: str, minute: int) -> re.Pattern[str] | None:
    """What finds noon or midnight said in a word."""
    known = {0: MIDNIGHT, NOON: MIDDAY}.get(minute, {}).get(locale.partition("_")[0])
    return re.compile(known, re.IGNORECASE) if known else None


def _months(known: Locale) -> dict[str, int]:
    return {
        name.rstrip("."): number
        for context in known.months.values()
        for width, names in context.items()
        if width != "narrow"
        for number, name in names.items()
        if not any(letter.isdecimal() for letter in name)
    }


def _parts(locale: str) -> dict[str, float]:
    """Names of the parts of the day; which hours each has is CLDR's too."""
    known = cldr.locale(locale)
    middles: dict[str, float] = {"am": MORNING, "pm": EVENING, "midnight": 0, "noon": NOON}
    for part, rules in known.day_period_rules.get(None, {}).items():
        for rule in (each for each in rules if "from" in each):
            first, last = rule["from"] / 60, rule["before"] / 60
            middles[part] = ((first + (last if last > first else last + DAY)) / 2) % DAY
    named = [
        (part, name.casefold())
        for context in known.day_periods.values()
        for width, names in context.items()
        if width != "narrow"
        for part, name in names.items()
        if part in middles
    ]
    halves = {name: middles[part] for part, name in named if part in ("am", "pm")}
    return {name: middles[part] for part, name in named} | halves  # a name of both is the half of the day
