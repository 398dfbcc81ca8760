"""Whoever turns out to be one person is on the drill list once, and not at all where they have said stop since."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from delivery.models import Sender
from subscribers import consent, directory, drill_list, joining
from subscribers.models import Address, DrillMember, Source
from tests.bot import people

NOW = people.START
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def kept(session: Session, sender: Sender) -> Address:
    """Whose app shows the code."""
    return directory.make(session, sender, "4242", locale="en", now=NOW)


@pytest.fixture
def other(session: Session, sender: Sender) -> Address:
    """Where it is typed."""
    return directory.make(session, sender, "4343", locale="en", now=NOW)


def join(session: Session, kept: Address, other: Address) -> None:
    """They turn out to be one person."""
    code = joining.show(session, kept, now=LATER)
    assert joining.use(session, other, code, now=LATER).outcome is joining.Outcome.JOINED


@pytest.mark.parametrize(("is_kept_on", "is_other_on"), [(True, True), (True, False), (False, True), (False, False)])
def test_one_person_is_on_the_list_once_where_either_was(
    session: Session, kept: Address, other: Address, is_kept_on: bool, is_other_on: bool
) -> None:
    one, two = kept.subscriber, other.subscriber
    if is_kept_on:
        drill_list.join(session, one, now=NOW)
    if is_other_on:
        drill_list.join(session, two, now=NOW + timedelta(minutes=1))
    join(session, kept, other)
    is_on = is_kept_on or is_other_on
    assert (drill_list.is_on(session, one.id), drill_list.is_on(session, two.id)) == (is_on, False)
    assert drill_list.size(session, one.agency_id) == int(is_on)
    if is_on:
        since = session.get_one(DrillMember, one.id).joined_at
        assert since == (NOW if is_kept_on else NOW + timedelta(minutes=1))


@pytest.mark.parametrize("who_stopped", ["kept", "other"])
@pytest.mark.parametrize("who_joined", ["kept", "other"])
def test_a_stop_of_either_takes_both_off_it(
    session: Session, kept: Address, other: Address, who_stopped: str, who_joined: str
) -> None:
    here = {"kept": kept.subscriber, "other": other.subscriber}
    drill_list.join(session, here[who_joined], now=NOW)
    stop = {"source": Source.CHAT, "wording": "STOP", "evidence": {}, "now": NOW + timedelta(minutes=1)}
    consent.withdraw(session, here[who_stopped], **stop)  # type: ignore[arg-type]
    join(session, kept, other)
    assert drill_list.size(session, here["kept"].agency_id) == 0


def test_who_came_onto_it_after_their_stop_stays(session: Session, kept: Address, other: Address) -> None:
    stop = {"source": Source.CHAT, "wording": "STOP", "evidence": {}, "now": NOW}
    consent.withdraw(session, kept.subscriber, **stop)  # type: ignore[arg-type]
    drill_list.join(session, other.subscriber, now=NOW + timedelta(minutes=1))
    join(session, kept, other)
    assert drill_list.is_on(session, kept.subscriber_id)
