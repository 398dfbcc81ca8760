"""Hours of the day and spans of days as people type them, in every language at once. Pure.

"22:00-7:00", "10pm to 7am", "2200-0700", 晚上十点到早上七点, "10 malam hingga 7 pagi", இரவு 10 முதல் காலை 7 வரை.
Digits of any script.
"""

import re
import unicodedata

HOUR, DAY = 60, 24 * 60  # minutes
HAN_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
HAN_NUMBER = re.compile("[一二两三四五六七八九十]{1,3}(?=\\s*(?:点|时|天|日|个|周|星期))")
MORNING, EVENING, NIGHT = "morning", "evening", "night"
BEFORE = {  # Chinese and Tamil say the part of the day first
    "早上": MORNING,
    "清晨": MORNING,
    "凌晨": MORNING,
    "上午": MORNING,
    "早": MORNING,
    "下午": EVENING,
    "傍晚": EVENING,
    "晚上": NIGHT,
    "夜里": NIGHT,
    "夜晚": NIGHT,
    "晚": NIGHT,
    "அதிகாலை": MORNING,
    "காலை": MORNING,
    "மதியம்": EVENING,
    "மாலை": EVENING,
    "இரவு": NIGHT,
}
AFTER = {  # English and Malay say it after the hour
    "a.m.": MORNING,
    "p.m.": EVENING,
    "am": MORNING,
    "pm": EVENING,
    "in the morning": MORNING,
    "in the evening": EVENING,
    "at night": NIGHT,
    "pagi": MORNING,
    "pg": MORNING,  # as the locale writes it
    "ptg": EVENING,
    "petang": EVENING,
    "malam": NIGHT,
}
TIME = re.compile(
    rf"(?P<before>{'|'.join(BEFORE)})?\s*"
    r"(?<!\d)(?:(?P<four>\d{4})(?!\d)|(?P<hour>\d{1,2})(?!\d)(?:(?P<mark>\s*点|\s*时|[:.h])\s*(?P<minute>\d{2}(?!\d))?)?(?P<half>半)?)"
    rf"\s*(?P<after>{'|'.join(re.escape(word) for word in AFTER)})?"
)
ALONE = re.compile(r"(?<![a-z\d])\d+(?![a-z\d])")  # no part of an announcement's code
UNITS = {
    30: re.compile(r"months?\b|个月|月|\bsebulan\b|\bbulan\b|மாத"),
    7: re.compile(r"weeks?\b|周|星期|礼拜|\bseminggu\b|\bminggu\b|வார"),
    1: re.compile(r"days?\b|天|日|\bsehari\b|\bhari\b|நாள்|நாட்கள்"),
}


def quiet_hours(text: str) -> tuple[int, int] | None:
    """From when to when, in minutes of the day; None where there are not just two hours that differ.

    Of two plain numbers up to 12 ("10 to 7") the first is in the evening: nobody is quiet from ten to seven by day.
    """
    found = list(TIME.finditer(folded(text)))
    if len(found) != 2:
        return None
    start, end = (_minutes(each) for each in found)
    if start is None or end is None:
        return None
    if all(_is_plain(each) for each in found) and 6 * HOUR <= start < 12 * HOUR and end <= 12 * HOUR:
        start += 12 * HOUR
    return (start, end) if start != end else None


def days(text: str) -> int | None:
    """How many days: "7", "7 days", "a week", 一个月, "sebulan"; None where no single span is named."""
    said = folded(text)
    numbers = ALONE.findall(said)
    units = [length for length, unit in UNITS.items() if unit.search(said)]
    if len(numbers) > 1 or len(units) > 1 or not (numbers or units) or any(len(number) > 4 for number in numbers):
        return None
    return (int(numbers[0]) if numbers else 1) * (units[0] if units else 1)


def exact(text: str) -> tuple[int | None, str]:
    """The one hour that is named beyond doubt, as a minute of the day, and what else stands there; else None.

    A plain "8" is none, it may be the evening's; nor is "24:00", which may be the night before or after.
    """
    found = list(TIME.finditer(folded(text)))
    if len(found) != 1 or _is_plain(found[0]) or (found[0]["hour"] or found[0]["four"])[:2] == "24":
        return None, text
    [only] = found
    return _minutes(only), f"{only.string[: only.start()]} {only.string[only.end() :]}"


def folded(text: str) -> str:
    """Lower case, digits as 0 to 9, Chinese numbers before a unit as digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)
    return HAN_NUMBER.sub(lambda number: str(han(number[0])), plain.replace("點", "点").replace("時", "时"))


def han(number: str) -> int:
    """十 is 10, 十一 11, 二十三 23."""
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return HAN_DIGITS[number[0]]
    return 10 * HAN_DIGITS.get(tens, 1) + HAN_DIGITS.get(ones, 0)


def _minutes(time: re.Match[str]) -> int | None:
    """The minute of the day; None for an hour that no day has."""
    hour, minute = (int(time["four"][:2]), int(time["four"][2:])) if time["four"] else _of_parts(time)
    part = BEFORE.get(time["before"] or "") or AFTER.get(time["after"] or "")
    if hour > 24 or minute > 59 or (part is not None and not 0 < hour <= 24):
        return None
    return (_in_part(hour, part) * HOUR + minute) % DAY


def _of_parts(time: re.Match[str]) -> tuple[int, int]:
    return int(time["hour"]), 30 if time["half"] else int(time["minute"] or 0)


def _in_part(hour: int, part: str | None) -> int:
    """The hour of the day in a part of it: twelve at night is midnight, two at night is two."""
    if hour > 12 or part is None:
        return hour
    match part:
        case "morning":
            return hour % 12
        case "evening":
            return hour % 12 + 12
        case _:
            return hour + 12 if 6 <= hour < 12 else hour % 12


def _is_plain(time: re.Match[str]) -> bool:
    return not (time["four"] or time["mark"] or time["half"] or time["before"] or time["after"])
