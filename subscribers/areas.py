"""The districts of an agency, and who chose which. Who chose none hears of all. Another agency's do not exist here."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import bulk
from subscribers.models import Area, AreaChoice, Subscriber
from subscribers.topics import KEY, KEY_LENGTH

NAME_LENGTH = 22  # a row of a WhatsApp list takes 24, and a tick before it needs two
AT_MOST = 200  # of one agency: Singapore has 55 planning areas


class BadArea(Exception):
    """An area cannot be like this. The message tells the operator what to change."""


def add(session: Session, *, agency_id: int, key: str, names: Mapping[str, str], locales: Iterable[str]) -> Area:
    """A new area at the end of the agency's list. BadArea, also where a name in one of `locales` is missing."""
    others = list_for(session, agency_id)
    if not KEY.fullmatch(key) or len(key) > KEY_LENGTH:
        raise BadArea(f"the key {key!r} may hold a-z, 0-9, hyphens and underscores, {KEY_LENGTH} at most")
    if any(other.key == key for other in others):
        raise BadArea(f"there is already an area with the key {key!r}")
    if len(others) >= AT_MOST:
        raise BadArea(f"an agency has {AT_MOST} areas at most")
    _check_names(key, names, list(locales), others)
    last = session.scalar(select(func.max(Area.position)).where(Area.agency_id == agency_id))
    area = Area(agency_id=agency_id, key=key, names=dict(names), position=0 if last is None else last + 1)
    session.add(area)
    session.flush()
    return area


def list_for(session: Session, agency_id: int) -> Sequence[Area]:
    """The agency's areas in their order."""
    query = select(Area).where(Area.agency_id == agency_id).order_by(Area.position, Area.id)
    return session.scalars(query).all()


def find(session: Session, agency_id: int, area_id: int) -> Area | None:
    """The agency's area with this id; another agency's is none."""
    return session.scalars(select(Area).where(Area.id == area_id, Area.agency_id == agency_id)).one_or_none()


def by_key(session: Session, agency_id: int, key: str) -> Area | None:
    """The agency's area with this key."""
    return session.scalars(select(Area).where(Area.key == key, Area.agency_id == agency_id)).one_or_none()


def named(session: Session, agency_id: int, area_ids: Collection[int], locale: str) -> list[str]:
    """The names of these areas of an agency, in their order; asks nobody where there are none."""
    return [area.name_in(locale) for area in list_for(session, agency_id) if area.id in area_ids] if area_ids else []


def chosen(session: Session, subscriber: Subscriber) -> frozenset[int]:
    """The ids of the areas somebody chose; none of them means all."""
    query = select(AreaChoice.area_id).where(AreaChoice.subscriber_id == subscriber.id)
    return frozenset(session.scalars(query))


def choose(session: Session, subscriber: Subscriber, area_ids: Iterable[int]) -> None:
    """Add areas of the person's own agency to what they chose."""
    query = select(Area.id).where(Area.agency_id == subscriber.agency_id, Area.id.in_(list(area_ids)))
    rows = [{"subscriber_id": subscriber.id, "area_id": area_id} for area_id in session.scalars(query)]
    if rows:
        session.execute(bulk.insert(session, AreaChoice).values(rows).on_conflict_do_nothing())


def drop(session: Session, subscriber: Subscriber, area_id: int) -> bool:
    """Take an area away; whether they had chosen it."""
    mine = (AreaChoice.subscriber_id == subscriber.id) & (AreaChoice.area_id == area_id)
    return bool(session.execute(delete(AreaChoice).where(mine).returning(AreaChoice.area_id)).all())


def toggle(session: Session, subscriber: Subscriber, area_id: int) -> bool | None:
    """Choose the area if it was not chosen and the other way round; whether it is now, None if it is not theirs."""
    if find(session, subscriber.agency_id, area_id) is None:
        return None
    if drop(session, subscriber, area_id):
        return False
    choose(session, subscriber, [area_id])
    return True


def clear(session: Session, subscriber: Subscriber) -> None:
    """Hear of everywhere again."""
    session.execute(delete(AreaChoice).where(AreaChoice.subscriber_id == subscriber.id))


def _check_names(key: str, names: Mapping[str, str], locales: Sequence[str], others: Sequence[Area]) -> None:
    missing = [locale for locale in locales if not names.get(locale, "").strip()]
    if missing:
        raise BadArea(f"the area {key!r} has no name in {', '.join(missing)}")
    long = [locale for locale, name in names.items() if len(name) > NAME_LENGTH]
    if long:
        raise BadArea(f"the area {key!r} has a name of more than {NAME_LENGTH} characters in {', '.join(long)}")
    taken = [locale for locale in locales if any(other.names.get(locale) == names[locale] for other in others)]
    if taken:
        raise BadArea(f"there is already an area with that name in {', '.join(taken)}")
