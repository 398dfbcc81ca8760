"""A time-to-reach curve in buckets: how many people were reached within how many seconds, and its percentiles. Pure.

Buckets are a fixed ratio apart, so a percentile is wrong by at most ERROR of itself, whatever the span, and curves of
several senders add up. https://arxiv.org/abs/1908.10693 (DDSketch) has the proof.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ERROR = 0.04
RATIO = (1 + ERROR) / (1 - ERROR)
SHORTEST, LONGEST = 0.01, 30 * 86_400.0
"""Seconds; what is shorter or longer counts as these."""
QUANTILES = (0.5, 0.9, 0.99)
_LOG_RATIO = math.log(RATIO)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Within how many seconds half, nine in ten and ninety-nine in a hundred of `people` were reached."""

    people: int
    p50: float
    p90: float
    p99: float

    @property
    def by_quantile(self) -> Mapping[float, float]:
        """The same by quantile, for whoever writes all of them."""
        return dict(zip(QUANTILES, (self.p50, self.p90, self.p99), strict=True))


def bucket(seconds: float) -> int:
    """The bucket of this span; 0 is the shortest."""
    within = min(max(seconds, SHORTEST), LONGEST)
    return math.ceil(math.log(within / SHORTEST) / _LOG_RATIO - 1e-9)


def value(bucket: int) -> float:
    """The span in seconds that stands for a bucket: no span in it is further away than ERROR of itself."""
    if bucket <= 0:
        return SHORTEST
    return float(2 * SHORTEST * RATIO**bucket / (RATIO + 1))


def counted(spans: Iterable[float]) -> Counter[int]:
    """How many of these spans (seconds) are in each bucket."""
    return Counter(map(bucket, spans))


def percentiles(counts: Mapping[int, int]) -> Percentiles | None:
    """The percentiles of what these buckets hold; None where they hold nobody."""
    people = sum(counts.values())
    if people <= 0:
        return None
    p50, p90, p99 = _at(sorted(counts.items()), [_rank(quantile, people) for quantile in QUANTILES])
    return Percentiles(people, p50, p90, p99)


def _rank(quantile: float, people: int) -> int:
    """Whose span it is, counted from 1: the first by whom at least this share was reached."""
    return max(1, math.ceil(round(quantile * people, 6)))


def _at(counts: Sequence[tuple[int, int]], ranks: Sequence[int]) -> list[float]:
    found: list[float] = []
    passed = 0
    for place, count in counts:
        passed += count
        while len(found) < len(ranks) and passed >= ranks[len(found)]:
            found.append(value(place))
    return found
