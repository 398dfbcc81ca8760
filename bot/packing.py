"""Blocks of text in as few messages as they fit into; only a block that is longer than a message is cut. Pure."""

from collections.abc import Callable, Iterable, Iterator

BREAKS = ("\n\n", "\n", ". ", "。", " ")  # the best place to cut first
EARLIEST = 0.3  # of what fits: cutting before that leaves too short a message


def packed(blocks: Iterable[str], fits: Callable[[str], bool]) -> list[str]:
    """The messages, in order. `fits` knows how long one may be."""
    messages: list[str] = []
    for piece in (piece for block in blocks for piece in _pieces(block, fits)):
        together = f"{messages[-1]}\n\n{piece}" if messages else piece
        if messages and fits(together):
            messages[-1] = together
        else:
            messages.append(piece)
    return messages


def _pieces(block: str, fits: Callable[[str], bool]) -> Iterator[str]:
    rest = block.strip()
    while rest and not fits(rest):
        place = _cut(rest, _longest(rest, fits))
        yield rest[:place].rstrip()
        rest = rest[place:].lstrip()
    if rest:
        yield rest


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """How many characters of the beginning fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return low


def _cut(text: str, longest: int) -> int:
    for each in BREAKS:
        place = text.rfind(each, 0, longest)
        if place > EARLIEST * longest:
            return place + len(each.rstrip())
    return longest
