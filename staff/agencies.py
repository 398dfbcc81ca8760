"""Founding agencies and finding them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from staff import audit
from staff.models import Agency

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_LENGTH = 40
NAME_LENGTH = 120
KEPT_AT_LEAST = 3  # days: providers repeat their calls for a day or two, and receipts come late
KEPT_AT_MOST = 3_660
ALERT_HOURS_AT_MOST = 168
NO_NOTICE = "-"


class BadAgency(Exception):
    """An agency cannot be like this. The message tells the operator what to change."""


def take_turns(session: Session, agency_id: int) -> None:
    """Have whoever changes this of one agency do so in turn, until the transaction ends.

    Not FOR UPDATE: every line that names the agency waits then, and two who have just written one wait for each other.
    """
    session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update(key_share=True))


def found(
    session: Session,
    *,
    slug: str,
    name: str,
    time_zone: str,
    locales: Sequence[str],
    allowed_locales: Sequence[str],
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> Agency:
    """A new agency. `locales` are the enabled ones, the default first; `names` is locale -> name. Raises BadAgency."""
    agency = Agency(
        slug=_free_slug(session, slug),
        name=_checked_name(name),
        names={locale: _checked_name(each) for locale, each in (names or {}).items()},
        time_zone=checked_zone(time_zone),
        locales=_checked_locales(locales, allowed_locales),
        created_at=now,
    )
    _check_known(agency.names, allowed_locales)
    session.add(agency)
    session.flush()
    audit.note(
        session, agency_id=agency.id, officer_id=None, verb="agency.founded", subject=f"agency:{agency.id}", now=now
    )
    return agency


def by_slug(session: Session, slug: str) -> Agency | None:
    """The agency with this slug."""
    return session.scalars(select(Agency).where(Agency.slug == slug)).one_or_none()


def every(session: Session) -> Sequence[Agency]:
    """All agencies, by slug."""
    return session.scalars(select(Agency).order_by(Agency.slug)).all()


def set_retention(session: Session, agency: Agency, *, now: datetime, **days: int | None) -> None:
    """Say for how many days the agency keeps its `deliveries` and people's `words`; None: as before. Raises BadAgency.

    What is past a shorter term leaves with the clock's next sweeps, and does not come back.
    """
    given = {what: number for what, number in days.items() if number is not None}
    for what, number in given.items():
        if not KEPT_AT_LEAST <= number <= KEPT_AT_MOST:
            raise BadAgency(f"{what} are kept for {KEPT_AT_LEAST} to {KEPT_AT_MOST} days, not {number}")
        setattr(agency, f"keep_{what}_days", number)
    subject = f"agency:{agency.id}"
    audit.note(
        session, agency_id=agency.id, officer_id=None, verb="agency.retention", subject=subject, details=given, now=now
    )


def set_privacy(session: Session, agency: Agency, notices: Mapping[str, str], *, now: datetime) -> None:
    """Keep the agency's own privacy notice in these languages; NO_NOTICE takes it away. Raises BadAgency."""
    _check_known(notices, agency.locales)
    kept = {**agency.privacy, **{locale: text.strip() for locale, text in notices.items()}}
    agency.privacy = {locale: text for locale, text in kept.items() if text not in ("", NO_NOTICE)}
    _note_change(session, agency, "agency.privacy", now, locales=", ".join(sorted(notices)))


def set_alert_hours(session: Session, agency: Agency, hours: int, *, now: datetime) -> None:
    """How long after its launch an alert is handed to who subscribes; 0: not at all. Raises BadAgency."""
    if not 0 <= hours <= ALERT_HOURS_AT_MOST:
        raise BadAgency(f"an alert is in force for 0 to {ALERT_HOURS_AT_MOST} hours, not {hours}")
    agency.alert_hours = hours
    _note_change(session, agency, "agency.alert_hours", now, hours=hours)


def _note_change(session: Session, agency: Agency, verb: str, now: datetime, **details: audit.Detail) -> None:
    subject = f"agency:{agency.id}"
    audit.note(session, agency_id=agency.id, officer_id=None, verb=verb, subject=subject, details=details, now=now)


def checked_zone(time_zone: str) -> str:
    """The name of a time zone that exists; BadAgency otherwise."""
    try:
        return ZoneInfo(time_zone).key
    except (KeyError, ValueError, OSError) as error:  # unknown; a path; a folder of the zone database
        raise BadAgency(f"{time_zone!r} is no time zone; it looks like Asia/Singapore") from error


def _free_slug(session: Session, slug: str) -> str:
    if not SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH:
        raise BadAgency(f"the slug {slug!r} may hold a-z, 0-9 and hyphens between them, {SLUG_LENGTH} at most")
    if by_slug(session, slug) is not None:
        raise BadAgency(f"there is already an agency with the slug {slug!r}")
    return slug


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise BadAgency(f"a name has 1 to {NAME_LENGTH} characters on one line")
    return name.strip()


def _checked_locales(locales: Sequence[str], allowed: Sequence[str]) -> list[str]:
    if not locales:
        raise BadAgency("an agency speaks at least one language")
    _check_known(locales, allowed)
    return list(dict.fromkeys(locales))


def _check_known(locales: Mapping[str, str] | Sequence[str], allowed: Sequence[str]) -> None:
    unknown = [locale for locale in locales if locale not in allowed]
    if unknown:
        raise BadAgency(f"unknown locale {', '.join(unknown)}; known are {', '.join(allowed)}")
