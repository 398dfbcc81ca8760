"""Alerts that still hold: whoever subscribes while one is in force is handed it at once, with our answer.

In force is an alert that was launched within the agency's `alert_hours`, is going out or went out, and was not put
right, taken back or ended since.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from broadcast import compose, content, outcomes, published, segmented
from broadcast.models import Broadcast
from broadcast.states import Kind, State
from delivery import latecomers
from staff.models import Agency
from subscribers.models import AreaChoice, Subscriber
from subscribers.segments import asking

HOLDING = (State.SENDING, State.FINISHED)
AT_MOST = 5  # of several alerts the newest


@dataclass(frozen=True, slots=True)
class Handed:
    """One alert as it is handed over: its message, and what stands beside it, if they want to see such."""

    text: str
    media_id: int | None = None
    alternative: str = ""


def hand_over(
    session: Session,
    agency: Agency,
    subscriber: Subscriber,
    topic_ids: Collection[int],
    *,
    is_newcomer: bool,
    now: datetime,
) -> list[Handed]:
    """What has to be said at once to somebody who just subscribed to these topics: each alert in force, oldest first.

    As it was sent, in their language or its fallback. Once for each person and alert, for ever: who got it with the
    others, or will, or was handed it before, is not handed it again. `is_newcomer`: alerts to everybody are new, too.
    """
    if subscriber.paused_until is not None and subscriber.paused_until > now:
        return []
    found = [
        each for each in _alerts(session, agency, topic_ids, is_newcomer, now) if _concerns(session, each, subscriber)
    ]
    if not found:
        return []
    put_right = published.corrections(session, [each.id for each in found])
    said = ((each, _handed(session, each, subscriber)) for each in found if each.id not in put_right)
    return [one for each, one in said if one and latecomers.note(session, each.id, subscriber.id, now=now)]


def _alerts(
    session: Session, agency: Agency, topic_ids: Collection[int], is_newcomer: bool, now: datetime
) -> Sequence[Broadcast]:
    of_topics = Broadcast.topic_id.in_(sorted(topic_ids))
    query = select(Broadcast).where(  # ix_broadcasts_agency_launched
        Broadcast.agency_id == agency.id,
        Broadcast.launched_at > now - timedelta(hours=agency.alert_hours),
        Broadcast.kind == Kind.ALERT,
        Broadcast.is_drill.is_(False),
        Broadcast.state.in_(HOLDING),
        outcomes.is_news(),
        or_(of_topics, Broadcast.topic_id.is_(None)) if is_newcomer else of_topics,
    )
    newest = session.scalars(query.order_by(Broadcast.launched_at.desc(), Broadcast.id.desc()).limit(AT_MOST)).all()
    return newest[::-1]


def _concerns(session: Session, alert: Broadcast, subscriber: Subscriber) -> bool:
    """Whether they are of its segment, and it is about where they want to hear of: who chose no area hears of all."""
    segment = segmented.of(session, alert)
    if segment is not None and not asking.holds(session, segment, subscriber.id):
        return False
    if not alert.area_ids:
        return True
    chosen = session.scalars(select(AreaChoice.area_id).where(AreaChoice.subscriber_id == subscriber.id)).all()
    return not chosen or not set(alert.area_ids).isdisjoint(chosen)


def _handed(session: Session, alert: Broadcast, subscriber: Subscriber) -> Handed | None:
    """As everybody else of this language reads it; None: there is no text for them."""
    said = compose.script(session, alert)
    source = said.source_of(subscriber.locale)
    if source is None:
        return None
    frame, text, shown = said.frames[source], said.texts[source], said.beside
    if shown is None:
        return Handed(content.rendered(frame, text))
    if subscriber.wants_media:
        return Handed(content.rendered(frame, text), alert.media_id, shown.words(source))
    return Handed(content.rendered(frame, shown.added(source, text)))
