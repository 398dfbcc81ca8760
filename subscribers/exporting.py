"""What we hold about somebody, for themselves: their person, and a link that opens it for a quarter of an hour.

The link's token has 256 random bits and only its hash is kept. Each of the files behind it can be fetched once.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import bulk
from subscribers import consent, directory, drill_list
from subscribers.models import (
    Address,
    Area,
    AreaChoice,
    Cadence,
    ConsentKind,
    ExportLink,
    Link,
    Source,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)

TOKEN_BYTES = 32
VALID_FOR = timedelta(minutes=15)
FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """One address. `suppressed` is why we may not write to it (`until` then: for so long), None where we may."""

    channel: str
    value: str
    since: datetime
    last_inbound_at: datetime | None
    is_preferred: bool
    suppressed: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic they hold, by its name in their language."""

    name: str
    cadence: Cadence
    since: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record of consent."""

    kind: ConsentKind
    at: datetime
    source: Source
    wording: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Everything this room holds about one person. `arrived_by` is their first link: its source, else its key."""

    ids: tuple[int, ...]
    locale: str
    is_locale_chosen: bool
    since: datetime
    consented_at: datetime | None
    quiet_from: int | None
    quiet_until: int | None
    paused_until: datetime | None
    wants_media: bool
    arrived_by: str | None
    addresses: tuple[Place, ...]
    topics: tuple[Choice, ...]
    areas: tuple[str, ...]
    consents: tuple[Line, ...]
    is_on_drill_list: bool = False


def about(session: Session, subscriber: Subscriber) -> Person:
    """Everything about them and whoever was joined to them."""
    joined = select(Subscriber.id).where(Subscriber.merged_into_id == subscriber.id).order_by(Subscriber.id)
    return Person(
        ids=(subscriber.id, *session.scalars(joined)),
        locale=subscriber.locale,
        is_locale_chosen=subscriber.is_locale_chosen,
        since=subscriber.created_at,
        consented_at=subscriber.consented_at,
        quiet_from=subscriber.quiet_from,
        quiet_until=subscriber.quiet_until,
        paused_until=subscriber.paused_until,
        wants_media=subscriber.wants_media,
        arrived_by=_arrived_by(session, subscriber),
        addresses=tuple(_place(session, subscriber, each) for each in directory.addresses(session, subscriber.id)),
        topics=_topics(session, subscriber),
        areas=_areas(session, subscriber),
        consents=history(session, subscriber),
        is_on_drill_list=drill_list.is_on(session, subscriber.id),
    )


def history(session: Session, subscriber: Subscriber) -> tuple[Line, ...]:
    """What they agreed to and took back, the oldest first."""
    lines = sorted(consent.history(session, subscriber.id), key=lambda line: (line.at, line.id))
    return tuple(Line(line.kind, line.at, line.source, line.wording, line.evidence) for line in lines)


def open_link(session: Session, address: Address, *, now: datetime) -> str:
    """The token of a new link for the person at this address; an earlier one opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = {"address_id": address.id, "agency_id": address.agency_id, "token_hash": _hash(token), "taken": []}
    row |= {"expires_at": now + VALID_FOR}
    put = bulk.insert(session, ExportLink).values(row)
    session.execute(put.on_conflict_do_update(index_elements=["address_id"], set_=row))
    return token


def behind(session: Session, token: str, *, now: datetime) -> Address | None:
    """The address whose link this is, None for a token that opens nothing."""
    query = select(Address).join(ExportLink, ExportLink.address_id == Address.id)
    return session.scalars(
        query.where(ExportLink.token_hash == _hash(token), ExportLink.expires_at > now)
    ).one_or_none()


def take(session: Session, token: str, file: str, *, now: datetime) -> Address | None:
    """The same, and this file of it is fetched by that: None the second time."""
    mine = (ExportLink.token_hash == _hash(token), ExportLink.expires_at > now)
    link = session.scalars(select(ExportLink).where(*mine).with_for_update()).one_or_none()
    if link is None or file in link.taken:
        return None
    link.taken = [*link.taken, file]
    session.flush()
    return session.get(Address, link.address_id)


def forget(session: Session, now: datetime) -> int:
    """Delete links that are over, at most 1,000; how many."""
    old = select(ExportLink.id).where(ExportLink.expires_at <= now).order_by(ExportLink.expires_at)
    return bulk.changed(session, delete(ExportLink).where(ExportLink.id.in_(old.limit(FORGOTTEN_AT_ONCE))))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _place(session: Session, subscriber: Subscriber, address: Address) -> Place:
    theirs = (Suppression.sender_id == address.sender_id, Suppression.value == address.value)
    row = session.scalars(select(Suppression).where(*theirs)).one_or_none()
    return Place(
        channel=address.channel,
        value=address.value,
        since=address.created_at,
        last_inbound_at=address.last_inbound_at,
        is_preferred=address.id == subscriber.preferred_address_id,
        suppressed=row.reason.value if row is not None else None,
        until=row.until if row is not None else None,
    )


def _arrived_by(session: Session, subscriber: Subscriber) -> str | None:
    link = session.get(Link, subscriber.link_id) if subscriber.link_id is not None else None
    return (link.source or link.key) if link is not None else None


def _topics(session: Session, subscriber: Subscriber) -> tuple[Choice, ...]:
    held = select(Topic, Subscription.cadence, Subscription.created_at).join(
        Subscription, Subscription.topic_id == Topic.id
    )
    rows = session.execute(held.where(Subscription.subscriber_id == subscriber.id).order_by(Topic.position, Topic.id))
    return tuple(Choice(topic.name_in(subscriber.locale), cadence, since) for topic, cadence, since in rows)


def _areas(session: Session, subscriber: Subscriber) -> tuple[str, ...]:
    chosen = select(Area).join(AreaChoice, AreaChoice.area_id == Area.id)
    rows = session.scalars(chosen.where(AreaChoice.subscriber_id == subscriber.id).order_by(Area.position, Area.id))
    return tuple(area.name_in(subscriber.locale) for area in rows)
