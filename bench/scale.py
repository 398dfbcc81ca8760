"""The cost of scale: CPU for each message, and the memory of a worker, at a hundred times the people."""

from collections.abc import Iterator

from bench import sending
from bench.house import TELEGRAM
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import Sent

ROUNDS = 3  # of the small crowd: one by itself is over in two seconds
CPU = "CPU s / 10,000"
FLAT = 8.0  # MB by which a million people may raise the level of a worker's memory between its second and last quarter


def scale(run: Run) -> Iterator[Figure]:
    """A million people against ten thousand (the middle of three rounds)."""
    many = run.size(1_000_000, 60_000)
    rounds = 1 if run.is_quick else ROUNDS
    few = max(1_000, many // (100 if many > 200_000 else 10))
    small = sorted((_sent(run, few) for _ in range(rounds)), key=lambda sent: sent.total)[rounds // 2]
    large = _sent(run, many)
    yield figure("scale.small.people", few, "people")
    yield figure("scale.small.cpu", small.total, CPU)
    yield figure("scale.large.people", many, "people")
    yield figure("scale.large.cpu", large.total, CPU)
    yield figure("scale.large.rate", large.arrivals.rate, "messages/s")
    yield figure("scale.cpu_ratio", large.total / small.total, "times", "<= 1.1")
    yield figure("scale.memory", large.memory.peak, "MB", "<= 128")
    yield figure("scale.memory_growth", large.memory.growth, "MB", f"<= {FLAT:g}")


def _sent(run: Run, people: int) -> Sent:
    with sending.ready(run, TELEGRAM, people) as to:
        return sending.send(run, to, people)
