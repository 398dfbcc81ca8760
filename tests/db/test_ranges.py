"""What SQLite must know of its tables before it joins them."""

from datetime import UTC, datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from db import ranges
from staff.models import Agency
from subscribers.models import Subscriber

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_a_database_knows_its_size_as_it_grows(session: Session) -> None:
    agency = Agency(slug="city", name="City", locales=["en"], created_at=NOW)
    session.add(agency)
    session.flush()
    for rows, is_known in ((100, False), (2_000, True), (20_000, True)):
        already = session.scalar(select(func.count()).select_from(Subscriber)) or 0
        person = {"agency_id": agency.id, "locale": "en", "created_at": NOW}
        session.execute(insert(Subscriber), [person] * (rows - already))
        ranges.weigh(session, Subscriber)
        if session.get_bind().dialect.name == "sqlite":
            assert _known(session) * ranges.OUTGROWN >= rows if is_known else _known(session) == 0


def _known(session: Session) -> int:
    if session.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")) is None:
        return 0
    asked = text("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'subscribers'")
    return session.scalar(asked) or 0
