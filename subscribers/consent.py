"""What people agreed to and took back: an append-only record, and `subscribers.consented_at` always in step with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers import wishes
from subscribers.models import Consent, ConsentKind, Source, Subscriber


def grant(
    session: Session,
    subscriber: Subscriber,
    *,
    source: Source,
    wording: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> Consent:
    """They agreed to `wording`. Agreeing again keeps the first moment and adds its evidence to the record."""
    lock(session, subscriber)
    subscriber.consented_at = subscriber.consented_at or now
    return _record(session, subscriber, ConsentKind.GRANTED, source, wording, evidence, now)


def withdraw(
    session: Session,
    subscriber: Subscriber,
    *,
    source: Source,
    wording: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> Consent:
    """They took it back with `wording`: from this transaction on nothing is sent to them. Good for people who never
    agreed, too: an import will not subscribe them."""
    lock(session, subscriber)
    subscriber.consented_at = None
    wishes.end_pause(subscriber)  # whoever comes back wants to hear from us
    return _record(session, subscriber, ConsentKind.WITHDRAWN, source, wording, evidence, now)


def history(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """The whole record of one person, in the order in which it was written."""
    return session.scalars(select(Consent).where(Consent.subscriber_id == subscriber_id).order_by(Consent.id)).all()


def last(session: Session, subscriber_id: int) -> Consent | None:
    """The last line of somebody's record, None for who never agreed to or took back anything."""
    query = select(Consent).where(Consent.subscriber_id == subscriber_id)
    return session.scalars(query.order_by(Consent.id.desc()).limit(1)).one_or_none()


def has_withdrawn(session: Session, subscriber_id: int) -> bool:
    """Whether this person ever said stop."""
    query = select(Consent.id).where(Consent.subscriber_id == subscriber_id, Consent.kind == ConsentKind.WITHDRAWN)
    return session.scalars(query.limit(1)).first() is not None


def lock(session: Session, subscriber: Subscriber) -> None:
    """Read their consent anew and keep it as it is until the transaction ends: whoever decides by it locks first."""
    session.flush()
    session.refresh(subscriber, ["consented_at"], with_for_update={"of": Subscriber})


def _record(
    session: Session,
    subscriber: Subscriber,
    kind: ConsentKind,
    source: Source,
    wording: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> Consent:
    before = last(session, subscriber.id)
    if before is not None and _is_same(before, kind, source, wording, evidence):
        return before
    line = Consent(agency_id=subscriber.agency_id, subscriber_id=subscriber.id, kind=kind, at=now)
    line.source, line.wording, line.evidence = source, wording, dict(evidence)
    session.add(line)
    session.flush()
    return line


def _is_same(line: Consent, kind: ConsentKind, source: Source, wording: str, evidence: Mapping[str, Any]) -> bool:
    said = (line.kind, line.source, line.wording, line.evidence)
    return said == (kind, source, wording, dict(evidence))
