"""Drawing with Pillow, for charts that are read on a phone: white paper, large letters, marks that differ in shape.

Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), told apart by whoever sees fewer of them; and nothing is
told by colour alone: each meaning has a pattern and a mark of its own. Pillow's own letters are Latin, so a chart says
numbers, codes and keys, and its caption says the rest in the reader's language.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

WIDTH = 1000
EDGE = 40
TEXT, SMALL = 44, 36
INK, GRID, PAPER = "#1a1a1a", "#d4d4d4", "#ffffff"
COLOURS = 32

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Fill(StrEnum):
    """What a surface means: a colour, a pattern, and the mark that stands for it."""

    GOOD = "good"  # blue, plain; a disc
    NEW = "new"  # green, level lines; a plus
    BAD = "bad"  # vermilion, slanted lines; a cross
    LEFT_OUT = "left_out"  # grey, dots; a bar
    UNSURE = "unsure"  # yellow, upright lines; a question mark


COLOUR = {
    Fill.GOOD: "#0072b2",
    Fill.NEW: "#009e73",
    Fill.BAD: "#d55e00",
    Fill.LEFT_OUT: "#b8b8b8",
    Fill.UNSURE: "#f0e442",
}


@dataclass(slots=True)
class Sheet:
    """A picture while it is drawn."""

    image: "Image"
    draw: "ImageDraw"

    @property
    def height(self) -> int:
        """In pixels, as WIDTH is."""
        return self.image.height

    def text(self, x: float, y: float, said: str, *, size: int = SMALL, anchor: str = "lm", fill: str = INK) -> None:
        """Letters at a place; the anchor is Pillow's (left, middle, right; top, middle, baseline)."""
        self.draw.text((x, y), said, fill=fill, font=font(size), anchor=anchor)

    def line(self, points: Sequence[tuple[float, float]], *, fill: str = GRID, width: int = 2) -> None:
        """A line through these."""
        self.draw.line(list(points), fill=fill, width=width, joint="curve")

    def surface(self, box: Box, kind: Fill) -> None:
        """A surface of one meaning; as narrow as it is, one can see that it is there."""
        left, top, right, bottom = (round(edge) for edge in box)
        right, bottom = max(right, left + 3), max(bottom, top + 3)
        self.draw.rectangle((left, top, right, bottom), fill=COLOUR[kind])
        self._pattern((left, top, right, bottom), kind)

    def mark(self, x: float, y: float, kind: Fill, *, size: float = 14) -> None:
        """The sign of a meaning, in ink."""
        left, top, right, bottom = x - size, y - size, x + size, y + size
        match kind:
            case Fill.GOOD:
                self.draw.ellipse((left, top, right, bottom), fill=INK)
            case Fill.NEW:
                self.line([(left, y), (right, y)], fill=INK, width=7)
                self.line([(x, top), (x, bottom)], fill=INK, width=7)
            case Fill.BAD:
                self.line([(left, top), (right, bottom)], fill=INK, width=7)
                self.line([(left, bottom), (right, top)], fill=INK, width=7)
            case Fill.LEFT_OUT:
                self.line([(left, y), (right, y)], fill=INK, width=9)
            case Fill.UNSURE:
                self.text(x, y, "?", size=round(size * 3), anchor="mm")

    def png(self) -> bytes:
        """The picture as a small file."""
        written = io.BytesIO()
        self.image.quantize(COLOURS).save(written, "PNG", optimize=True)
        return written.getvalue()

    def _pattern(self, box: tuple[int, int, int, int], kind: Fill) -> None:
        from PIL import Image, ImageDraw

        left, top, right, bottom = box
        patch = Image.new("RGB", (right - left + 1, bottom - top + 1), COLOUR[kind])
        inside, (width, height) = ImageDraw.Draw(patch), patch.size
        match kind:
            case Fill.BAD:
                for start in range(-height, width, 16):
                    inside.line([(start, height), (start + height, 0)], fill=PAPER, width=4)
            case Fill.NEW:
                for y in range(height - 10, 0, -14):
                    inside.line([(0, y), (width, y)], fill=PAPER, width=3)
            case Fill.LEFT_OUT:
                for x in range(8, width, 16):
                    for y in range(8, height, 16):
                        inside.ellipse((x - 3, y - 3, x + 3, y + 3), fill=INK)
            case Fill.UNSURE:
                for x in range(6, width, 14):
                    inside.line([(x, 0), (x, height)], fill=INK, width=3)
            case _:
                return
        self.image.paste(patch, (left, top))


def sheet(height: int) -> Sheet:
    """An empty one."""
    from PIL import Image, ImageDraw  # here: whoever draws nothing holds no drawing library

    image = Image.new("RGB", (WIDTH, height), PAPER)
    return Sheet(image, ImageDraw.Draw(image))


def font(size: int) -> "Font":
    """Pillow's own letters."""
    from PIL.ImageFont import load_default

    return load_default(size)


def width_of(said: str, size: int = SMALL) -> float:
    """How wide these letters are."""
    return float(font(size).getlength(said))


def fitting(said: str, room: float, size: int = SMALL) -> str:
    """As much of it as there is room for."""
    if width_of(said, size) <= room:
        return said
    while said and width_of(f"{said}..", size) > room:
        said = said[:-1]
    return f"{said}.."
