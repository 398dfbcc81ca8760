"""An agency's figures as charts, PNG: growth with those who left, languages, topics, and whom announcements reached."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum

from insight.drawing import EDGE, GRID, INK, SMALL, TEXT, WIDTH, Fill, Sheet, fitting, sheet, width_of
from insight.figures import Day, Figures, Reached
from insight.in_words import share
from locales import texts

BARS = 8
ROW, THICK = 118, 44
TOP = 120


class Chart(StrEnum):
    """What a chart shows. Its caption is `stats.chart.<value>`."""

    GROWTH = "growth"
    LANGUAGES = "languages"
    TOPICS = "topics"
    REACH = "reach"


def of(chart: Chart, figures: Figures, locale: str) -> bytes | None:
    """The chart, numbers as the locale writes them; None where there is nothing to show."""
    return DRAWN[chart](figures, locale)


def growth(figures: Figures, locale: str) -> bytes | None:
    """How many people there were each day as a line; below it who came (upwards) and who left (downwards)."""
    days = figures.days
    if len(days) < 2:
        return None
    paper = sheet(900)
    _title(paper, f"n = {texts.number(figures.people, locale)}")
    lowest, highest = min(day.people for day in days), max(day.people for day in days)
    labels = [texts.number(number, locale) for number in (highest, lowest)]
    left = EDGE + 20.0 + max(width_of(label) for label in (*labels, *_flow_labels(days, locale)))
    across = _across(len(days), left)
    _curve(paper, days, across, left, labels)
    _flows(paper, days, across, left, locale)
    _dates(paper, days, across, figures.zone, locale)
    return paper.png()


def languages(figures: Figures, locale: str) -> bytes | None:
    """How many people read each language, by the language's code."""
    rows = sorted(figures.by_locale.items(), key=lambda each: (-each[1], each[0]))
    return _bars([(code(name), number) for name, number in rows], figures.people, locale)


def code(locale: str) -> str:
    """A language as it stands in a chart ("zh-Hans")."""
    return locale.replace("_", "-")


def topics(figures: Figures, locale: str) -> bytes | None:
    """How many people hold each topic, by its key."""
    return _bars([(topic.key, topic.people) for topic in figures.topics], figures.people, locale)


def reach(figures: Figures, locale: str) -> bytes | None:
    """Whom the last announcements reached and whom not, a bar each, and how many stopped after it."""
    past = [each for each in figures.past if each.people][:BARS]
    if not past:
        return None
    paper = sheet(TOP + ROW * len(past) + EDGE)
    _legend(paper)
    for place, each in enumerate(past):
        _outcome(paper, each, TOP + ROW * place, locale)
    return paper.png()


DRAWN: dict[Chart, Callable[[Figures, str], bytes | None]] = {
    Chart.GROWTH: growth,
    Chart.LANGUAGES: languages,
    Chart.TOPICS: topics,
    Chart.REACH: reach,
}


def _title(paper: Sheet, said: str) -> None:
    paper.text(EDGE, 56, said, size=TEXT)


def _bars(rows: Sequence[tuple[str, int]], people: int, locale: str) -> bytes | None:
    """A bar for each, its name above it and its number behind: as long as its share of the longest."""
    shown = [row for row in rows if row[1]][:BARS]
    if not shown or not people:
        return None
    paper = sheet(TOP + ROW * len(shown) + EDGE)
    _title(paper, f"n = {texts.number(people, locale)}")
    for place, (name, number) in enumerate(shown):
        top = TOP + ROW * place
        said = f"{texts.number(number, locale)}   {share(number, people, locale)}"
        paper.text(EDGE, top + 20, fitting(name, WIDTH - 3 * EDGE - width_of(said)), size=SMALL)
        paper.text(WIDTH - EDGE, top + 20, said, anchor="rm")
        paper.draw.rectangle((EDGE, top + 48, WIDTH - EDGE, top + 48 + THICK), fill="#eeeeee")
        length = (WIDTH - 2 * EDGE) * min(1.0, number / people)
        paper.surface((EDGE, top + 48, EDGE + length, top + 48 + THICK), Fill.GOOD)
    return paper.png()


LINE_TOP, LINE_BOTTOM = 120, 520
FLOW_TOP, FLOW_BOTTOM = 570, 810


def _across(number: int, left: float) -> list[float]:
    """Where each day stands."""
    room = WIDTH - EDGE - 20 - left
    return [left + 20 + room * (place + 0.5) / number for place in range(number)]


