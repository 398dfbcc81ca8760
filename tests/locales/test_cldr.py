"""What is kept of CLDR is enough for everything people read, and what is not kept says so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel import UnknownLocaleError
from babel.core import get_global

from locales import cldr, texts

LOCALES = [*texts.locales(), "ar"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("zone", ["Asia/Singapore", "America/New_York", "UTC"])
def test_dates_times_numbers_lists_and_spans_can_be_written(locale: str, zone: str) -> None:
    at = datetime(2026, 11, 29, 4, 30, tzinfo=UTC)
    written = [
        texts.instant(at, zone, locale),
        texts.moment(at, at + timedelta(days=1), zone, locale),
        texts.day(date(2026, 11, 29), zone, locale),
        texts.clock(450, zone, locale),
        texts.number(1_234_567.8, locale),
        texts.listed(["a", "b", "c"], locale),
        *(texts.span(timedelta(**{unit: 5}), locale) for unit in ("seconds", "minutes", "hours", "days", "weeks")),
    ]
    assert all(written)
    assert len(set(written)) == len(written)


def test_spans_are_in_the_languages_own_words() -> None:
    assert [texts.span(timedelta(minutes=5), locale) for locale in ("en", "zh_Hans", "ta")] == [
        "5 minutes",
        "5分钟",
        "5 நிமிடங்கள்",
    ]


def test_what_is_left_out_cannot_be_read_as_empty() -> None:
    with pytest.raises(KeyError, match="territories"):
        cldr.locale("en_SG").territories.get("SG")
    with pytest.raises(KeyError, match="currency_names"):
        cldr.locale("ta").currencies.get("SGD")


@pytest.mark.parametrize(("name", "meant"), [("zh_SG", "zh_Hans_SG"), ("zh_TW", "zh_Hant_TW"), ("sr_BA", "sr_Cyrl_BA")])
def test_a_script_that_goes_without_saying_is_still_known(name: str, meant: str) -> None:
    cldr.locale("en")
    assert str(cldr.locale(name)) == meant


def test_what_nobody_here_says_of_the_world_is_not_kept() -> None:
    cldr.locale("en")
    assert not any(get_global(part) for part in cldr.WORLD_UNSAID)
    assert len(get_global("likely_subtags")) < 500


def test_languages_keep_their_names() -> None:
    assert cldr.locale("en").languages["ta"] == "Tamil"


def test_what_is_no_locale_is_refused() -> None:
    with pytest.raises((UnknownLocaleError, ValueError)):
        cldr.locale("not a locale")
