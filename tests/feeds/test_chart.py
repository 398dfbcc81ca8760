"""The chart is a small picture that can be read without colours, whatever the values."""

import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from feeds import chart
from tests.feeds.chart_lines import lines


def test_it_is_a_small_png_that_shows_each_line_in_its_own_colour_and_form() -> None:
    drawn = chart.drawn(lines([1, 2, 3, 2], [2, 2, 2, 4], [0.5, 0.7, 1, 1.5]))
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    assert image.size == (chart.WIDTH, chart.HEIGHT)
    assert len(drawn) < 60_000
    data = image.tobytes()
    seen = {*zip(data[::3], data[1::3], data[2::3], strict=True)}
    for wanted in chart.COLOURS:
        red, green, blue = (int(wanted[place : place + 2], 16) for place in (1, 3, 5))
        assert any(abs(r - red) + abs(g - green) + abs(b - blue) < 40 for r, g, b in seen), wanted


def test_two_lines_of_the_same_shape_are_told_apart_without_colour() -> None:
    """Around the last value of each there is more of a square than of a dot, and least of a triangle."""
    inks = []
    for number in range(3):
        rows: list[list[float]] = [[1, 2], [1, 2], [1, 2]]
        rows[number] = [6, 6]  # alone at the top, a third of the picture above the others
        image = Image.open(io.BytesIO(chart.drawn(lines(*rows)))).convert("L")
        left, top = chart.LEFT + 40, chart.TOP
        box = image.crop((left - 16, top - 16, left - 2, top + 60))
        inks.append(box.point(lambda value: 255 if value > 215 else 0).tobytes())
    assert len(set(inks)) == 3
    assert len(set(chart.MARKS)) == len(chart.COLOURS)


@pytest.mark.parametrize(
    "values",
    [[0, 0], [5, 5], [-3, -3], [-1, 1], [1e-6, 2e-6], [1e15, -1e15], [999999999999999, 999999999999999], [20, 21]],
)
def test_no_value_breaks_it(values: list[float]) -> None:
    assert chart.drawn(lines(list(values))).startswith(b"\x89PNG")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.decimals(-(10**15), 10**15, places=2), min_size=2, max_size=31))
def test_nor_do_many(values: list[Decimal]) -> None:
    assert chart.drawn(lines(list(values))).startswith(b"\x89PNG")
