"""What people wish for, as conditions on their rows: quiet hours, a pause, areas. For statements about many of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select

from subscribers.models import AreaChoice, DrillMember, Subscriber


def is_quiet(minute: int) -> ColumnElement[bool]:
    """Whether this minute of the local day falls into their quiet hours; null where they have none."""
    over_midnight = Subscriber.quiet_from > Subscriber.quiet_until
    return or_(
        and_(Subscriber.quiet_from <= minute, Subscriber.quiet_until > minute),
        and_(over_midnight, or_(Subscriber.quiet_from <= minute, Subscriber.quiet_until > minute)),
    )


def is_on_drill_list() -> ColumnElement[bool]:
    """Whether they are on the drill list of their agency. The primary key."""
    mine = (DrillMember.subscriber_id == Subscriber.id, DrillMember.agency_id == Subscriber.agency_id)
    return exists().where(*mine)


def is_paused(at: datetime) -> ColumnElement[bool]:
    """Whether their pause lasts beyond this instant."""
    return Subscriber.paused_until.is_not(None) & (Subscriber.paused_until > at)


def chosen_areas(area_ids: Collection[int], *bounds: ColumnElement[bool]) -> Subquery:
    """Of everybody who chose areas, within these bounds, whether one of these is among them: `is_here`, 1 or 0.

    A join and no condition on each person: `NOT IN` a large set is looked through again for each of them.
    """
    is_here = func.max(case((AreaChoice.area_id.in_(sorted(area_ids)), 1), else_=0)).label("is_here")
    # The primary key for ranges of people, ix_area_choices_area for an agency's areas.
    return select(AreaChoice.subscriber_id, is_here).where(*bounds).group_by(AreaChoice.subscriber_id).subquery()


def is_elsewhere(choices: Subquery) -> ColumnElement[bool]:
    """Whether somebody chose areas and none of these, where `choices` are joined from the outside."""
    return func.coalesce(choices.c.is_here, 1) == 0
