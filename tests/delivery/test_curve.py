"""Percentiles out of buckets are as good as exact ones, to within the error that is stated."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import curve, curves, ledger, tasks
from delivery.curve import ERROR, LONGEST, SHORTEST, Percentiles, counted, percentiles
from delivery.states import DeliveryState, Milestone, Report, first
from tests.delivery.conftest import NOW, Clock, Desk, Town

SPANS = st.floats(min_value=SHORTEST, max_value=LONGEST)


def exact(spans: list[float], quantile: float) -> float:
    """The nearest-rank percentile of all the spans."""
    return sorted(spans)[max(1, math.ceil(round(quantile * len(spans), 6))) - 1]


@given(st.lists(SPANS, min_size=1, max_size=400))
def test_no_percentile_is_further_from_the_exact_one_than_stated(spans: list[float]) -> None:
    found = percentiles(counted(spans))
    assert found is not None
    assert found.people == len(spans)
    for quantile, said in found.by_quantile.items():
        assert said == pytest.approx(exact(spans, quantile), rel=ERROR + 1e-6)


@given(st.lists(SPANS, min_size=1), st.lists(SPANS, min_size=1))
def test_the_curves_of_two_senders_add_up_to_the_curve_of_both(one: list[float], other: list[float]) -> None:
    assert percentiles(counted(one) + counted(other)) == percentiles(counted(one + other))


@given(SPANS, SPANS)
def test_who_was_reached_later_is_never_in_an_earlier_bucket(one: float, other: float) -> None:
    assert (curve.bucket(one) <= curve.bucket(other)) or one > other


@pytest.mark.parametrize("odd", [-5.0, 0.0, 1e-9, 1e12])
def test_a_clock_that_ran_backwards_or_for_years_breaks_nothing(odd: float) -> None:
    found = percentiles(counted([odd]))
    assert found is not None
    assert SHORTEST <= found.p50 <= LONGEST * (1 + ERROR)


def test_nobody_has_no_percentile() -> None:
    assert percentiles({}) is None


def of(town: Town) -> dict[Milestone, Percentiles]:
    """The curve of the one consignment."""
    with town.sessions() as session:
        return curves.of(session, [1]).get(1, {})


def test_the_curve_is_kept_as_people_are_reached(desk: Desk) -> None:
    """Half of them leave ten seconds after the launch, the others two minutes after it."""
    people = desk.town.settle_in(100)
    desk.town.announce(people, size=50)
    for seconds in (10, 110):
        desk.clock.wait(seconds)
        task, id_ = desk.woken.pop(0)
        assert (task, id_) == ("work", desk.town.sender_id)
        _one_batch(desk)
    handed_over = of(desk.town)[Milestone.HANDED_OVER]
    assert handed_over.people == 100
    assert handed_over.p50 == pytest.approx(10, rel=ERROR)
    assert handed_over.p99 == pytest.approx(120, rel=ERROR)
    assert set(of(desk.town)) == {Milestone.HANDED_OVER}


def _one_batch(desk: Desk) -> None:
    woken = list(desk.woken)
    desk.office.loop.run(tasks.work(desk.office, desk.town.sender_id))
    desk.woken[:] = [*woken, ("work", desk.town.sender_id)]


def test_a_milestone_counts_once_however_often_it_is_heard_of(town: Town) -> None:
    people = town.settle_in(1)
    town.announce(people)
    clock = Clock()
    for _ in range(2):
        for seconds, state in ((3, DeliveryState.DELIVERED), (2, DeliveryState.ACCEPTED), (9, DeliveryState.READ)):
            clock.now = NOW + timedelta(seconds=seconds)
            _hear(town, people[0], state, clock)
    found = of(town)
    assert [each.people for each in found.values()] == [1, 1]
    assert found[Milestone.HANDED_OVER].p50 == pytest.approx(2, rel=ERROR)
    assert found[Milestone.DELIVERED].p50 == pytest.approx(3, rel=ERROR)


def test_who_has_read_it_has_it_although_nobody_said_that_it_arrived(town: Town) -> None:
    people = town.settle_in(1)
    town.announce(people)
    _hear(town, people[0], DeliveryState.READ, Clock(NOW + timedelta(seconds=9)))
    assert of(town)[Milestone.DELIVERED].people == 1


def _hear(town: Town, subscriber_id: int, state: DeliveryState, clock: Clock) -> None:
    known = first(Report(1, state, clock()))
    with town.sessions.begin() as session:
        changes = ledger.record(session, [ledger.Entry(1, subscriber_id, town.sender_id, known)], are_expected=True)
        curves.follow(session, changes, launched_at={1: NOW})


def test_whom_a_receipt_named_first_is_counted_once_by_our_own_settlement(desk: Desk) -> None:
    """The receipt overtakes us: it says delivered, and only our settlement says when the provider took it."""
    desk.pigeon.with_limits(has_receipts=True)
    people = desk.town.settle_in(10)
    desk.town.announce(people)
    _hear(desk.town, people[0], DeliveryState.DELIVERED, Clock(NOW + timedelta(seconds=1)))
    desk.clock.wait(5)
    desk.work_off()
    assert of(desk.town)[Milestone.HANDED_OVER].people == 10
    assert of(desk.town)[Milestone.DELIVERED].people == 1
