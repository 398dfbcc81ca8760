"""The feeds of an agency: defined, looked up and taken away by operators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds import specs
from feeds.models import Feed
from feeds.specs import BadFeed, Spec
from staff import agencies, audit
from staff.models import Agency

KEY_LENGTH = 40
FEEDS_AT_MOST = 50
FILE = "file:"


def define(session: Session, agency: Agency, key: str, said: Mapping[str, Any], *, now: datetime) -> Feed:
    """The agency's feed of this key as it is written down (see `specs`), anew where there is one. Raises BadFeed."""
    if not agencies.SLUG.fullmatch(key) or len(key) > KEY_LENGTH:
        raise BadFeed(f"the key {key!r} may hold a-z, 0-9 and hyphens between them, {KEY_LENGTH} at most")
    spec = specs.read(said, locales=agency.locales, zone=agency.time_zone)
    _check_source(spec.source)
    try:
        agencies.checked_zone(spec.zone)
    except agencies.BadAgency as error:
        raise BadFeed(str(error)) from error
    made = by_key(session, agency.id, key)
    if made is None and len(every(session, agency.id)) >= FEEDS_AT_MOST:
        raise BadFeed(f"an agency has {FEEDS_AT_MOST} feeds at most: remove one first")
    made = made or Feed(agency_id=agency.id, key=key, created_at=now)
    made.source, made.form, made.spec = spec.source, spec.form, dict(said)
    session.add(made)
    session.flush()
    _note(session, made, "feed.defined", now)
    return made


def every(session: Session, agency_id: int) -> Sequence[Feed]:
    """The agency's feeds, by key."""
    return session.scalars(select(Feed).where(Feed.agency_id == agency_id).order_by(Feed.key)).all()


def by_key(session: Session, agency_id: int, key: str) -> Feed | None:
    """The agency's feed with this key."""
    return session.scalars(select(Feed).filter_by(agency_id=agency_id, key=key)).one_or_none()


def remove(session: Session, feed: Feed, *, now: datetime) -> None:
    """Take it away. Bulletins that name it are held until they do no more."""
    _note(session, feed, "feed.removed", now)
    session.delete(feed)
    session.flush()


def spec_of(session: Session, feed: Feed) -> Spec:
    """What to read of it."""
    agency = session.get_one(Agency, feed.agency_id)
    return specs.read(feed.spec, zone=agency.time_zone)


def specs_of(session: Session, agency_id: int) -> dict[str, Spec]:
    """All of an agency's feeds, by key."""
    return {each.key: spec_of(session, each) for each in every(session, agency_id)}


def _check_source(source: str) -> None:
    if source.startswith(FILE):
        if not source.removeprefix(FILE).strip("/"):
            raise BadFeed("source must name a file: file:river.csv")
        return
    try:
        parts = urlsplit(source)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or parts.username or parts.password:
        raise BadFeed("source must be an address (https://...) without a password in it, or file:name")


def _note(session: Session, feed: Feed, verb: str, now: datetime) -> None:
    details: dict[str, audit.Detail] = {"key": feed.key, "source": feed.source}
    subject = f"feed:{feed.id}"
    audit.note(session, agency_id=feed.agency_id, officer_id=None, verb=verb, subject=subject, now=now, details=details)
