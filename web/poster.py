"""The sheet to print: A4, the agency's name, a sentence in each language, and every app's code on one poster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from locales import texts
from staff.models import Agency
from subscribers.models import Topic
from web import codes, typesetting
from web.codes import Drawing
from web.rendering import direction, render, tag
from web.ways import Way

WIDTH, HEIGHT, MARGIN = 2100, 2970, 150  # tenths of a millimetre
INNER = WIDTH - 2 * MARGIN
LEADING = 1.35
HEAD, SUBHEAD = 120, 62
SENTENCES = {1: 104, 2: 80, 3: 66}  # how large, by how many languages there are
SMALLEST_SENTENCE = 58
SMALL = 46
GAP = 120
CAPTION = 200  # the app and the handle below a code
LARGEST_CODE, SMALLEST_CODE = 900, 350


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `y` is its base line."""

    text: str
    x: int
    y: int
    size: int
    locale: str
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Placed:
    """A code on the sheet, and the way it opens."""

    way: Way
    drawing: Drawing
    x: int
    y: int
    size: int

    @property
    def middle(self) -> int:
        """Where what is written below it is centred."""
        return self.x + self.size // 2


def drawn(agency: Agency, ways: Sequence[Way], *, locales: Sequence[str], topic: Topic | None = None) -> str:
    """The poster as SVG, in these languages, the first one largest. `ways` are those that are open, three at most."""
    head = _head(agency, locales)
    band = head[-1].y + 130
    said = _set(_sentences(agency, locales, topic), band + GAP, SENTENCES.get(len(locales), SMALLEST_SENTENCE), "bold")
    below = _at_the_foot(locales)
    placed = list(_placed(ways, top=said[-1].y + 50, end=below[0].y - SMALL - CAPTION - 60))
    return render(
        "poster.svg",
        locales[0],
        width=WIDTH,
        height=HEIGHT,
        band=band,
        lines=[*head, *said, *below],
        placed=placed,
        title=agency.name_in(locales[0]),
        tag_of=tag,
        direction_of=direction,
    )


def _head(agency: Agency, locales: Sequence[str]) -> list[Line]:
    """The name in the first language, and below it as the others know it."""
    first, *others = dict.fromkeys(agency.name_in(each) for each in locales)
    head = _set([(locales[0], first)], 100, HEAD, "name")
    if others:
        head += _set([(locales[0], " · ".join(others))], head[-1].y + 50, SUBHEAD, "subname")
    return head


def _sentences(agency: Agency, locales: Sequence[str], topic: Topic | None) -> list[tuple[str, str]]:
    if topic is None:
        return [(each, texts.say("poster.sentence", each, agency=agency.name_in(each))) for each in locales]
    return [
        (each, texts.say("poster.topic", each, agency=agency.name_in(each), topic=topic.name_in(each)))
        for each in locales
    ]


def _set(said: Sequence[tuple[str, str]], top: int, size: int, style: str, *, gap: float = 0.45) -> list[Line]:
    """Paragraphs below `top`, centred, each in its language."""
    found, y = list[Line](), float(top)
    for locale, text in said:
        for line in typesetting.lines(text, INNER / size):
            y += size * LEADING
            found.append(Line(line, WIDTH // 2, round(y - size * 0.3), size, locale, style))
        y += size * gap
    return found


def _at_the_foot(locales: Sequence[str]) -> list[Line]:
    """How to scan and how to stop, in each language, ending at the lower margin."""
    found = _set([(each, texts.say("poster.scan", each)) for each in locales], 0, SMALL, "plain", gap=0.1)
    found += _set(
        [(each, texts.say("poster.stop", each)) for each in locales], found[-1].y + 50, SMALL, "bold", gap=0.1
    )
    down = HEIGHT - MARGIN - found[-1].y
    return [replace(line, y=line.y + down) for line in found]


def _placed(ways: Sequence[Way], *, top: int, end: int) -> Iterator[Placed]:
    """The codes side by side, as large as there is room, in the middle between what stands above and below."""
    room = min((INNER - (len(ways) - 1) * GAP) // len(ways), max(end - top, SMALLEST_CODE), LARGEST_CODE)
    x = (WIDTH - len(ways) * room - (len(ways) - 1) * GAP) // 2
    y = max(top, (top + end - room) // 2)
    for way in ways:
        assert way.link is not None, "only open ways are drawn"
        yield Placed(way, codes.drawing(way.link), x, y, room)
        x += room + GAP
