"""A small chart as a picture, the same in every language: it says nothing in words but numbers and days of the month.

Up to three lines in colours of Okabe and Ito, told apart whatever colours one sees, each with a mark of its own shape;
the words beside the picture name the marks. Drawn for a phone: few lines, large figures.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

WIDTH, HEIGHT = 1000, 640
LEFT, RIGHT, TOP, BOTTOM = 150, 190, 60, 90
SMALL, LARGE = 34, 42
INK, GRID, PAPER = "#1a1a1a", "#d4d4d4", "#ffffff"
MARKS = ("●", "▲", "■")
COLOURS = ("#0072b2", "#d55e00", "#009e73")
RADIUS = 13
LEAST = 2  # values of a line, below which there is no chart
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
GRID_LINES = 4
DAYS_APART = 70  # pixels between two figures below the axis

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one field with what stands below each, the oldest first; at least two."""

    name: str
    points: Sequence[tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From where to where the axis goes, and its step."""

    low: Decimal
    high: Decimal
    step: Decimal

    def up(self, value: Decimal) -> float:
        """How far up the picture a value stands."""
        share = float((value - self.low) / (self.high - self.low))
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def drawn(lines: Sequence[Line]) -> bytes:
    """The picture of up to three lines of equal length, PNG."""
    from PIL import Image, ImageDraw  # here: whoever draws nothing holds no drawing library

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    sheet = ImageDraw.Draw(image)
    scale = _scale([value for line in lines for _, value in line.points])
    _grid(sheet, scale)
    days = max((line.points for line in lines), key=len)
    _days(sheet, [day for day, _ in days])
    for number, line in enumerate(lines):
        _line(sheet, scale, number, [value for _, value in line.points])
    _last(sheet, scale, lines)
    written = io.BytesIO()
    image.quantize(32).save(written, "PNG", optimize=True)
    return written.getvalue()


def _scale(values: Sequence[Decimal]) -> _Scale:
    """Round numbers around all values, from zero where that costs less than half of the room."""
    low, high = min(values), max(values)
    if 0 <= low <= high - low or low == high > 0:
        low = Decimal(0)
    elif high <= 0 and low == high:
        high = Decimal(0)
    span = (high - low) or Decimal(1)
    size = Decimal(10) ** math.floor(math.log10(span / GRID_LINES))
    step = next(size * each for each in STEPS if size * each * GRID_LINES >= span)
    first = (low / step).to_integral_value("ROUND_FLOOR") * step
    last = (high / step).to_integral_value("ROUND_CEILING") * step
    return _Scale(first, last if last > first else first + step, step)


def _grid(sheet: "ImageDraw", scale: _Scale) -> None:
    value = scale.low
    while value <= scale.high:
        y = scale.up(value)
        sheet.line([(LEFT, y), (WIDTH - RIGHT, y)], fill=GRID, width=2)
        sheet.text((LEFT - 16, y), f"{value:f}", fill=INK, font=_font(SMALL), anchor="rm")
        value += scale.step


def _days(sheet: "ImageDraw", days: Sequence[str]) -> None:
    last = WIDTH + 2.0 * DAYS_APART
    for number in reversed(range(len(days))):  # the newest is always named
        x = _across(number, len(days))
        if last - x >= DAYS_APART:
            sheet.text((x, HEIGHT - BOTTOM + 22), days[number], fill=INK, font=_font(SMALL), anchor="mt")
            last = x


def _line(sheet: "ImageDraw", scale: _Scale, number: int, values: Sequence[Decimal]) -> None:
    points = [(_across(at, len(values)), scale.up(value)) for at, value in enumerate(values)]
    sheet.line(points, fill=COLOURS[number], width=7, joint="curve")
    for x, y in points:
        _mark(sheet, number, x, y)


def _last(sheet: "ImageDraw", scale: _Scale, lines: Sequence[Line]) -> None:
    """The newest value of each line to the right of its end, none upon another."""
    above = 0.0
    for value in sorted((line.points[-1][1] for line in lines), reverse=True):
        y = max(scale.up(value), above + LARGE)
        sheet.text((WIDTH - RIGHT - 8, y), f"{value:f}", fill=INK, font=_font(LARGE), anchor="lm")
        above = y


def _mark(sheet: "ImageDraw", number: int, x: float, y: float) -> None:
    """A dot, a triangle or a square: told apart without any colour."""
    fill, r = COLOURS[number], RADIUS
    match number:
        case 0:
            sheet.ellipse([(x - r, y - r), (x + r, y + r)], fill=fill, outline=PAPER, width=3)
        case 1:
            sheet.polygon([(x, y - r - 3), (x + r + 2, y + r), (x - r - 2, y + r)], fill=fill, outline=PAPER)
        case _:
            sheet.rectangle([(x - r, y - r), (x + r, y + r)], fill=fill, outline=PAPER, width=3)


def _across(number: int, count: int) -> float:
    share = number / (count - 1)
    return LEFT + 40 + share * (WIDTH - LEFT - RIGHT - 80)


def _font(size: int) -> "Font":
    from PIL.ImageFont import load_default

    return load_default(size)
