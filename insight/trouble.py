"""Trouble: begun and ended by whoever finds it, told by the clock, once each, with what to do.

    trouble.begin(session, agency.id, TroubleKind.SENDER_SLOWED, "sender:3", details={"sender": "@bot"}, now=now)
    trouble.end(session, agency.id, TroubleKind.SENDER_SLOWED, "sender:3", now=now)

Both may be said again and again, and by two processes at once: what is open already is not begun anew.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from db import bulk
from delivery.drafts import Draft
from delivery.models import Sender
from insight import telling
from insight.in_words import share
from insight.models import TOLD_ELSEWHERE, Trouble, TroubleKind
from locales import texts
from staff.models import Account, Agency, Officer, StaffGroup

log = structlog.get_logger(__name__)

Detail = str | int | float
Details = Mapping[str, Detail]
AT_ONCE = 100
KEPT_FOR = timedelta(days=400)


def begin(
    session: Session,
    agency_id: int,
    kind: TroubleKind,
    about: str,
    *,
    now: datetime,
    sender_id: int | None = None,
    officer_id: int | None = None,
    details: Details | None = None,
) -> bool:
    """Say that something is wrong with what `about` names ("sender:3"), unless it was known; whether it was news.

    Staff groups and administrators are told at the clock's next tick, `officer_id` besides; by another sender than
    `sender_id` where there is one; of a kind that is TOLD_ELSEWHERE nobody is. `details` fill the texts: a float is a
    share, 0 to 1.
    """
    row = {"agency_id": agency_id, "kind": kind, "about": about[:80], "is_open": True, "details": dict(details or {})}
    row |= {
        "sender_id": sender_id,
        "officer_id": officer_id,
        "began_at": now,
        "is_news": kind not in TOLD_ELSEWHERE,
        "is_known": False,
    }
    made = bulk.insert_new(session, Trouble, [row], Trouble.id)
    if made:
        log.warning("trouble.began", agency=agency_id, kind=kind.value, about=about)
    return bool(made)


def end(
    session: Session, agency_id: int, kind: TroubleKind, about: str, *, now: datetime, details: Details | None = None
) -> bool:
    """Say that it is over; whether it was open. Who was never told that it began is not told that it ended.

    `details` take the place of those it began with, in the text `trouble.<kind>.ended`.
    """
    open_one = (*_about(agency_id, kind, about), Trouble.is_open.is_(True))
    row = session.scalars(
        select(Trouble).where(*open_one).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return False
    row.is_open, row.ended_at, row.is_news = None, now, row.is_known
    row.details = {**row.details, **(details or {})}
    session.flush()
    log.info("trouble.ended", agency=agency_id, kind=kind.value, about=about)
    return True


def is_open(session: Session, agency_id: int, kind: TroubleKind, about: str) -> bool:
    """Whether it goes on."""
    mine = select(Trouble.id).where(*_about(agency_id, kind, about), Trouble.is_open.is_(True))
    return session.scalar(mine) is not None


def has_been(session: Session, agency_id: int, kind: TroubleKind, about: str) -> bool:
    """Whether it ever began."""
    return session.scalar(select(Trouble.id).where(*_about(agency_id, kind, about)).limit(1)) is not None


def open_of(session: Session, *kinds: TroubleKind) -> Sequence[Trouble]:
    """What goes on of these kinds, in every agency."""
    going_on = select(Trouble).where(Trouble.is_open.is_(True), Trouble.kind.in_(kinds))  # ix_troubles_open
    return session.scalars(going_on.order_by(Trouble.id)).all()


def of_agency(session: Session, agency_id: int, *, since: datetime) -> Sequence[Trouble]:
    """What goes on with an agency, or began since then, the oldest first."""
    recent = or_(Trouble.is_open.is_(True), Trouble.began_at >= since)
    query = select(Trouble).where(Trouble.agency_id == agency_id, recent)  # ix_troubles_agency_began
    return session.scalars(query.order_by(Trouble.began_at, Trouble.id).limit(AT_ONCE)).all()


def in_words(row: Trouble, locale: str) -> str:
    """What is wrong and what to do, or that it is over; of a kind that is told here."""
    return texts.say(f"trouble.{row.kind}.{'begun' if row.is_open else 'ended'}", locale, **_values(row, locale))


def name(row: Trouble, locale: str) -> str:
    """What was wrong, in a few words."""
    said = texts.say(f"trouble.{row.kind}.name", locale, **_values(row, locale))
    return texts.say("weekly.trouble.open", locale, name=said) if row.is_open else said


def tell(session: Session, now: datetime) -> int:
    """Write to the officers what they do not know yet; of how much. Where none can be reached it waits."""
    news = select(Trouble).where(Trouble.is_news.is_(True), _is_heard()).order_by(Trouble.id).limit(AT_ONCE)
    return sum(_tell(session, row, now) for row in session.scalars(news).all())


def forget(session: Session, now: datetime) -> int:
    """Let go of what ended long ago; how much."""
    old = delete(Trouble).where(Trouble.is_open.is_(None), Trouble.began_at < now - KEPT_FOR)
    return bulk.changed(session, old.execution_options(synchronize_session=False))


def _tell(session: Session, row: Trouble, now: datetime) -> bool:
    accounts = telling.menders(session, row.agency_id, officer_id=row.officer_id, not_by=row.sender_id)
    if not (accounts or telling.has_groups(session, row.agency_id)) or not _claimed(session, row):
        return False
    agency = session.get_one(Agency, row.agency_id)
    telling.groups_of(session, agency.id, in_words(row, agency.locales[0]), now=now)
    for account in accounts:
        text = in_words(row, telling.reader(session, account.sender_id, account.address, agency.locales))
        telling.post(session, agency.id, account.sender_id, account.address, Draft(text), now=now)
    return True


def _claimed(session: Session, row: Trouble) -> bool:
    """Two clocks tell once; and what is told is how it stands."""
    mine = update(Trouble).where(Trouble.id == row.id, Trouble.is_news.is_(True)).values(is_news=False, is_known=True)
    won = bulk.changed(session, mine.execution_options(synchronize_session=False)) == 1
    session.refresh(row)
    return won


def _is_heard() -> ColumnElement[bool]:
    """Whether anybody of the agency can be written to now: what nobody hears must not keep others waiting."""
    works = (Sender.agency_id == Trouble.agency_id, Sender.stopped_at.is_(None))
    speaks = (Officer.id == Account.officer_id, Officer.revoked_at.is_(None), Account.cut_at.is_(None))
    return or_(
        exists().where(*works, Account.sender_id == Sender.id, *speaks),
        exists().where(*works, StaffGroup.sender_id == Sender.id),
    )


def _about(agency_id: int, kind: TroubleKind, about: str) -> tuple[ColumnElement[bool], ...]:
    return Trouble.agency_id == agency_id, Trouble.kind == kind, Trouble.about == about[:80]


def _values(row: Trouble, locale: str) -> dict[str, object]:
    return {name: _written(value, locale) for name, value in row.details.items()}


def _written(value: Detail, locale: str) -> object:
    return share(round(10_000 * value), 10_000, locale) if isinstance(value, float) else value
