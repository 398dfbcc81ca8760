"""What follows from a refusal."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Misconfigured, Refusal, Rejected, Throttled, Unavailable, Unreachable
from delivery.outcomes import Next, Terms, delay, follow, follow_receipt
from delivery.states import DeliveryState, DoubtPolicy, Lane
from tests.delivery.conftest import NOW

TERMS = Terms(1, Lane.NOTICE, DoubtPolicy.RESEND, NOW + timedelta(hours=1))
HELD = Terms(1, Lane.NOTICE, DoubtPolicy.HOLD, NOW + timedelta(hours=1))
OVER = Terms(1, Lane.NOTICE, DoubtPolicy.RESEND, NOW)
SOON = NOW + timedelta(seconds=5)
FAILED, UNKNOWN = DeliveryState.FAILED, DeliveryState.UNKNOWN


@pytest.mark.parametrize(
    ("refusal", "terms", "after"),
    [
        (Throttled(code="429", retry_after=timedelta(0)), TERMS, Next(retry_at=SOON)),
        (Throttled(code="429"), TERMS, Next(retry_at=SOON + timedelta(seconds=1))),
        (Throttled(code="429"), OVER, Next(FAILED, "throttled", "429")),
        (Misconfigured(code="401"), TERMS, Next(is_unsent=True, stops_sender=True)),
        (Unavailable(code="503"), TERMS, Next(retry_at=SOON)),
        (Unavailable(code="503"), OVER, Next(FAILED, "unavailable", "503")),
        (Unavailable(may_be_sent=True), TERMS, Next(UNKNOWN, "unavailable", retry_at=SOON)),
        (Unavailable(may_be_sent=True), HELD, Next(UNKNOWN, "unavailable")),
        (Unavailable(may_be_sent=True), OVER, Next(UNKNOWN, "unavailable")),
        (Rejected(code="x" * 99), TERMS, Next(FAILED, "rejected", "x" * 40)),
        (Unreachable(code="403"), TERMS, Next(FAILED, "unreachable", "403", is_unreachable=True)),
    ],
)
def test_five_refusals_five_different_things(refusal: Refusal, terms: Terms, after: Next) -> None:
    assert follow(refusal, terms, now=NOW, chance=0.0) == after


@pytest.mark.parametrize(
    ("refusal", "terms", "after"),
    [
        (Throttled(code="63018"), TERMS, Next(FAILED, "throttled", "63018", SOON)),
        (Unavailable(code="30008", may_be_sent=True), TERMS, Next(FAILED, "unavailable", "30008", SOON)),
        (Unavailable(code="30008", may_be_sent=True), HELD, Next(FAILED, "unavailable", "30008")),
        (Misconfigured(code="63007"), TERMS, Next(FAILED, "misconfigured", "63007", SOON, stops_sender=True)),
        (Rejected(code="63013"), TERMS, Next(FAILED, "rejected", "63013")),
        (Unreachable(code="63024"), TERMS, Next(FAILED, "unreachable", "63024", is_unreachable=True)),
    ],
)
def test_a_failure_that_is_reported_later_is_certain(refusal: Refusal, terms: Terms, after: Next) -> None:
    assert follow_receipt(refusal, terms, now=NOW, chance=0.0) == after


@given(st.integers(1, 500), st.sampled_from(Lane), st.floats(0, 1))
def test_delays_grow_to_a_ceiling_and_are_never_nothing(attempt: int, lane: Lane, chance: float) -> None:
    waited = delay(attempt, lane, chance)
    assert timedelta(seconds=1) <= waited <= (timedelta(seconds=30) if lane is Lane.ALERT else timedelta(minutes=10))
    assert delay(attempt + 1, lane, chance) >= waited
