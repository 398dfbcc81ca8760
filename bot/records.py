"""What we hold about a person, in plain words of their language: for the chat, and for the file. Pure."""

from collections.abc import Callable, Iterable, Sequence

from locales import texts
from subscribers.exporting import Line, Person, Place
from subscribers.models import ConsentKind, Source

HISTORY = {
    (ConsentKind.GRANTED, Source.CHAT): "history.agreed",
    (ConsentKind.GRANTED, Source.IMPORT): "history.agreed_on_file",
    (ConsentKind.WITHDRAWN, Source.CHAT): "history.stopped",
    (ConsentKind.WITHDRAWN, Source.PROVIDER): "history.stopped_by_app",
}
LONGEST_WORDING = 300  # characters of it in chat; the file has all


def history(lines: Iterable[Line], locale: str, zone: str, *, longest: int | None = None) -> list[str]:
    """A sentence for each line of the record: when, what, in which words."""
    return [_said(line, locale, zone, longest) for line in lines]


def person(known: Person, locale: str, zone: str) -> list[str]:
    """A line for each thing we know of them, without the record of consent."""
    lines = [
        texts.say("mine.language", locale, language=texts.native_name(known.locale)),
        texts.say("mine.since", locale, at=texts.instant(known.since, zone, locale)),
        _subscribed(known, locale, zone),
        *(_address(place, locale, zone) for place in known.addresses),
        *(
            texts.say("mine.topic", locale, topic=each.name, cadence=texts.say(f"mine.cadence.{each.cadence}", locale))
            for each in known.topics
        ),
        *_wishes(known, locale, zone),
    ]
    return [f"• {line}" for line in lines]


def fitting(lines: Sequence[str], room: int, measure: Callable[[str], int]) -> list[str]:
    """As many of the last lines as have room."""
    kept: list[str] = []
    for line in reversed(lines):
        room -= measure(line) + 1
        if room < 0:
            break
        kept.insert(0, line)
    return kept


def _said(line: Line, locale: str, zone: str, longest: int | None) -> str:
    fallback = "history.agreed" if line.kind is ConsentKind.GRANTED else "history.stopped"
    words = " ".join(line.wording.split())
    if longest is not None and len(words) > longest:
        words = f"{words[: longest - 1]}…"
    at = texts.instant(line.at, zone, locale)
    return texts.say(HISTORY.get((line.kind, line.source), fallback), locale, at=at, wording=words)


def _subscribed(known: Person, locale: str, zone: str) -> str:
    if known.consented_at is None:
        return texts.say("mine.unsubscribed", locale)
    return texts.say("mine.subscribed", locale, at=texts.instant(known.consented_at, zone, locale))


def _address(place: Place, locale: str, zone: str) -> str:
    written = place.last_inbound_at
    app = texts.channel(place.channel, locale)
    values = {"channel": app, "address": place.value.partition(":")[2] or place.value}
    if place.suppressed is not None:
        return texts.say("mine.address_suppressed", locale, **values)
    if written is None:
        return texts.say("mine.address", locale, **values)
    return texts.say("mine.address_written", locale, at=texts.instant(written, zone, locale), **values)


def _wishes(known: Person, locale: str, zone: str) -> list[str]:
    lines = []
    if known.is_on_drill_list:
        lines.append(texts.say("mine.drill_list", locale))
    if known.areas:
        lines.append(texts.say("mine.areas", locale, areas=", ".join(known.areas)))
    if known.quiet_from is not None and known.quiet_until is not None:
        begin, end = (texts.clock(minutes, zone, locale) for minutes in (known.quiet_from, known.quiet_until))
        lines.append(texts.say("mine.quiet", locale, begin=begin, end=end))
    if known.paused_until is not None:
        lines.append(texts.say("mine.paused", locale, at=texts.instant(known.paused_until, zone, locale)))
    if not known.wants_media:
        lines.append(texts.say("mine.no_media", locale))
    if known.arrived_by is not None:
        lines.append(texts.say("mine.arrived", locale, source=known.arrived_by))
    return lines
