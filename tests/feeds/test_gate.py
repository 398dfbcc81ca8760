"""The gate lets pass what is fresh, complete, plausible and new, and of everything else it says why not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import gate, reading
from feeds.gate import AHEAD, Finding, Why
from feeds.reading import Reading
from tests.feeds import rivers

NOW = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
YESTERDAY = Reading({"level": Decimal("1.2"), "trend": "up"}, NOW - timedelta(days=1))


def judged(
    level: object = 1.3, *, age: timedelta = timedelta(minutes=5), before: Reading | None = YESTERDAY, **changes: Any
) -> list[Finding]:
    spec = rivers.spec(**changes)
    found = reading.read(spec, rivers.document(level, at=NOW - age))
    return gate.judge(spec, found, before, now=NOW)


def test_what_is_fresh_complete_plausible_and_new_passes() -> None:
    assert judged() == []
    assert judged(before=None) == []


@pytest.mark.parametrize(
    ("level", "age", "finding"),
    [
        (1.3, timedelta(hours=3), Finding(Why.STALE)),
        (1.3, timedelta(hours=-1), Finding(Why.UNDATED)),
        (None, timedelta(), Finding(Why.MISSING, "level")),
        ("broken", timedelta(), Finding(Why.UNFIT, "level")),
        (-0.1, timedelta(), Finding(Why.OUT_OF_BOUNDS, "level", "0")),
        (10.1, timedelta(), Finding(Why.OUT_OF_BOUNDS, "level", "10")),
        (3.3, timedelta(), Finding(Why.JUMPED, "level", "2")),
        (1.2, timedelta(), Finding(Why.SAME)),
    ],
)
def test_what_does_not_is_held_and_it_says_why(level: object, age: timedelta, finding: Finding) -> None:
    assert judged(level, age=age) == [finding]


def test_several_reasons_are_all_said() -> None:
    assert [each.why for each in judged(99, age=timedelta(days=2))] == [Why.STALE, Why.OUT_OF_BOUNDS]


def test_what_may_repeat_itself_must_be_of_another_time() -> None:
    assert judged(1.2, may_repeat=True) == []
    assert judged(
        1.2, age=timedelta(minutes=60), before=Reading(YESTERDAY.values, NOW - timedelta(minutes=60)), may_repeat=True
    ) == [Finding(Why.SAME)]


@given(
    level=st.decimals(-20, 20, places=2),
    was=st.decimals(0, 10, places=2) | st.none(),
    age=st.timedeltas(timedelta(hours=-1), timedelta(hours=5)),
)
def test_it_passes_exactly_what_is_within_every_bound(level: Decimal, was: Decimal | None, age: timedelta) -> None:
    before = None if was is None else Reading({"level": was, "trend": "up"}, NOW - timedelta(days=1))
    is_fresh = -AHEAD <= age <= timedelta(minutes=120)
    is_plausible = 0 <= level <= 10 and (was is None or abs(level - was) <= 2)
    assert (judged(str(level), age=age, before=before) == []) is (is_fresh and is_plausible and level != was)


@given(st.lists(st.builds(Finding, st.sampled_from(Why), st.text(max_size=5), st.text(max_size=5))))
def test_findings_are_kept_as_they_are(findings: list[Finding]) -> None:
    assert gate.unpack(gate.pack(findings)) == findings
