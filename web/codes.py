"""QR codes: as a path for a page or a poster, and as a picture file."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import segno

QUIET = 4  # empty modules around a code, as ISO/IEC 18004 demands
MODULE_PIXELS = 16
KEPT = 512


@dataclass(frozen=True, slots=True)
class Drawing:
    """A code as an SVG path in a square of `size` units, its quiet zone included."""

    size: int
    path: str


@lru_cache(KEPT)
def drawing(link: str) -> Drawing:
    """The code that opens a link; still read when a seventh of it is dirty or torn (level M)."""
    rows = _code(link).matrix
    path = "".join(
        f"M{QUIET + start} {QUIET + y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _dark_runs(row)
    )
    return Drawing(len(rows) + 2 * QUIET, path)


def write_picture(link: str, path: str) -> None:
    """Write the code as a PNG file, sharp enough for print."""
    _code(link).save(path, kind="png", scale=MODULE_PIXELS, border=QUIET)


def _code(link: str) -> segno.QRCode:
    return segno.make_qr(link, error="m", boost_error=False)


def _dark_runs(row: bytearray) -> list[tuple[int, int]]:
    found, at = [], 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            found.append((at, length))
        at += length
    return found
