"""Each language writes a feed's values in its own way, and nothing of a feed is ever a template."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import showing
from feeds.specs import Field, Type
from tests.feeds import rivers

LEVEL = rivers.spec().fields["level"]
TREND = rivers.spec().fields["trend"]


@pytest.mark.parametrize(
    ("locale", "shown"), [("en", "1,234.50 m"), ("ms", "1,234.50 m"), ("zh_Hans", "1,234.50米"), ("ta", "1,234.50 மீ.")]
)
def test_a_number_with_its_unit(locale: str, shown: str) -> None:
    assert showing.shown(LEVEL, Decimal("1234.5"), locale, rivers.ZONE) == shown


def test_percent_dates_times_and_words() -> None:
    percent = Field("p", "p", Type.PERCENT, decimals=0)
    assert showing.shown(percent, Decimal(40), "en", rivers.ZONE) == "40%"
    assert showing.shown(Field("d", "d", Type.DATE), date(2026, 11, 24), "zh_Hans", rivers.ZONE) == "2026年11月24日"
    at = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)
    assert "8:05" in showing.shown(Field("i", "i", Type.INSTANT), at, "en", rivers.ZONE)
    assert showing.shown(TREND, "up", "ms", rivers.ZONE) == "naik"
    assert showing.shown(TREND, "up", "fr", rivers.ZONE) == "rising"


def test_what_is_filled_in_is_never_filled_again() -> None:
    assert showing.filled("{a} {b}", {"a": "{b}", "b": "{a}"}) == "{b} {a}"


@given(st.text(max_size=40), st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=10)))
def test_no_text_breaks_filling(text: str, values: dict[str, str]) -> None:
    assert showing.blanks(text) or showing.filled(text, values) == text
