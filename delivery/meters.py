"""What a process of the post office counts for Prometheus: one call for each sub-batch, letter or lost wake-up.

Sub-batches and letters are counted after their commit, so a step that stumbles and is done again counts once; receipts
and doubts when their statement has run. Nothing here names a person, a text or an address: senders go by their ids.
"""

import threading
from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from channels.contract import Accepted, Refusal, Unavailable
from delivery import outcomes
from delivery.states import Lane

IN_DOUBT = "in_doubt"
CALL_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COMMIT_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

_Series = tuple[str, ...]


class Spread(Collector):
    """A histogram that takes many spans at once: a sub-batch costs one lock, not one for each message."""

    def __init__(self, name: str, help: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        """`bounds` are the upper ends of the buckets, in seconds."""
        self._name, self._help, self._labels, self._bounds = name, help, tuple(labels), tuple(bounds)
        self._counts: dict[_Series, list[int]] = {}
        self._sums: Counts[_Series] = Counts()
        self._lock = threading.Lock()

    def add(self, series: _Series, spans: Sequence[float]) -> None:
        """Count these spans (seconds) of one series."""
        places = [bisect_left(self._bounds, span) for span in spans]
        with self._lock:
            counts = self._counts.setdefault(series, [0] * (len(self._bounds) + 1))
            for place in places:
                counts[place] += 1
            self._sums[series] += sum(spans)  # type: ignore[assignment]

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        family = HistogramMetricFamily(self._name, self._help, labels=self._labels)
        with self._lock:
            known = {series: (list(counts), self._sums[series]) for series, counts in self._counts.items()}
        ends = [*map(str, self._bounds), "+Inf"]
        for series, (counts, total) in known.items():
            family.add_metric(series, list(zip(ends, accumulate(counts), strict=True)), total)
        yield family


MESSAGES = Counter(
    "loudhailer_messages",
    "Messages of broadcasts by what became of them: accepted, a refusal, in_doubt, withheld, postponed",
    ["channel", "sender", "lane", "outcome"],
)
WITHHELD = Counter("loudhailer_withheld", "Messages that were never sent, by the reason", ["sender", "lane", "reason"])
BRAKES = Counter(
    "loudhailer_brakes_wait_seconds", "Seconds sub-batches waited for tokens", ["channel", "sender", "lane"]
)
DOUBTED = Counter("loudhailer_doubted", "Messages found in doubt because a worker died", ["sender", "lane"])
SETTLE = Histogram("loudhailer_settle_seconds", "Writing down what became of a sub-batch", buckets=COMMIT_BOUNDS)
LETTERS = Counter("loudhailer_letters", "Letters by what became of the attempt", ["channel", "outcome"])
RECEIPTS = Counter(
    "loudhailer_receipts", "Receipts of providers: settled, or ignored as not ours", ["channel", "result"]
)
WAKES_LOST = Counter("loudhailer_wakes_lost", "Wake-ups the broker did not take; the clock repeats them", ["task"])
TASKS_FAILED = Counter("loudhailer_tasks_failed", "Tasks that ended with an error; the clock finds their row", ["task"])
CALLS = Spread("loudhailer_provider_call_seconds", "A provider's answer to one send", ["channel"], CALL_BOUNDS)
REGISTRY.register(CALLS)


def landed(
    channel: str,
    sender_id: int,
    lane: Lane,
    *,
    came: Mapping[str, int],
    withheld: Mapping[str, int],
    calls: Sequence[float],
    waited: float,
    settle: float,
) -> None:
    """Count a sub-batch that is settled: its messages by outcome, its calls' spans, what it waited for tokens."""
    sender = str(sender_id)
    for outcome, count in came.items():
        MESSAGES.labels(channel, sender, lane, outcome).inc(count)
    for reason, count in withheld.items():
        WITHHELD.labels(sender, lane, reason).inc(count)
    if withheld:
        MESSAGES.labels(channel, sender, lane, "withheld").inc(sum(withheld.values()))
    if waited:
        BRAKES.labels(channel, sender, lane).inc(waited)
    CALLS.add((channel,), calls)
    SETTLE.observe(settle)


def doubted(sender_id: int, lane: Lane, count: int) -> None:
    """Count messages that were on their way when their worker died."""
    DOUBTED.labels(str(sender_id), lane).inc(count)


def letter(channel: str, outcome: str) -> None:
    """Count what came of an attempt to send a letter."""
    LETTERS.labels(channel, outcome).inc()


def receipts(channel: str, *, settled: int, ignored: int) -> None:
    """Count receipts that were settled, and those that told us of nothing we know."""
    for result, count in (("settled", settled), ("ignored", ignored)):
        if count:
            RECEIPTS.labels(channel, result).inc(count)


def wake_lost(task: str, count: int = 1) -> None:
    """Count wake-ups that nobody took."""
    WAKES_LOST.labels(task).inc(count)


def task_failed(task: str) -> None:
    """Count a task that ended with an error."""
    TASKS_FAILED.labels(task).inc()


def tally(came: Iterable[Accepted | Refusal]) -> Counts[str]:
    """How many there are of each outcome, by its name here."""
    return Counts(map(name, came))


def name(came: Accepted | Refusal) -> str:
    """An outcome as metrics call it: accepted, in_doubt, or the refusal."""
    match came:
        case Accepted():
            return "accepted"
        case Unavailable(may_be_sent=True):
            return IN_DOUBT
        case _:
            return outcomes.name(came)