def _curve(paper: Sheet, days: Sequence[Day], across: Sequence[float], left: float, labels: Sequence[str]) -> None:
    lowest, highest = min(day.people for day in days), max(day.people for day in days)
    spread = max(1, highest - lowest)
    for level, label in zip((LINE_TOP, LINE_BOTTOM), labels, strict=True):
        paper.line([(left, level), (WIDTH - EDGE, level)])
        if level == LINE_TOP or highest > lowest:
            paper.text(left - 14, level, label, anchor="rm")
    heights = [LINE_BOTTOM - (day.people - lowest) / spread * (LINE_BOTTOM - LINE_TOP) for day in days]
    if highest == lowest:
        heights = [float(LINE_TOP)] * len(days)
    points = list(zip(across, heights, strict=True))
    paper.line(points, fill="#0072b2", width=7)
    for x, y in points:
        paper.draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=INK)


def _flow_labels(days: Sequence[Day], locale: str) -> tuple[str, str]:
    came, went = (max(getattr(day, name) for day in days) for name in ("joined", "left"))
    return f"+{texts.number(came, locale)}", f"-{texts.number(went, locale)}"


def _flows(paper: Sheet, days: Sequence[Day], across: Sequence[float], left: float, locale: str) -> None:
    came, went = (max(getattr(day, name) for day in days) for name in ("joined", "left"))
    room = FLOW_BOTTOM - FLOW_TOP
    middle = FLOW_TOP + room * (came / (came + went) if came + went else 0.5)
    unit = room / max(1, came + went)
    half = max(4.0, min(24.0, (across[-1] - across[0]) / max(1, len(days) - 1) * 0.38))
    for x, day in zip(across, days, strict=True):
        if day.joined:
            paper.surface((x - half, middle - unit * day.joined, x + half, middle), Fill.NEW)
        if day.left:
            paper.surface((x - half, middle, x + half, middle + unit * day.left), Fill.BAD)
    paper.line([(left, middle), (WIDTH - EDGE, middle)], fill=INK, width=3)
    up, down = _flow_labels(days, locale)
    if came:
        paper.text(left - 14, middle - unit * came + 10, up, anchor="rm")
    if went:
        paper.text(left - 14, middle + unit * went - 10, down, anchor="rm")


def _dates(paper: Sheet, days: Sequence[Day], across: Sequence[float], zone: str, locale: str) -> None:
    """The first, the last, and as many between as have room."""
    last = float(-WIDTH)
    for place in (0, len(days) - 1, *range(7, len(days) - 1, 7)):
        said = texts.day_and_month(date.fromisoformat(days[place].day), zone, locale)
        x = across[place]
        if place in (0, len(days) - 1) or all(abs(x - across[end]) > 140 for end in (0, -1)):
            x = min(x, WIDTH - EDGE - width_of(said) / 2)
            if abs(x - last) > 110:
                paper.text(x, 856, said, anchor="mm")
                last = x


def _legend(paper: Sheet) -> None:
    """A patch and the mark of each meaning; the caption says what they mean."""
    for place, kind in enumerate((Fill.GOOD, Fill.BAD, Fill.LEFT_OUT, Fill.UNSURE)):
        x = EDGE + place * 230
        paper.surface((x, 36, x + 90, 80), kind)
        paper.mark(x + 130, 58, kind)


def _outcome(paper: Sheet, each: Reached, top: float, locale: str) -> None:
    said = share(each.reached, each.people, locale)
    if each.stopped:
        said += f"   -{texts.number(each.stopped, locale)}"
    paper.text(EDGE, top + 20, f"{each.launched.code}   n = {texts.number(each.people, locale)}")
    paper.text(WIDTH - EDGE, top + 20, said, anchor="rm")
    paper.draw.rectangle((EDGE, top + 48, WIDTH - EDGE, top + 48 + THICK), outline=GRID, width=3)
    x, room = float(EDGE), WIDTH - 2 * EDGE
    parts = (
        (Fill.GOOD, each.reached),
        (Fill.BAD, each.failed),
        (Fill.LEFT_OUT, each.withheld),
        (Fill.UNSURE, each.in_doubt),
    )
    whole = max(each.people, sum(number for _, number in parts))
    for kind, number in parts:
        if number:
            length = room * number / whole
            paper.surface((x, top + 48, x + length, top + 48 + THICK), kind)
            if length > 60:
                paper.mark(x + length / 2, top + 48 + THICK / 2, kind, size=10)
            x += length
