"""Reading the people of a sub-batch, now: consent, topic, suppression, locale and address in one bounded statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Subquery, and_, case, false, null, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from channels.contract import Limits
from db import bulk
from delivery import quiet
from delivery.batches import Leased
from delivery.gate import Person, Words
from delivery.models import Delivery, Wording
from delivery.states import DeliveryState, Lane
from subscribers import areas, wishes
from subscribers.models import Address, AreaChoice, Subscriber, Subscription, Suppression

TAKEN = (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


def read(session: Session, leased: Leased, ids: Sequence[int], limits: Limits, *, now: datetime) -> dict[int, Person]:
    """What must be known of these subscribers of the consignment's agency; whoever is gone is left out.

    Somebody with two addresses at this sender is met at the one they prefer, else at the one that spoke last.
    """
    if not ids:
        return {}
    return {row[0]: Person._make(row) for row in session.execute(_question(session, leased, ids, limits, now))}


def served(session: Session, leased: Leased, ids: Sequence[int]) -> frozenset[int]:
    """Those a later attempt would reach twice: what was in doubt has turned out to be theirs, by a receipt."""
    if leased.attempt == 1 or not ids:
        return frozenset()
    question = select(Delivery.subscriber_id).where(  # the primary key
        Delivery.consignment_id == leased.consignment_id,
        bulk.among(session, Delivery.subscriber_id, ids),
        Delivery.state.in_(TAKEN),
    )
    return frozenset(session.scalars(question)) & frozenset(ids)


def wordings(session: Session, leased: Leased) -> dict[str, Words]:
    """What the consignment says through this sender, by locale."""
    asked = select(Wording).where(
        Wording.consignment_id == leased.consignment_id, Wording.sender_id == leased.sender_id
    )
    return {row.locale: Words(row.text, row.template_id, row.variables) for row in session.scalars(asked)}


def _question(session: Session, leased: Leased, ids: Sequence[int], limits: Limits, now: datetime) -> Executable:
    """The fields of a Person. Primary and unique keys only, both sides of joins bounded; the best address comes last.

    When somebody last spoke is asked only where it matters: reading an instant costs as much as all the rest of a row.
    """
    chosen = _chosen_areas(session, leased, ids)
    question = (
        select(*_fields(leased, limits, now), areas.is_elsewhere(chosen) if chosen is not None else false())
        .select_from(Subscriber)
        .outerjoin(
            Address,
            and_(
                Address.subscriber_id == Subscriber.id,
                Address.sender_id == leased.sender_id,
                bulk.among(session, Address.subscriber_id, ids),
            ),
        )
        .outerjoin(
            Subscription,
            and_(Subscription.subscriber_id == Subscriber.id, Subscription.topic_id == leased.topic_id),
        )
        .outerjoin(Suppression, and_(Suppression.sender_id == leased.sender_id, Suppression.value == Address.value))
        .where(Subscriber.agency_id == leased.agency_id, bulk.among(session, Subscriber.id, ids))
        .order_by(Subscriber.id, *_FROM_WORST)
    )
    return question if chosen is None else question.outerjoin(chosen, chosen.c.subscriber_id == Subscriber.id)


def _fields(leased: Leased, limits: Limits, now: datetime) -> list[ColumnElement[Any] | InstrumentedAttribute[Any]]:
    holds = true() if leased.topic_id is None else Subscription.cadence.in_(sorted(leased.cadences)).is_(True)
    is_alert = leased.lane is Lane.ALERT
    return [
        Subscriber.id,
        Subscriber.locale,
        Address.value,
        Address.last_inbound_at if limits.reply_window is not None else null(),
        Subscriber.consented_at.is_not(None),
        holds,
        and_(Suppression.id.is_not(None), Suppression.until.is_(None)),
        (Suppression.until > now).is_(True),
        Suppression.until.is_not(None),
        wishes.is_paused(now),
        null() if is_alert else _quiet_until(quiet.minute_of(now, leased.time_zone)),
    ]


_FROM_WORST = (
    Suppression.id.is_(None),
    (Address.id == Subscriber.preferred_address_id).is_(True),
    Address.last_inbound_at.is_not(None),
    Address.last_inbound_at,
    Address.id,
)


def _quiet_until(minute: int) -> ColumnElement[int | None]:
    return case((wishes.is_quiet(minute), Subscriber.quiet_until))


def _chosen_areas(session: Session, leased: Leased, ids: Sequence[int]) -> Subquery | None:
    if not leased.area_ids:
        return None
    return areas.chosen(leased.area_ids, bulk.among(session, AreaChoice.subscriber_id, ids))
