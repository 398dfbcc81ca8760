"""An agency's figures as an officer reads them, in a chat and without a picture."""

from collections.abc import Iterator, Sequence

from insight.figures import Figures, Reached
from locales import texts
from staff.models import Agency

SHOWN = 6
PAST_SHOWN = 6
NAME_SHOWN = 30  # characters: the whole stays within one message of any app


def said(figures: Figures, agency: Agency, locale: str) -> str:
    """Everything, under a title."""
    at = texts.instant(figures.counted_at, agency.time_zone, locale)
    return "\n".join([texts.say("stats.title", locale, agency=agency.name_in(locale), at=at), *lines(figures, locale)])


def lines(figures: Figures, locale: str, *, week: str = "stats.week") -> list[str]:
    """Growth, languages, apps, topics and the last announcements, each under a line of its own.

    `week` is the text that says who came and went.
    """
    return [*growth(figures, locale, week), *_people(figures, locale), *past(figures.past, locale)]


def growth(figures: Figures, locale: str, week: str) -> Iterator[str]:
    """How many people there are, and how that came."""
    yield ""
    yield texts.say_many("stats.people", figures.people, locale)
    yield texts.say(week, locale, joined=figures.joined, left=figures.left)


def past(found: Sequence[Reached], locale: str) -> Iterator[str]:
    """What became of the last announcements, a line each."""
    if not found:
        return
    yield ""
    yield texts.say("stats.past", locale)
    for each in found[:PAST_SHOWN]:
        yield f"• {_past(each, locale)}"


def share(part: int, whole: int, locale: str) -> str:
    """A part of a whole in percent, with one digit behind the point where it is small; never 100% of what is less."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    digits = 0 if 10 <= percent <= 99 or part in (0, whole) else 1
    shown = round(percent, digits)
    if part < whole:
        shown = min(shown, 99.9)
    return f"{texts.number(max(shown, 0.1) if part else 0, locale)}%"


def _people(figures: Figures, locale: str) -> Iterator[str]:
    groups = (
        ("stats.languages", [(texts.native_name(name), number) for name, number in figures.by_locale.items()]),
        ("stats.channels", [(texts.channel(name, locale), number) for name, number in figures.by_channel.items()]),
        ("stats.topics", [(topic.name_in(locale), topic.people) for topic in figures.topics]),
    )
    for key, counts in groups:
        if counts and figures.people:
            yield ""
            yield texts.say(key, locale)
            yield from _counted(counts, figures.people, locale)


def _counted(counts: Sequence[tuple[str, int]], people: int, locale: str) -> Iterator[str]:
    ordered = sorted(counts, key=lambda each: -each[1])
    for name, number in ordered[:SHOWN]:
        yield f"• {_clipped(name)}: {texts.number(number, locale)} ({share(number, people, locale)})"
    if len(ordered) > SHOWN:
        yield texts.say("stats.more", locale, n=len(ordered) - SHOWN)


def _clipped(name: str) -> str:
    return name if len(name) <= NAME_SHOWN else f"{name[:NAME_SHOWN]}…"


def _past(each: Reached, locale: str) -> str:
    values = {"code": each.launched.code, "share": share(each.reached, each.people, locale), "people": each.people}
    if each.stopped is None:
        return texts.say("stats.past.line", locale, **values)
    return texts.say("stats.past.stopped", locale, **values, stopped=each.stopped)
