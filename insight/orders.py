"""Charts that were asked for: drawn by the clock, which alone holds a drawing library, and sent as pictures."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from channels.contract import MediaKind
from db import bulk
from delivery import media
from delivery.drafts import Draft
from insight import charts, figures, telling
from insight.charts import Chart
from insight.figures import Figures
from insight.launched import Launched
from insight.models import ChartOrder
from locales import texts
from staff import officers
from staff.models import Agency

log = structlog.get_logger(__name__)

AT_ONCE = 20
LaunchedOf = Callable[[Session, int], Sequence[Launched]]
"""What an agency launched lately, the newest first."""


def place(session: Session, agency: Agency, *, sender_id: int, to: str, locale: str, now: datetime) -> None:
    """Have the charts drawn and sent to this chat; who asks again before they came gets them once."""
    row = {"agency_id": agency.id, "sender_id": sender_id, "to": to, "locale": locale, "created_at": now}
    bulk.insert_new(session, ChartOrder, [row], ChartOrder.id)


def waiting(session: Session, now: datetime) -> list[int]:
    """The orders that are to be carried out, the oldest first."""
    return list(session.scalars(select(ChartOrder.id).order_by(ChartOrder.id).limit(AT_ONCE)))


def carry_out(session: Session, order_id: int, *, launched_of: LaunchedOf, now: datetime) -> int | None:
    """Draw and send what was ordered, once; how many pictures. Nothing to an account whose officer was revoked."""
    mine = delete(ChartOrder).where(ChartOrder.id == order_id)
    columns = (ChartOrder.agency_id, ChartOrder.sender_id, ChartOrder.to, ChartOrder.locale)
    order = session.execute(mine.returning(*columns).execution_options(synchronize_session=False)).one_or_none()
    if order is None:
        return None
    agency_id, sender_id, to, locale = order
    if officers.behind(session, sender_id=sender_id, address=to) is None:
        return 0
    agency = session.get_one(Agency, agency_id)
    found = figures.of(session, agency, launched_of(session, agency_id), now=now)
    pictures = drawn(session, agency, found, locale, now=now)
    for picture in pictures:
        telling.post(session, agency.id, sender_id, to, picture, now=now)
    return len(pictures)


def drawn(
    session: Session,
    agency: Agency,
    found: Figures,
    locale: str,
    *,
    only: Collection[Chart] = tuple(Chart),
    now: datetime,
) -> list[Draft]:
    """These charts as messages, good for everybody who reads this language. What cannot be drawn is left out."""
    pictures = {chart: png for chart in only if (png := _drawn(chart, found, locale)) is not None}
    return [_draft(session, agency, chart, png, found, locale, now) for chart, png in pictures.items()]


def _draft(
    session: Session, agency: Agency, chart: Chart, png: bytes, found: Figures, locale: str, now: datetime
) -> Draft:
    item = media.keep(session, agency.id, MediaKind.PHOTO, png, name=f"{chart}.png", now=now)
    said = texts.say(f"stats.chart.{chart}", locale, legend=_legend(chart, found, locale))
    return Draft(said, media_id=item.id)


def _legend(chart: Chart, found: Figures, locale: str) -> str:
    """What the keys in a chart stand for."""
    match chart:
        case Chart.LANGUAGES:
            return "\n".join(f"{charts.code(name)}: {texts.native_name(name)}" for name in sorted(found.by_locale))
        case Chart.TOPICS:
            return "\n".join(f"{topic.key}: {topic.name_in(locale)}" for topic in found.topics[: charts.BARS])
        case _:
            return ""


def _drawn(chart: Chart, found: Figures, locale: str) -> bytes | None:
    try:
        return charts.of(chart, found, locale)
    except Exception:
        log.exception("orders.drawing_failed", chart=chart.value)
        return None
