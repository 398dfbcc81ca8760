"""What people agreed to and took back: an append-only record, and `subscribers.consented_at` always in step with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from subscribers import drill_list, wishes
from subscribers.models import Consent, ConsentKind, Source, Subscriber

# Put together once: for every word that is heard that would take longer than to run it.
_LAST = select(Consent).where(Consent.subscriber_id == bindparam("subscriber_id")).order_by(Consent.id.desc()).limit(1)


class Merged(Exception):
    """This person has become another's meanwhile, or is gone: whoever decides reads anew who they speak to."""


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
    drill_list.leave(session, subscriber)
    wishes.resume(subscriber, now=now)  # whoever comes back wants to hear from us
    return _record(session, subscriber, ConsentKind.WITHDRAWN, source, wording, evidence, now)


def history(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """The whole record of one person, in the order in which it was written; with that of whoever was joined to them."""
    query = select(Consent).where(Consent.subscriber_id.in_(_selves(subscriber_id)))
    return session.scalars(query.order_by(Consent.id)).all()


def last(session: Session, subscriber_id: int) -> Consent | None:
    """The last line of somebody's own record, None for who never agreed to or took back anything."""
    return session.scalars(_LAST, {"subscriber_id": subscriber_id}).one_or_none()


def has_withdrawn(session: Session, subscriber_id: int) -> bool:
    """Whether this person ever said stop."""
    mine = Consent.subscriber_id.in_(_selves(subscriber_id))
    query = select(Consent.id).where(mine, Consent.kind == ConsentKind.WITHDRAWN)
    return session.scalars(query.limit(1)).first() is not None


def is_stopped_since(session: Session, subscriber: Subscriber, since: datetime) -> bool:
    """Whether they, or whoever was joined to them, said stop at this instant or later and have not come back."""
    if subscriber.consented_at is not None:
        return False
    mine = (Consent.subscriber_id.in_(_selves(subscriber.id)), Consent.kind == ConsentKind.WITHDRAWN)
    return session.scalars(select(Consent.id).where(*mine, Consent.at >= since).limit(1)).first() is not None


def lock(session: Session, subscriber: Subscriber) -> None:
    """Read their consent anew and keep it as it is until the transaction ends: whoever decides by it locks first.

    Raises Merged where a word said elsewhere at this moment made them somebody else's: it must not be lost there.
    """
    session.flush()
    columns = (Subscriber.consented_at, Subscriber.merged_into_id)
    mine = select(*columns).where(Subscriber.id == subscriber.id).with_for_update()
    now = session.execute(mine).one_or_none()
    if now is None or now.merged_into_id is not None:
        raise Merged(f"subscriber {subscriber.id}")
    set_committed_value(subscriber, "consented_at", now.consented_at)


def _selves(subscriber_id: int) -> Select[int]:
    """The ids under which this person is on record."""
    mine = or_(Subscriber.id == subscriber_id, Subscriber.merged_into_id == subscriber_id)
    return select(Subscriber.id).where(mine)


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
