"""The time-to-reach curve as a picture."""

import io

import pytest
from PIL import Image

from broadcast import picture
from delivery import curve

BLUE = (0, 114, 178)
INSIDE = range(picture.TOP, picture.HEIGHT - picture.BOTTOM + 1)


def counts(*spans: float) -> dict[int, int]:
    return dict(curve.counted(spans))


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def height(image: Image.Image, share: float) -> int:
    """How high the line is at this share of the width, in pixels from below."""
    x = int(picture.LEFT + share * (picture.WIDTH - picture.LEFT - picture.RIGHT))
    rows = [y for y in INSIDE if is_blue(image, x, y)]
    assert rows, f"no line at {x}"
    return picture.HEIGHT - min(rows)


def is_blue(image: Image.Image, x: int, y: int) -> bool:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return sum(abs(int(a) - b) for a, b in zip(found, BLUE, strict=True)) < 60


def test_the_line_rises_from_the_launch_to_everybody_and_the_file_is_small() -> None:
    png = picture.drawn(counts(*[1.0] * 50, *[10.0] * 40, *[50.0] * 10), "B7K2")
    image = opened(png)
    assert image.size == (picture.WIDTH, picture.HEIGHT)
    assert len(png) < 40_000
    heights = [height(image, share) for share in (0.05, 0.2, 0.6, 0.88)]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0] + 300


def test_the_shares_are_those_of_the_curve() -> None:
    found = picture.shares(counts(1.0, 1.0, 60.0, 3600.0))
    assert [share for _, share in found] == [0.5, 0.75, 1.0]
    assert found[1][0] == pytest.approx(60, rel=curve.ERROR)


@pytest.mark.parametrize(("seconds", "said"), [(5, "5 s"), (60, "1 min"), (1_800, "30 min"), (7_200, "2 h")])
def test_the_axis_is_in_units_that_need_no_translation(seconds: int, said: str) -> None:
    assert picture.label(seconds) == said


@pytest.mark.parametrize("span", [0.001, 3.0, 5_000.0, 40 * 86_400.0])
def test_any_span_is_drawn(span: float) -> None:
    assert opened(picture.drawn(counts(span, span * 2), "B7K2")).size[0] == picture.WIDTH
