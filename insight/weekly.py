"""The weekly report: one for each agency and ISO week, to every officer and staff group, by itself.

One is a row with a unique key, written in the same transaction as its letters: once, with two clocks and after a kill.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from db import bulk
from delivery.drafts import Draft
from insight import figures, in_words, orders, telling, trouble
from insight.charts import Chart
from insight.figures import Figures
from insight.launched import Launched
from insight.models import WeeklyReport
from locales import texts
from staff.models import Agency

log = structlog.get_logger(__name__)

LaunchedOf = Callable[[Session, int, datetime], Sequence[Launched]]

LOCAL_TIME = time(9)  # on Monday, about the week before
LATE = timedelta(days=3)  # later than this it is left out: the next one is nearer
LOOKED_AT = 1_000  # agencies
TROUBLE_SHOWN = 5
CHARTS = (Chart.GROWTH, Chart.REACH)


def due(session: Session, now: datetime) -> list[int]:
    """The ids of the agencies whose report on the last week is not written."""
    agencies = session.scalars(select(Agency).order_by(Agency.id).limit(LOOKED_AT)).all()
    keys = [(each.id, _week(each, now)[0]) for each in agencies if _is_due(each, now)]
    if not keys:
        return []  # so it is from Thursday to Sunday
    known = tuple_(WeeklyReport.agency_id, WeeklyReport.week).in_(keys)  # the primary key
    written = set(session.scalars(select(WeeklyReport.agency_id).where(known)))
    return [id for id, _ in keys if id not in written]


def run(session: Session, agency_id: int, *, launched_of: LaunchedOf, now: datetime) -> int | None:
    """Write the report, once; to how many chats. None: it was not due, or somebody else wrote it."""
    agency = session.get_one(Agency, agency_id)
    week, monday = _week(agency, now)
    row = {"agency_id": agency_id, "week": week, "letters": 0, "created_at": now}
    if not _is_due(agency, now) or not bulk.insert_new(session, WeeklyReport, [row], WeeklyReport.agency_id):
        return None
    since = _week_before(monday, agency.time_zone)
    launched = [each for each in launched_of(session, agency_id, since) if each.launched_at < monday]
    first = since.astimezone(ZoneInfo(agency.time_zone)).date().isoformat()
    found = figures.of(session, agency, launched, now=now, since=first)
    told = _send(session, agency, week, found, since=since, now=now)
    session.get_one(WeeklyReport, (agency_id, week)).letters = told
    log.info("weekly.written", agency=agency_id, week=week, letters=told)
    return told


def text(session: Session, agency: Agency, week: str, found: Figures, locale: str, *, since: datetime) -> str:
    """What it says."""
    title = texts.say("weekly.title", locale, agency=agency.name_in(locale), week=week.partition("-W")[2].lstrip("0"))
    lines = [title, *in_words.lines(found, locale, week="weekly.week")]
    rows = trouble.of_agency(session, agency.id, since=since)
    if rows:
        lines += ["", texts.say("weekly.trouble", locale)]
        lines += [f"• {trouble.name(row, locale)}" for row in rows[-TROUBLE_SHOWN:]]
    return "\n".join(lines)


def _send(session: Session, agency: Agency, week: str, found: Figures, *, since: datetime, now: datetime) -> int:
    def written(locale: str) -> list[Draft]:
        said = Draft(text(session, agency, week, found, locale, since=since))
        return [said, *orders.drawn(session, agency, found, locale, only=CHARTS, now=now)]

    accounts = telling.everybody(session, agency.id)
    readers = [telling.reader(session, account.sender_id, account.address, agency.locales) for account in accounts]
    drafts = {locale: written(locale) for locale in sorted({*readers})}  # once for all who read it: drawing takes long
    for account, locale in zip(accounts, readers, strict=True):
        for draft in drafts[locale]:
            telling.post(session, agency.id, account.sender_id, account.address, draft, now=now)
    said = text(session, agency, week, found, agency.locales[0], since=since)
    return len(accounts) + telling.groups_of(session, agency.id, said, now=now)


def _week(agency: Agency, now: datetime) -> tuple[str, datetime]:
    """The name of the last local week that is over, and the instant at which it ended: Monday's beginning."""
    zone = ZoneInfo(agency.time_zone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    year, week, _ = (monday - timedelta(days=1)).isocalendar()
    return f"{year}-W{week:02}", datetime.combine(monday, time(), zone).astimezone(UTC)


def _week_before(monday: datetime, zone: str) -> datetime:
    """The beginning of the week that ended then, an hour more or less where the clocks were changed."""
    local = monday.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() - timedelta(days=7), time(), ZoneInfo(zone)).astimezone(UTC)


def _is_due(agency: Agency, now: datetime) -> bool:
    """After its hour, not days later, and of a week in which the agency was there."""
    _, monday = _week(agency, now)
    local = monday.astimezone(ZoneInfo(agency.time_zone))
    due_at = datetime.combine(local.date(), LOCAL_TIME, local.tzinfo).astimezone(UTC)
    return due_at <= now < due_at + LATE and agency.created_at < monday
