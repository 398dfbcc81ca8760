"""The time-to-reach curve as a picture: how many people had it within what time, readable on a phone.

It says nothing in words but numbers, units and the code, so it is the same in every language. One dark line on white
with a filled dot at half, nine in ten and ninety-nine in a hundred: nothing is told by colour alone.
"""

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import curve
from delivery.models import CurvePoint
from delivery.states import Milestone

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

WIDTH, HEIGHT = 1000, 640
LEFT, RIGHT, TOP, BOTTOM = 110, 40, 90, 90
TEXT, SMALL = 40, 30
INK, GRID, LINE, PAPER = "#1a1a1a", "#d4d4d4", "#0072b2", "#ffffff"  # the blue of Okabe and Ito
LEAST = 2  # people, below which there is no curve
SPANS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400, 259_200, 604_800, 2_592_000)
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

Point = tuple[float, float]


def of(session: Session, broadcast_id: int, code: str) -> bytes | None:
    """A PNG of the curve of whom a broadcast was handed over to; None where there are too few for one."""
    query = select(CurvePoint.bucket, func.sum(CurvePoint.count)).where(  # the primary key
        CurvePoint.consignment_id == broadcast_id, CurvePoint.milestone == Milestone.HANDED_OVER
    )
    counts = {bucket: int(count) for bucket, count in session.execute(query.group_by(CurvePoint.bucket))}
    return drawn(counts, code) if sum(counts.values()) >= LEAST else None


def drawn(counts: Mapping[int, int], code: str) -> bytes:
    """The picture of these buckets, PNG."""
    from PIL import Image, ImageDraw  # here: whoever draws nothing holds no drawing library

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    sheet = ImageDraw.Draw(image)
    longest = _longest(counts)
    _frame(sheet, longest, code, sum(counts.values()))
    points = [_place(seconds, share, longest) for seconds, share in shares(counts)]
    sheet.line([_place(0, 0, longest), *_steps(points)], fill=LINE, width=7, joint="curve")
    _dots(sheet, counts, longest)
    written = io.BytesIO()
    image.quantize(16).save(written, "PNG", optimize=True)
    return written.getvalue()


def shares(counts: Mapping[int, int]) -> list[tuple[float, float]]:
    """How many seconds after the launch which share, 0 to 1, of all these had it."""
    people, passed, found = sum(counts.values()), 0, []
    for bucket, count in sorted(counts.items()):
        passed += count
        found.append((curve.value(bucket), passed / people))
    return found


def label(seconds: int) -> str:
    """A span as it stands below the axis, in units that need no translation."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    return f"{seconds // size} {unit}"


def _longest(counts: Mapping[int, int]) -> int:
    """Where the axis ends: the first round span that holds everybody."""
    last = curve.value(max(counts))
    return next((span for span in SPANS if span >= last), SPANS[-1])


def _place(seconds: float, share: float, longest: int) -> Point:
    """Time runs by its root: the first seconds, in which most happens, have room and the last minute has some."""
    across = math.sqrt(min(seconds, longest) / longest)
    return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _steps(points: list[Point]) -> list[Point]:
    """Nobody is reached between two buckets, so the line goes across before it goes up."""
    found: list[Point] = []
    for before, here in zip([points[0], *points], points, strict=False):
        found += [(here[0], before[1]), here]
    return found


def _frame(sheet: "ImageDraw", longest: int, code: str, people: int) -> None:
    for share in (0, 25, 50, 75, 100):
        x, y = _place(0, share / 100, longest)
        sheet.line([(x, y), (WIDTH - RIGHT, y)], fill=GRID, width=2)
        sheet.text((x - 14, y), f"{share}%", fill=INK, font=_font(SMALL), anchor="rm")
    last = WIDTH + 130.0
    for span in [span for span in reversed(SPANS) if span <= longest]:
        x, y = _place(span, 0, longest)
        if last - x < 130 or x - LEFT < 60:
            continue
        sheet.line([(x, y), (x, y + 10)], fill=INK, width=3)
        sheet.text((min(x, WIDTH - 60), y + 18), label(span), fill=INK, font=_font(SMALL), anchor="mt")
        last = x
    sheet.text((LEFT, 24), f"{code}   n = {people}", fill=INK, font=_font(TEXT), anchor="lt")


def _dots(sheet: "ImageDraw", counts: Mapping[int, int], longest: int) -> None:
    """The three figures that the summary says in words."""
    found = curve.percentiles(counts)
    if found is None:
        return
    for share, seconds in found.by_quantile.items():
        x, y = _place(seconds, share, longest)
        sheet.ellipse([(x - 13, y - 13), (x + 13, y + 13)], fill=INK, outline=PAPER, width=4)
        place = (min(x + 12, WIDTH - RIGHT - 60), y + 22)  # the line is above
        sheet.text(place, f"{share * 100:g}%", fill=INK, font=_font(SMALL), anchor="lt")


def _font(size: int) -> "Font":
    from PIL.ImageFont import load_default

    return load_default(size)
