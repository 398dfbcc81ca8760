"""What a bulletin or a digest says: an introduction and the announcements, as much of them as fits. Pure.

When all of them do not fit whole, each is shortened to its beginning; when even that is too much, some are counted
instead of shown: of a bulletin the last ones, of a digest the oldest of each topic, so that no topic crowds out
another. So there is always something to send.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

WHOLE: int | None = None
LENGTHS = (WHOLE, 400, 200, 100)  # characters of each announcement, the longest that fits is taken
BULLET = "• "
SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]")
WORTH_A_WHOLE_SENTENCE = 0.5  # a sentence that ends in the first half of what there is room for says too little
ROOM_WITHOUT_BLANKS = 0.7  # Chinese has no blanks to stop at


@dataclass(frozen=True, slots=True)
class Item:
    """One announcement: what stands above its text (time, code, what became of it), and the text; "" for none."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A topic and what was announced on it, the oldest first."""

    title: str
    items: Sequence[Item]


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
    return item if length is None else begun(" ".join(item.split()), length)


def begun(text: str, length: int) -> str:
    """The text, or its beginning in at most `length` characters: to the end of a sentence, else of a word."""
    if len(text) <= length:
        return text
    ends = [found.end() for found in SENTENCE_END.finditer(text, 0, length) if found.end() <= length - 2]
    if ends and ends[-1] > WORTH_A_WHOLE_SENTENCE * length:
        return text[: ends[-1]] + " …"
    room = text[: length - 1]
    blank = room.rfind(" ")
    return (room[:blank] if blank > ROOM_WITHOUT_BLANKS * length else room).rstrip() + "…"


def grouped(
    introduction: str, sections: Sequence[Section], *, more: Callable[[int], str], fits: Callable[[str], bool]
) -> str:
    """The text of a digest: a heading for each topic, its announcements below. `more` and `fits` as in `composed`."""
    total = sum(len(section.items) for section in sections)
    candidates = _grouped(introduction, sections, total, more)
    return next((text for text in candidates if fits(text)), joined(introduction, [], more(total)))


def _grouped(introduction: str, sections: Sequence[Section], total: int, more: Callable[[int], str]) -> Iterator[str]:
    for length in LENGTHS:
        yield _laid_out(introduction, sections, length)
    for shown in range(max(len(section.items) for section in sections) - 1, 0, -1):
        newest = [Section(section.title, section.items[-shown:]) for section in sections]
        rest = total - sum(len(section.items) for section in newest)
        yield _laid_out(introduction, newest, LENGTHS[-1], more(rest))
    titles = "\n".join(BULLET + section.title for section in sections)
    yield "\n\n".join(part for part in (introduction, titles, more(total)) if part)


def _laid_out(introduction: str, sections: Sequence[Section], length: int | None, rest: str = "") -> str:
    blocks = ["\n\n".join([section.title, *(_shown(item, length) for item in section.items)]) for section in sections]
    return "\n\n".join(part for part in (introduction, *blocks, rest) if part)


def told(item: Item) -> str:
    """One announcement as one text."""
    return "\n".join(part for part in (item.label, item.text) if part)


def _shown(item: Item, length: int | None) -> str:
    return BULLET + told(Item(item.label, _begun(item.text, length)))
