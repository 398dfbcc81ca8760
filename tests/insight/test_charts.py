"""Charts: readable on a phone, small, and told apart by more than colour."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from insight import charts, drawing, in_words
from insight.charts import Chart
from insight.drawing import Fill
from insight.figures import Day, Figures, Held, Reached
from insight.launched import Launched
from locales import texts
from staff.models import Agency
from tests.broadcast.places import LOCALES

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AGENCY = Agency(name="Flood Office", names={}, time_zone="Asia/Singapore", locales=LOCALES)


def figures(people: int, *, days: int = 30, by_locale: Mapping[str, int] | None = None) -> Figures:
    """Of an agency with so many people and topics, and as many announcements as are shown."""
    first = date(2026, 11, 1)
    rows = [Day((first + timedelta(days=n)).isoformat(), people * n // max(1, days), n * 3, n) for n in range(days)]
    past = [_reached(f"C{n}QX", people, n) for n in range(8)] if people else []
    names = {"en": "A topic with a name that is as long as names of topics ever are, and longer"}
    topics = [Held(f"topic-{n}", names, people // (n + 1)) for n in range(12)]
    by = by_locale or {**dict.fromkeys(LOCALES, people // 4), "en": people - 3 * (people // 4)}
    channels = {"telegram": people, "whatsapp": people}
    return Figures(NOW, "Asia/Singapore", people, people, people, by, channels, topics, rows, past)


def _reached(code: str, people: int, n: int) -> Reached:
    failed, withheld, doubt = people * n // 20, people // 50, people // 100
    reached = people - failed - withheld - doubt
    return Reached(Launched(n, code, NOW, people), reached, 0, failed, withheld, doubt, n or None)


def opened(png: bytes | None) -> Image.Image:
    """The picture of a file."""
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.mark.parametrize("people", [1, 40, 1_000_000])
@pytest.mark.parametrize("chart", Chart)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_chart_is_drawn_small_and_as_wide_as_the_curve(chart: Chart, people: int, locale: str) -> None:
    png = charts.of(chart, figures(people), locale)
    assert opened(png).width == drawing.WIDTH
    assert len(png or b"") < 60_000


@pytest.mark.parametrize("chart", Chart)
def test_of_nobody_nothing_is_drawn(chart: Chart) -> None:
    nobody = Figures(NOW, "Asia/Singapore", 0, 0, 0, {}, {}, [], [Day("2026-11-23", 0, 0, 0)], [])
    assert charts.of(chart, nobody, "en") is None


def test_the_line_rises_with_the_people_and_stands_still_with_them() -> None:
    rising, still = opened(charts.growth(figures(900), "en")), figures(900)
    flat = replace(still, days=[Day(day.day, 7, 0, 0) for day in still.days])
    assert _top(rising, 900) < _top(rising, 600) < _top(rising, 300)
    level = opened(charts.growth(flat, "en"))
    assert _top(level, 300) == pytest.approx(_top(level, 900), abs=8)  # a dot is higher than the line


def test_a_bar_is_as_long_as_its_share() -> None:
    image = opened(charts.languages(figures(1000, by_locale={"en": 750, "ta": 250}), "en"))
    lengths = [_blue(image, charts.TOP + charts.ROW * place + 70) for place in (0, 1)]
    assert lengths[0] == pytest.approx(3 * lengths[1], rel=0.02)


@pytest.mark.parametrize("kind", Fill)
def test_no_two_surfaces_differ_in_colour_alone(kind: Fill) -> None:
    seen = {each: _grey(each) for each in Fill}
    assert all(seen[kind] != found for each, found in seen.items() if each is not kind)
    marks = {each: _mark(each) for each in Fill}
    assert all(marks[kind] != found for each, found in marks.items() if each is not kind)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_letter_of_a_chart_is_one_that_can_be_drawn(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    write = drawing.Sheet.text

    def noted(paper: drawing.Sheet, x: float, y: float, said: str, **how: Any) -> None:
        drawn.append(said)
        write(paper, x, y, said, **how)

    monkeypatch.setattr(drawing.Sheet, "text", noted)
    for chart in Chart:
        charts.of(chart, figures(1_234_567), locale)
    letters, box = set("".join(drawn)) - {" "}, _letter("\ue000")
    assert {"+", "-", "%"} <= letters
    assert [each for each in sorted(letters) if _letter(each) == box] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_text_fits_into_one_message_of_every_app(locale: str) -> None:
    said = in_words.said(figures(123_456_789), AGENCY, locale)
    assert len(said.encode("utf-16-le")) // 2 < 1_250  # the weekly report adds some trouble to it
    assert texts.number(123_456_789, locale) in said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "–"), (0, 9, "0%"), (9, 9, "100%"), (1, 3, "33%"), (1, 1_000_000, "0.1%"), (999_999, 1_000_000, "99.9%")],
)
def test_a_share_never_says_all_or_nothing_where_it_is_not(part: int, whole: int, said: str) -> None:
    assert in_words.share(part, whole, "en") == said


def test_an_empty_agency_and_one_person_are_said_in_words() -> None:
    nobody = Figures(NOW, "Asia/Singapore", 0, 0, 0, {}, {}, [], [], [])
    assert "0 people are subscribed." in in_words.said(nobody, AGENCY, "en")
    one = Figures(NOW, "Asia/Singapore", 1, 1, 0, {"ta": 1}, {"telegram": 1}, [], [], [])
    text = in_words.said(one, AGENCY, "en")
    assert "1 person is subscribed." in text
    assert "தமிழ்: 1 (100%)" in text


def _letter(said: str) -> bytes:
    return bytes(drawing.font(36).getmask(said))


def _top(image: Image.Image, x: int) -> int:
    """How far down the line is at this place: the first dark or blue pixel between the two levels."""
    return next(y for y in range(charts.LINE_TOP - 10, charts.LINE_BOTTOM + 10) if _is_line(image.getpixel((x, y))))


def _is_line(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return int(pixel[0]) < 80


def _blue(image: Image.Image, y: int) -> int:
    row = [image.getpixel((x, y)) for x in range(drawing.WIDTH)]
    return sum(isinstance(pixel, tuple) and int(pixel[0]) < 60 and int(pixel[2]) > 120 for pixel in row)


def _grey(kind: Fill) -> bytes:
    """A surface of one brightness, so that only its pattern is left."""
    paper = drawing.sheet(80)
    paper.surface((0, 0, 80, 78), kind)
    shades = paper.image.crop((0, 0, 80, 78)).convert("L")
    return shades.point(lambda value: 255 if value > 127 else 0).tobytes() + bytes([len(set(shades.tobytes())) > 1])


def _mark(kind: Fill) -> bytes:
    paper = drawing.sheet(80)
    paper.mark(40, 40, kind)
    return paper.image.crop((0, 0, 80, 80)).tobytes()
