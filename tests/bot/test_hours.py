"""Hours of the day and spans of days as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import hours
from locales import texts

TEN_TO_SEVEN = """22:00-7:00|22:00 - 07:00|2200-0700|22.00 to 7.00|10pm to 7am
10 PM - 7 AM|10p.m. to 7a.m.|from 10pm until 7am please|10 to 7|22 to 7
22h-7h|at 10 at night to 7 in the morning|晚上10点到早上7点|晚上十点到早上七点|22点至7点
22时到7时|２２：００－７：００|晚上十點到早上七點|10 malam hingga 7 pagi
pukul 10 malam sampai pukul 7 pagi|22:00 hingga 07:00
dari 10pm hingga 7am|இரவு 10 முதல் காலை 7 வரை
இரவு 10 மணி முதல் காலை 7 மணி வரை|௨௨:௦௦-௭:௦௦|இரவு ௧௦ முதல் காலை ௭ வரை"""


@pytest.mark.parametrize("text", TEN_TO_SEVEN.replace("\n", "|").split("|"))
def test_ten_at_night_to_seven_in_the_morning_is_typed_in_many_ways(text: str) -> None:
    assert hours.quiet_hours(text) == (22 * 60, 7 * 60)


@pytest.mark.parametrize("locale", texts.locales())
def test_hours_are_understood_as_we_write_them_ourselves(locale: str) -> None:
    start, end = texts.clock(22 * 60, locale), texts.clock(7 * 60, locale)
    for key in ("settings.quiet", "settings.quiet_ask"):
        assert hours.quiet_hours(texts.say(key, locale, start=start, end=end)) == (22 * 60, 7 * 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21:30-8:15", (21 * 60 + 30, 8 * 60 + 15)),
        ("晚上九点半到早上八点", (21 * 60 + 30, 8 * 60)),
        ("晚上十二点到早上六点", (0, 6 * 60)),
        ("12 malam hingga 6 pagi", (0, 6 * 60)),
        ("24:00-6:00", (0, 6 * 60)),
        ("7 to 7", (19 * 60, 7 * 60)),
        ("1pm to 3pm", (13 * 60, 15 * 60)),
        ("10:00-12:00", (10 * 60, 12 * 60)),
        ("மாலை 6 முதல் அதிகாலை 5 வரை", (18 * 60, 5 * 60)),
    ],
)
def test_other_hours_are_what_they_say(text: str, expected: tuple[int, int]) -> None:
    assert hours.quiet_hours(text) == expected


@pytest.mark.parametrize(
    "text", ["", "quiet", "22:00", "7:00 to 7:00", "25:00-7:00", "22:75-7:00", "1 2 3", "22000-7000", "晚上到早上"]
)
def test_what_are_no_two_hours_is_not_understood(text: str) -> None:
    assert hours.quiet_hours(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("7 days", 7),
        ("pause for a week", 7),
        ("1 month", 30),
        ("a day", 1),
        ("暂停7天", 7),
        ("暂停七天", 7),
        ("一个星期", 7),
        ("一个月", 30),
        ("三十天", 30),
        ("jeda sebulan", 30),
        ("seminggu", 7),
        ("1 hari", 1),
        ("ஒரு வாரம்", 7),
        ("௩௦ நாட்கள்", 30),
        ("3 days", 3),
        ("2 weeks", 14),
    ],
)
def test_a_span_of_days_is_typed_in_many_ways(text: str, expected: int) -> None:
    assert hours.days(text) == expected


@pytest.mark.parametrize("text", ["", "pause", "7 or 30 days", "a week or a month", "99999"])
def test_what_is_no_single_span_is_not_understood(text: str) -> None:
    assert hours.days(text) is None


@given(st.text(max_size=40))
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    found = hours.quiet_hours(text)
    assert found is None or (found[0] != found[1] and all(0 <= minute < hours.DAY for minute in found))
    assert hours.days(text) is None or isinstance(hours.days(text), int)
