"""Areas as a condition on people: who chose one of these, and who chose none, hears of what is said about them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Subquery, case, func, select

from subscribers.models import AreaChoice


def chosen(area_ids: Collection[int], *bounds: ColumnElement[bool]) -> Subquery:
    """Of everybody who chose areas, within these bounds, whether one of these is among them: `is_here`, 1 or 0.

    A join and no condition on each person: `NOT IN` a large set is looked through again for each of them.
    """
    is_here = func.max(case((AreaChoice.area_id.in_(sorted(area_ids)), 1), else_=0)).label("is_here")
    # The primary key for ranges of people, ix_area_choices_area for an agency's areas.
    return select(AreaChoice.subscriber_id, is_here).where(*bounds).group_by(AreaChoice.subscriber_id).subquery()


def is_elsewhere(choices: Subquery) -> ColumnElement[bool]:
    """Whether somebody chose areas and none of these, where `choices` are joined from the outside."""
    return func.coalesce(choices.c.is_here, 1) == 0
