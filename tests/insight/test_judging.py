"""When a number is unusual: a share and a floor, against what is usual."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight import judging
from insight.judging import Rate

USUAL = Rate(100, 50_000)  # two in a thousand


@pytest.mark.parametrize(
    ("stopped", "reached", "is_spike"),
    [
        (0, 0, False),
        (4, 20, False),  # a family
        (5, 30, True),
        (10, 5_000, False),  # as usual
        (24, 5_000, False),  # not yet three times
        (60, 5_000, True),
        (3_000, 1_000_000, False),
        (7_000, 1_000_000, True),
    ],
)
def test_a_spike_is_enough_people_a_large_share_and_no_chance(stopped: int, reached: int, is_spike: bool) -> None:
    assert judging.is_spike(Rate(stopped, reached), USUAL) is is_spike


def test_where_many_always_stop_more_are_needed() -> None:
    assert judging.is_spike(Rate(60, 5_000), Rate()) is True
    assert judging.is_spike(Rate(60, 5_000), Rate(300, 30_000)) is False


@pytest.mark.parametrize(
    ("reached", "usual", "is_falling"),
    [
        (Rate(70, 100), Rate(9_500, 10_000), True),
        (Rate(88, 100), Rate(9_500, 10_000), False),  # not by a tenth
        (Rate(8, 20), Rate(9_500, 10_000), False),  # too few
        (Rate(70, 100), Rate(380, 400), False),  # nothing known yet
        (Rate(0, 0), Rate(9_500, 10_000), False),
        (Rate(700_000, 1_000_000), Rate(950_000, 1_000_000), True),
        (Rate(99, 100), Rate(800, 1_000), False),
    ],
)
def test_a_rate_falls_by_a_tenth_and_not_by_chance(reached: Rate, usual: Rate, is_falling: bool) -> None:
    assert judging.is_falling(reached, usual) is is_falling
    assert not (is_falling and judging.is_back(reached, usual))


@given(number=st.integers(0, 40), expected=st.floats(0.01, 30))
def test_the_chance_is_poissons(number: int, expected: float) -> None:
    below = math.fsum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(number))
    assert judging.at_least(number, expected) == pytest.approx(1 - below, abs=1e-9)
    assert judging.at_least(number + 1, expected) <= judging.at_least(number, expected) + 1e-12
