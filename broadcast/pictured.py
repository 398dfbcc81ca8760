"""The one picture of a bulletin: a fixed one, or a chart of a feed's last values. The words beside it say the same."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from broadcast import evidence, parts
from broadcast.models import Broadcast, Bulletin
from broadcast.parts import Part, PartKind
from channels.contract import MediaKind
from delivery import media
from feeds import chart, showing
from feeds.chart import Line
from feeds.reading import Reading
from feeds.specs import Spec
from locales import texts
from staff.models import Agency

log = structlog.get_logger(__name__)

WORDS = 200  # characters of an alternative (attaching.LONGEST)


def put(
    session: Session,
    made: Broadcast,
    bulletin: Bulletin,
    specs: Mapping[str, Spec],
    readings: Mapping[str, Reading],
    *,
    now: datetime,
) -> None:
    """Set what stands beside the text. Nothing does where a chart's data are left out, or are a single value."""
    part = next((each for each in parts.of(bulletin) if each.kind in parts.SHOWN), None)
    if part is None:
        return
    locales = session.get_one(Agency, bulletin.agency_id).locales
    if part.kind is PartKind.PICTURE:
        made.media_id = part.media_id
        made.media_texts = {locale: part.text(locales, locale)[0][:WORDS] for locale in locales}
    elif part.feed in readings and part.feed in specs:
        _chart(session, made, bulletin, part, specs[part.feed], readings[part.feed], now=now)
    session.flush()


def _chart(
    session: Session, made: Broadcast, bulletin: Bulletin, part: Part, spec: Spec, here: Reading, *, now: datetime
) -> None:
    lines = lines_of(session, bulletin, part, spec, here, now=now)
    if min(len(each.points) for each in lines) < chart.LEAST:
        return
    try:
        drawn = chart.drawn(lines)
    except Exception:  # whatever is wrong with a picture, the bulletin goes
        log.exception("pictured.chart_failed", bulletin=bulletin.id)
        return
    item = media.keep(session, made.agency_id, MediaKind.PHOTO, drawn, name=f"{bulletin.key}.png", now=now)
    made.media_id = item.id
    locales = session.get_one(Agency, bulletin.agency_id).locales
    made.media_texts = {locale: _words(spec, lines, locale) for locale in locales}


def lines_of(
    session: Session, bulletin: Bulletin, part: Part, spec: Spec, here: Reading, *, now: datetime
) -> list[Line]:
    """What a chart shows: for each of its fields the values that were sent before, and the one of now."""
    before = evidence.past(session, bulletin, part.feed, spec, most=part.past - 1)
    days = [*before, (now.astimezone(ZoneInfo(bulletin.time_zone)).date().isoformat(), here)]
    values = [(day[8:], [each.values.get(name) for name in part.fields]) for day, each in days]
    whole = [(day, found) for day, found in values if all(isinstance(each, Decimal) for each in found)]
    return [
        Line(name, [(day, round(Decimal(str(found[at])), spec.fields[name].decimals)) for day, found in whole])
        for at, name in enumerate(part.fields)
    ]


def _words(spec: Spec, lines: list[Line], locale: str) -> str:
    """What the chart shows, said: each field with its mark, its first and its last value."""
    said = []
    for mark, line in zip(chart.MARKS, lines, strict=False):
        field = spec.fields[line.name]
        first, last = (showing.shown(field, line.points[at][1], locale, spec.zone) for at in (0, -1))
        said.append(texts.say("chart.words", locale, mark=mark, field=field.label(locale), first=first, last=last))
    return " ".join(said)[:WORDS]
