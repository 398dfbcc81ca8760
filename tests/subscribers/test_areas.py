"""Districts of an agency, and who chose which."""

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import areas
from subscribers.models import Area, Subscriber
from tests.bot import people


def add(session: Session, agency_id: int, key: str, name: str | None = None) -> Area:
    """An area of one name in every language."""
    names = dict.fromkeys(people.LOCALES, name or key.title())
    return areas.add(session, agency_id=agency_id, key=key, names=names, locales=people.LOCALES)


def test_areas_are_chosen_dropped_and_forgotten(session: Session, subscriber: Subscriber) -> None:
    bedok, yishun = (add(session, subscriber.agency_id, key) for key in ("bedok", "yishun"))
    assert [area.key for area in areas.list_for(session, subscriber.agency_id)] == ["bedok", "yishun"]
    assert areas.chosen(session, subscriber) == frozenset()
    assert areas.toggle(session, subscriber, bedok.id) is True
    areas.choose(session, subscriber, [bedok.id, yishun.id])
    assert areas.chosen(session, subscriber) == {bedok.id, yishun.id}
    assert areas.toggle(session, subscriber, bedok.id) is False
    assert areas.chosen(session, subscriber) == {yishun.id}
    areas.clear(session, subscriber)
    assert areas.chosen(session, subscriber) == frozenset()


def test_an_area_of_another_agency_does_not_exist(session: Session, subscriber: Subscriber) -> None:
    theirs = add(session, people.agency(session, "nea").id, "jurong")
    areas.choose(session, subscriber, [theirs.id])
    assert areas.toggle(session, subscriber, theirs.id) is None
    assert areas.find(session, subscriber.agency_id, theirs.id) is None
    assert areas.by_key(session, subscriber.agency_id, "jurong") is None
    assert areas.chosen(session, subscriber) == frozenset()


@pytest.mark.parametrize(
    ("key", "name", "reason"),
    [
        ("Bedok North", "Bedok", "may hold a-z"),
        ("bedok", "Elsewhere", "already an area with the key"),
        ("tampines", "Bedok", "already an area with that name"),
        ("tampines", " ", "no name in"),
        ("tampines", "T" * 23, "more than 22 characters"),
    ],
)
def test_a_bad_area_is_refused_with_the_reason(
    session: Session, sender: Sender, key: str, name: str, reason: str
) -> None:
    add(session, sender.agency_id, "bedok")
    with pytest.raises(areas.BadArea, match=reason):
        add(session, sender.agency_id, key, name)
