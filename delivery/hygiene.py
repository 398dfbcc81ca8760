"""What failed sends say of an address, and when they say nothing of addresses at all. Pure (docs/adr/0010)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

STRIKES = 3
OVER = timedelta(days=3)
A_DAY = timedelta(hours=20)
"""Failures within this span are one strike: a daily broadcast may reach somebody some hours earlier than yesterday."""
PAUSES = (A_DAY, A_DAY + timedelta(days=2))
"""How long an address is left alone after the first strike, and after each later one."""

LEAST_SENT = 20
LEAST_UNREACHABLE = 10
LEAST_SHARE = 0.15
TIMES_USUAL = 3
REMEMBERED = 20_000
"""So many sends, and at least half of them, make up what is usual."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held against an address. `until` None: it is suppressed."""

    since: datetime
    struck_at: datetime
    strikes: int
    until: datetime | None


def strike(known: Standing | None, *, now: datetime) -> Standing:
    """What follows when an address could not be reached: a quarantine, and once it has been so for days, the end."""
    if known is None:
        return Standing(now, now, 1, now + PAUSES[0])
    if known.until is None or now - known.struck_at < A_DAY:
        return known
    strikes = known.strikes + 1
    is_over = strikes >= STRIKES and now - known.since >= OVER
    pause = PAUSES[min(strikes, len(PAUSES)) - 1]
    return Standing(known.since, now, strikes, None if is_over else now + pause)


def condemn(known: Standing | None, *, now: datetime) -> Standing:
    """What follows when the provider passes on the person's own word that nothing may come: the end, at once."""
    since, strikes = (known.since, known.strikes) if known else (now, 0)
    return Standing(since, now, strikes + 1, None)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many messages a sender sent in some time, and how many of them found an address unreachable."""

    sent: int = 0
    unreachable: int = 0

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(self.sent + other.sent, self.unreachable + other.unreachable)

    @property
    def share(self) -> float:
        """The part that was unreachable, 0 to 1; receipts may tell of more than was sent in the same time."""
        return self.unreachable / max(self.sent, self.unreachable, 1)


PRIOR = Reach(100, 2)
"""What is usual of a sender that has sent nothing yet."""


def is_bad(reach: Reach, usual: Reach) -> bool:
    """Whether a sender reaches so few that the fault is not with the addresses."""
    if max(reach.sent, reach.unreachable) < LEAST_SENT or reach.unreachable < LEAST_UNREACHABLE:
        return False
    return reach.share > max(LEAST_SHARE, TIMES_USUAL * (usual + PRIOR).share)


def opens(slots: Sequence[Reach], usual: Reach) -> bool:
    """Whether the breaker opens: any stretch of these slots (oldest first) that ends now is bad."""
    return any(is_bad(stretch, usual) for stretch in accumulate(reversed(slots)))


def may_close(slots: Sequence[Reach], usual: Reach) -> bool:
    """Whether no stretch of these slots is bad, wherever it ends. Nothing sent is nothing bad."""
    return not any(opens(slots[: end + 1], usual) for end in range(len(slots)))


def remember(usual: Reach, slots: Iterable[Reach]) -> Reach:
    """What is usual once these slots are past: older sends count less and less."""
    for slot in slots:
        usual += slot
        while usual.sent > REMEMBERED:
            usual = Reach(usual.sent // 2, usual.unreachable // 2)
    return usual
