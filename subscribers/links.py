"""Links: opaque keys that say what to offer somebody who arrives, and where from; they prove and open nothing.

A key that nobody made, that is another agency's, or whose time is over, is an ordinary hello.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from subscribers import topics
from subscribers.models import Link, Subscriber, Topic

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else on paper
KEY_LENGTH = 8
KEY = re.compile(rf"(?<![0-9A-Za-z])(?=[a-z]*[0-9])(?=[0-9]*[a-z])[{ALPHABET}]{{{KEY_LENGTH}}}(?![0-9A-Za-z])")
SOURCE_LENGTH = 60
TRIES = 50


class BadLink(Exception):
    """A link cannot be like this. The message tells the operator what to change."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a link brought: how many people came by it first, and how many of them are subscribed now."""

    link: Link
    topic: Topic | None
    arrived: int
    subscribed: int


def add(
    session: Session,
    *,
    agency_id: int,
    now: datetime,
    topic: Topic | None = None,
    source: str = "",
    locale: str | None = None,
    enabled: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> Link:
    """A new link. `enabled` are the agency's languages. Raises BadLink."""
    if topic is not None and topic.agency_id != agency_id:
        raise BadLink("the topic is another agency's")
    if locale is not None and locale not in enabled:
        raise BadLink(f"the agency does not speak {locale!r}, only {', '.join(enabled)}")
    if len(source) > SOURCE_LENGTH:
        raise BadLink(f"the source has {len(source)} characters; {SOURCE_LENGTH} are the most")
    if expires_at is not None and expires_at <= now:
        raise BadLink("it would be over before it began")
    made = Link(agency_id=agency_id, key=_free_key(session), source=source, locale=locale, created_at=now)
    made.topic_id, made.expires_at = topic.id if topic else None, expires_at
    session.add(made)
    session.flush()
    return made


def find(session: Session, *, agency_id: int, key: str, now: datetime) -> Link | None:
    """The agency's link with this key, while it lasts; None for everything else that anybody may send us."""
    if not KEY.fullmatch(key):
        return None
    found = session.scalars(select(Link).where(Link.key == key, Link.agency_id == agency_id)).one_or_none()
    is_over = found is not None and found.expires_at is not None and found.expires_at <= now
    return None if is_over else found


def named_in(session: Session, *, agency_id: int, text: str, now: datetime) -> Link | None:
    """The agency's link whose key stands in a text, whatever stands around it; of several the first."""
    keys = list(dict.fromkeys(KEY.findall(text.casefold())))
    found = (find(session, agency_id=agency_id, key=key, now=now) for key in keys[:3])
    return next((link for link in found if link is not None), None)


def arrive(session: Session, subscriber: Subscriber, link: Link, *, enabled: Sequence[str], now: datetime) -> None:
    """Somebody came by this link: its language and topic are theirs to begin with, and can all be changed.

    `enabled` are the languages the agency speaks now. Their first link is remembered. Nothing of this is consent, and
    nobody who is subscribed is changed by it.
    """
    if subscriber.consented_at is not None or subscriber.agency_id != link.agency_id:
        return
    if subscriber.link_id is None:
        subscriber.link_id = link.id
    if link.locale is not None and link.locale in enabled and not subscriber.is_locale_chosen:
        subscriber.locale = link.locale
    if link.topic_id is not None:
        topics.subscribe(session, subscriber, [link.topic_id], now=now)


def counted(session: Session, agency_id: int) -> Sequence[Arrivals]:
    """The agency's links, the oldest first, with what each brought."""
    came, stayed = func.count(Subscriber.id), func.count(Subscriber.consented_at)
    query = (
        select(Link, Topic, came, stayed)
        .outerjoin(Topic, Topic.id == Link.topic_id)
        .outerjoin(Subscriber, Subscriber.link_id == Link.id)  # ix_subscribers_link
        .where(Link.agency_id == agency_id)  # ix_links_agency
        .group_by(Link.id, Topic.id)
        .order_by(Link.id)
    )
    return [Arrivals(*row) for row in session.execute(query)]


def _free_key(session: Session) -> str:
    for _ in range(TRIES):
        key = "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))
        if KEY.fullmatch(key) and session.scalar(select(Link.id).where(Link.key == key)) is None:
            return key
    raise RuntimeError("no free key was found")
