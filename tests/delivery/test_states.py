"""What is heard of a delivery is merged to the same, whatever the order, the repetitions and the groups it comes in."""

from datetime import timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.states import DeliveryState, Ledger, Report, first, merge
from tests.delivery.conftest import NOW

S = DeliveryState

words = st.sampled_from([None, "unreachable", "rejected", "x1"])
reports = st.builds(
    Report,
    attempt=st.integers(1, 4),
    heard=st.sampled_from(DeliveryState),
    at=st.integers(0, 5).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    reason=words,
    code=words,
    provider_id=words,
)


def all_of(heard: list[Report]) -> Ledger:
    """Everything merged, one after the other."""
    return reduce(merge, map(first, heard))


def heard(*what: tuple[int, DeliveryState]) -> DeliveryState:
    """The state after these (attempt, state), which must not depend on their order."""
    found = {all_of([Report(attempt, state, NOW) for attempt, state in order]).state for order in permutations(what)}
    assert len(found) == 1
    return found.pop()


@given(st.lists(reports, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(some: list[Report], random: object) -> None:
    again = some + some[: len(some) // 2 + 1]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert all_of(again) == all_of(some)


@given(reports, reports, reports)
def test_grouping_does_not_matter(one: Report, two: Report, three: Report) -> None:
    a, b, c = first(one), first(two), first(three)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, b) == merge(b, a)
    assert merge(a, a) == a


@given(st.lists(reports, min_size=1, max_size=5), st.lists(reports, min_size=1, max_size=5))
def test_two_ledgers_merge_to_what_one_would_have_heard(some: list[Report], others: list[Report]) -> None:
    assert merge(all_of(some), all_of(others)) == all_of(some + others)


@given(st.lists(reports, min_size=1, max_size=8))
def test_had_any_attempt_reach_the_person_that_stands(some: list[Report]) -> None:
    states = {report.heard for report in some}
    merged = all_of(some).state
    if S.READ in states:
        assert merged is S.READ
    elif S.DELIVERED in states:
        assert merged is S.DELIVERED


@given(st.lists(reports, min_size=1, max_size=8))
def test_of_each_instant_the_earliest_stays(some: list[Report]) -> None:
    merged = all_of(some)
    for state in (S.ACCEPTED, S.SENT, S.DELIVERED, S.READ, S.FAILED):
        instants = [report.at for report in some if report.heard is state]
        assert getattr(merged, f"{state}_at") == (min(instants) if instants else None)


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ([(1, S.ACCEPTED), (1, S.SENT), (1, S.FAILED)], S.FAILED),
        ([(1, S.UNKNOWN), (1, S.ACCEPTED)], S.ACCEPTED),
        ([(1, S.FAILED), (2, S.ACCEPTED)], S.ACCEPTED),
        ([(1, S.DELIVERED), (2, S.FAILED)], S.DELIVERED),
        ([(1, S.UNKNOWN), (2, S.WITHHELD)], S.UNKNOWN),
        ([(1, S.WITHHELD), (2, S.UNKNOWN)], S.UNKNOWN),
        ([(1, S.FAILED), (2, S.WITHHELD)], S.FAILED),
        ([(1, S.READ), (1, S.DELIVERED), (2, S.DELIVERED)], S.READ),
        ([(1, S.WITHHELD)], S.WITHHELD),
    ],
)
def test_who_speaks(what: list[tuple[int, DeliveryState]], state: DeliveryState) -> None:
    assert heard(*what) is state
