"""Reading the people of a sub-batch, now: consent, topic, suppression, locale and address in one bounded statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Subquery, and_, case, false, func, null, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from channels.contract import Limits
from db import bulk
from delivery import media, quiet
from delivery.batches import Leased
from delivery.gate import Person, Words
from delivery.models import Delivery, Wording
from delivery.states import TAKEN, Aim, Lane
from subscribers import conditions
from subscribers.models import Address, AreaChoice, Cadence, Subscriber, Subscription, Suppression
from subscribers.segments import asking
from subscribers.segments.asking import Asked

SHOWN_IN_ATTEMPTS = 2


def read(session: Session, leased: Leased, ids: Sequence[int], limits: Limits, *, now: datetime) -> dict[int, Person]:
    """What must be known of these subscribers of the consignment's agency; whoever is gone is left out.

    Somebody with two addresses at this sender is met at the one they prefer, else at the one that spoke last.
    """
    if not ids:
        return {}
    return {row[0]: Person._make(row) for row in session.execute(_question(session, leased, ids, limits, now))}


def served(session: Session, leased: Leased, ids: Sequence[int]) -> frozenset[int]:
    """Those who would be reached twice: what was in doubt has turned out to be theirs, by a receipt, or they got it at
    another address before it was joined to this person."""
    if not ids:
        return frozenset()
    before = {own: person for own, person in _joined(session, ids) if person in set(ids)}
    asked = [*before, *(ids if leased.attempt > 1 else ())]
    if not asked:
        return frozenset()
    question = select(Delivery.subscriber_id).where(  # the primary key
        Delivery.consignment_id == leased.consignment_id,
        bulk.among(session, Delivery.subscriber_id, asked),
        Delivery.state.in_(TAKEN),
    )
    have_it = frozenset(session.scalars(question))
    return frozenset(before.get(id_, id_) for id_ in have_it & frozenset(asked))


def _joined(session: Session, ids: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Who was joined to these people, and to whom. Few ever were: ix_subscribers_merged_into_id holds no others."""
    question = select(Subscriber.id, Subscriber.merged_into_id).where(
        Subscriber.merged_into_id.is_not(None), bulk.among(session, Subscriber.merged_into_id, ids)
    )
    return [(own, person) for own, person in session.execute(question) if person is not None]


def wordings(session: Session, leased: Leased) -> dict[str, Words]:
    """What the consignment says through this sender, by locale."""
    asked = select(Wording).where(
        Wording.consignment_id == leased.consignment_id, Wording.sender_id == leased.sender_id
    )
    return {row.locale: _words(session, leased, row) for row in session.scalars(asked)}


def _words(session: Session, leased: Leased, row: Wording) -> Words:
    """A wording with its media; from the third attempt on without them, which may be what the others failed for."""
    if leased.media_id is None:
        return Words(row.text, row.template_id, row.variables, has_preview=row.has_preview)
    shown = media.shown(session, leased.media_id, leased.sender_id, alternative=row.alternative)
    if shown is None or leased.attempt > SHOWN_IN_ATTEMPTS:
        text = row.without_media or row.text
        return Words(text, row.template_id, row.variables, has_preview=row.has_preview)
    return Words(row.text, row.template_id, row.variables, shown, row.without_media, row.has_preview)


def _question(session: Session, leased: Leased, ids: Sequence[int], limits: Limits, now: datetime) -> Executable:
    """The fields of a Person. Primary and unique keys only, both sides of joins bounded; the best address comes last.

    When somebody last spoke is asked only where it matters: reading an instant costs as much as all the rest of a row.
    """
    chosen, segment = _chosen_areas(session, leased, ids), _segment(session, leased, ids)
    question = (
        select(
            *_fields(leased, limits, now),
            conditions.is_elsewhere(chosen) if chosen is not None else false(),
            Subscriber.wants_media if leased.media_id is not None else true(),
            ~segment.is_in if segment is not None else false(),
        )
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
    if segment is not None:
        question = segment.joined(question)
    return question if chosen is None else question.outerjoin(chosen, chosen.c.subscriber_id == Subscriber.id)


def _fields(leased: Leased, limits: Limits, now: datetime) -> list[ColumnElement[Any] | InstrumentedAttribute[Any]]:
    is_alert, is_put_right = leased.lane is Lane.ALERT, leased.aim is Aim.CORRECT
    return [
        Subscriber.id,
        Subscriber.locale,
        Address.value,
        Address.last_inbound_at if limits.reply_window is not None else null(),
        conditions.is_on_drill_list() if leased.is_drill else Subscriber.consented_at.is_not(None),
        _holds(leased),
        and_(Suppression.id.is_not(None), Suppression.until.is_(None)),
        false() if is_put_right else (Suppression.until > now).is_(True),
        Suppression.until.is_not(None),
        false() if is_put_right else conditions.is_paused(now),
        null() if is_alert or is_put_right else _quiet_until(quiet.minute_of(now, leased.time_zone)),
    ]


_FROM_WORST = (
    Suppression.id.is_(None),
    (Address.id == Subscriber.preferred_address_id).is_(True),
    Address.last_inbound_at.is_not(None),
    Address.last_inbound_at,
    Address.id,
)


def _quiet_until(minute: int) -> ColumnElement[int | None]:
    return case((conditions.is_quiet(minute), Subscriber.quiet_until))


def _chosen_areas(session: Session, leased: Leased, ids: Sequence[int]) -> Subquery | None:
    if not leased.area_ids:
        return None
    return conditions.chosen_areas(leased.area_ids, bulk.among(session, AreaChoice.subscriber_id, ids))


def _segment(session: Session, leased: Leased, ids: Sequence[int]) -> Asked | None:
    chosen = asking.selection(leased.segment, agency_id=leased.agency_id, zone=leased.time_zone)
    if chosen is None:
        return None
    return asking.asked(session, chosen, lambda column: bulk.among(session, column, ids))


def _holds(leased: Leased) -> ColumnElement[bool]:
    """Whether they still hold the topic with the cadence this is for.

    Of several topics all, for more than alerts, so that nobody hears of one they left; and one with that cadence.
    """
    cadences = sorted(leased.cadences)
    if leased.topic_ids:
        held = aliased(Subscription)
        mine = held.subscriber_id == Subscriber.id, held.topic_id.in_(sorted(leased.topic_ids))  # the primary key
        left = select(func.count()).where(*mine, held.cadence != Cadence.ALERTS).scalar_subquery()
        reads = select(held.topic_id).where(*mine, held.cadence.in_(cadences)).exists()
        return and_(left == len(leased.topic_ids), reads)
    return true() if leased.topic_id is None else Subscription.cadence.in_(cadences).is_(True)
