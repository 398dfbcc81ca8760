"""What a web process counts for Prometheus at the door: calls by result, what they waited, groups that were committed.

Channels are named only where a sender was found: who makes up addresses must not make up series.
"""

from functools import cache

from prometheus_client import Counter, Histogram

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
NOBODY = "none"

CALLS = Counter(
    "loudhailer_calls",
    "Webhook calls by answer: ok, forged, malformed, too_large, unknown (no such sender), not_kept (503)",
    ["channel", "result"],
)
DOOR = Histogram("loudhailer_door_seconds", "From a webhook call's arrival to its answer", buckets=BOUNDS)
REPEATED = Counter("loudhailer_calls_repeated", "Events a provider had told us before")
GROUP_SIZE = Histogram("loudhailer_group_commit_calls", "Calls that shared one transaction", buckets=SIZES)
GROUP_SECONDS = Histogram("loudhailer_group_commit_seconds", "Writing one group and committing it", buckets=BOUNDS)
HEARD = Counter("loudhailer_hearings", "Kept calls that were handled, or failed an attempt", ["result"])

RESULTS = {200: "ok", 400: "malformed", 403: "forged", 404: "unknown", 413: "too_large", 503: "not_kept"}


def answered(channel: str | None, status: int, seconds: float) -> None:
    """Count a call that is answered; `channel` is its sender's, None where nobody has that key."""
    _calls(channel or NOBODY, RESULTS.get(status, "other")).inc()
    DOOR.observe(seconds)


@cache
def _calls(channel: str, result: str) -> Counter:
    """One of few series: to look it up by its labels takes twice as long as to count."""
    return CALLS.labels(channel, result)


def repeated(count: int) -> None:
    """Count events that were known already."""
    REPEATED.inc(count)


def committed(calls: int, seconds: float) -> None:
    """Count a group that is durable."""
    GROUP_SIZE.observe(calls)
    GROUP_SECONDS.observe(seconds)


def heard(result: str) -> None:
    """Count an attempt to handle a kept call: handled or failed."""
    HEARD.labels(result).inc()
