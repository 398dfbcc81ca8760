"""What a bulletin says: an introduction and the announcements since the last one, as much of them as fits. Pure.

When all of them do not fit whole, each is shortened to its beginning; when even that is too much, the last ones are
counted instead of shown. So there is always something to send.
"""

from collections.abc import Callable, Iterator, Sequence

from channels.contract import shorten

WHOLE: int | None = None
LENGTHS = (WHOLE, 400, 200, 100)  # characters of each announcement, the longest that fits is taken
BULLET = "• "


def composed(
    introduction: str, items: Sequence[str], *, more: Callable[[int], str], fits: Callable[[str], bool]
) -> str:
    """The text of a bulletin. `more` says in words how many are not shown; `fits` knows the platforms' limits."""
    candidates = _candidates(introduction, items, more)
    return next((text for text in candidates if fits(text)), joined(introduction, [], more(len(items))))


def joined(introduction: str, items: Sequence[str], rest: str = "") -> str:
    """The parts as one text."""
    bullets = [BULLET + item for item in items]
    return "\n\n".join(part for part in (introduction, *bullets, rest) if part)


def _candidates(introduction: str, items: Sequence[str], more: Callable[[int], str]) -> Iterator[str]:
    for length in LENGTHS:
        yield joined(introduction, [_begun(item, length) for item in items])
    briefly = [_begun(item, LENGTHS[-1]) for item in items]
    for shown in range(len(items) - 1, 0, -1):
        yield joined(introduction, briefly[:shown], more(len(items) - shown))


def _begun(item: str, length: int | None) -> str:
    return item if length is None else shorten(" ".join(item.split()), length)
