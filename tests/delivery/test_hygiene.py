"""Strikes, quarantine and the breaker's arithmetic, without any database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import hygiene
from delivery.hygiene import Reach, Standing

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOTHING = Reach()


def struck(*hours: float) -> Standing:
    """What is held against an address that failed so many hours after the first time."""
    known = None
    for hour in (0.0, *hours):
        known = hygiene.strike(known, now=NOW + hour * HOUR)
    assert known is not None
    return known


def test_a_first_failure_is_a_quarantine_that_ends_before_tomorrows_broadcast() -> None:
    assert struck() == Standing(NOW, NOW, 1, NOW + 20 * HOUR)


def test_failures_of_one_day_are_one_strike() -> None:
    assert struck(0.1, 5, 19.9) == struck()


def test_a_second_strike_waits_longer() -> None:
    assert struck(24) == Standing(NOW, NOW + 24 * HOUR, 2, NOW + (24 + 68) * HOUR)


def test_the_third_strike_suppresses_once_three_days_have_passed() -> None:
    assert struck(24, 96).until is None
    assert struck(24, 48).until is not None  # an alert failed in between: three strikes, but over two days only
    assert struck(24, 48, 72).until is None


def test_what_is_suppressed_stays_as_it_is() -> None:
    assert struck(24, 96, 500) == struck(24, 96)


def test_a_report_from_the_past_is_no_strike() -> None:
    assert struck(24, -100) == struck(24)


def test_the_persons_own_word_needs_no_third_time() -> None:
    assert hygiene.condemn(None, now=NOW) == Standing(NOW, NOW, 1, None)
    assert hygiene.condemn(struck(), now=NOW + HOUR) == Standing(NOW, NOW + HOUR, 2, None)


@given(st.lists(st.floats(0, 400), max_size=30))
def test_nobody_is_suppressed_without_three_strikes_over_three_days(gaps: list[float]) -> None:
    known, at, strikes = None, NOW, list[datetime]()
    for gap in gaps:
        at += gap * HOUR
        if not strikes or at - strikes[-1] >= hygiene.A_DAY:
            strikes.append(at)
        known = hygiene.strike(known, now=at)
        if known.until is None:
            assert len(strikes) >= 3
            assert at - strikes[0] >= timedelta(days=3)
            return
        assert at < known.until or known.struck_at < at  # whoever failed just now is left alone for a while


@pytest.mark.parametrize(
    ("recent", "usual", "bad"),
    [
        (Reach(30, 9), NOTHING, False),  # too few to say
        (Reach(19, 19), NOTHING, False),
        (Reach(20, 10), NOTHING, True),
        (Reach(60, 10), NOTHING, True),
        (Reach(67, 10), NOTHING, False),  # 15 % and less may happen
        (Reach(0, 20), NOTHING, True),  # receipts that come late
        (Reach(1000, 300), Reach(20_000, 1_800), True),  # 30 % where 9 % is usual
        (Reach(1000, 300), Reach(20_000, 2_200), False),  # and where 11 % is
        (Reach(1000, 300), Reach(20_000, 200), True),
    ],
)
def test_a_share_is_bad_when_it_is_high_and_unusual(recent: Reach, usual: Reach, bad: bool) -> None:
    assert hygiene.is_bad(recent, usual) is bad


def test_an_outage_in_the_middle_of_a_long_broadcast_is_seen_in_its_first_slots() -> None:
    good, outage = Reach(450, 9), Reach(450, 135)  # 15 seconds at 30 a second
    assert not hygiene.opens([good] * 20, NOTHING)
    assert hygiene.opens([*[good] * 19, outage], NOTHING)


def test_a_slow_senders_few_messages_are_added_up() -> None:
    assert hygiene.opens([Reach(4, 2)] * 5, NOTHING)


def test_it_stays_open_while_a_bad_stretch_is_in_sight_and_closes_when_nothing_is_sent() -> None:
    good, outage = Reach(450, 9), Reach(450, 135)
    assert not hygiene.opens([outage, *[good] * 19], NOTHING)
    assert not hygiene.may_close([outage, *[good] * 19], NOTHING)
    assert hygiene.may_close([good] * 20, NOTHING)
    assert hygiene.may_close([], NOTHING)


def test_what_is_usual_forgets_slowly() -> None:
    long_ago = hygiene.remember(NOTHING, [Reach(450, 90)] * 40)
    assert long_ago.share == pytest.approx(0.2)
    lately = hygiene.remember(long_ago, [Reach(450, 0)] * 400)
    assert lately.share < 0.001
    assert 10_000 <= lately.sent <= 20_000


@given(st.lists(st.builds(Reach, st.integers(0, 2000), st.integers(0, 2000)), max_size=50))
def test_what_is_usual_never_grows_beyond_what_it_remembers(slots: list[Reach]) -> None:
    usual = NOTHING
    for slot in slots:
        usual = hygiene.remember(usual, [slot])
        assert 0 <= usual.sent <= hygiene.REMEMBERED
