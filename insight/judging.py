"""When a number is unusual: a share and a floor, against what is usual of that agency or sender. Pure."""

import math
from dataclasses import dataclass

LEAST_STOPPED = 5  # people: fewer are a family, and no verdict on an announcement
LEAST_SHARE = 0.005
TIMES_USUAL = 3
BY_CHANCE = 1e-4  # of ten thousand announcements that are like all others, one is reported

LEAST_SENT, LEAST_KNOWN = 100, 500  # messages: of the last day, and of the days before
FALLEN_BY, RISEN_TO = 0.10, 0.05  # of the share that was usual: begun, and over
ERRORS = 4.0  # standard errors


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.part + other.part, self.whole + other.whole)

    @property
    def share(self) -> float:
        """0 to 1; of nothing it is 0."""
        return self.part / self.whole if self.whole else 0.0


PRIOR = Rate(2, 1_000)
"""Who stops after an announcement where nothing is known yet."""


def is_spike(stopped: Rate, usual: Rate) -> bool:
    """Whether far more people stopped after an announcement than usually do: enough, a large enough share, more than
    three times the usual, and too many for chance."""
    expected = (usual + PRIOR).share
    if stopped.part < LEAST_STOPPED or stopped.share < max(LEAST_SHARE, TIMES_USUAL * expected):
        return False
    return at_least(stopped.part, stopped.whole * expected) < BY_CHANCE


def is_falling(reached: Rate, usual: Rate) -> bool:
    """Whether a sender's share of people reached has fallen by a tenth or more, and by more than chance."""
    if reached.whole < LEAST_SENT or usual.whole < LEAST_KNOWN:
        return False
    fallen = usual.share - reached.share
    both = (reached + usual).share
    error = math.sqrt(both * (1 - both) * (1 / reached.whole + 1 / usual.whole))
    return fallen >= FALLEN_BY and fallen > ERRORS * error


def is_back(reached: Rate, usual: Rate) -> bool:
    """Whether it reaches people as usual again; of too few messages nothing can be said."""
    return reached.whole >= LEAST_SENT and usual.share - reached.share < RISEN_TO


def at_least(number: int, expected: float) -> float:
    """How likely so many or more are where so many are expected (Poisson), 0 to 1.

    Far out in the tail the sum of what is likelier rounds to 1: then 0, which is what it is to any bound of ours.
    """
    if number <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    logs = (k * math.log(expected) - expected - math.lgamma(k + 1) for k in range(number))
    return max(0.0, 1.0 - math.fsum(math.exp(each) for each in logs))
