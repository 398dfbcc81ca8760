"""A run: the servers and the sink all measurements share, how large they are, and one measurement after the other."""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench import report
from bench.processes import Failed
from bench.receiver import Receiver
from bench.report import Figure
from bench.servers import Servers


@dataclass(frozen=True, slots=True)
class Run:
    """What a measurement is given. `people` and `channel` are a developer's wish from the command line."""

    servers: Servers
    sink: Receiver
    is_quick: bool = False
    people: int | None = None
    channel: str | None = None

    def size(self, full: int, quick: int) -> int:
        """How many: what was wished for, else by the size of the run."""
        return self.people or (quick if self.is_quick else full)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing to measure: it yields its figures as they come, or raises Failed."""

    name: str
    does: str
    take: Callable[[Run], Iterator[Figure]]


def every(run: Run, wanted: Sequence[Measurement], say: Callable[[str], None]) -> list[Figure]:
    """The figures of these measurements. One that fails is a figure that does not hold, and stops no other."""
    machine = report.machine(run.servers.version())
    found: list[Figure] = []
    for each in wanted:
        begun = time.monotonic()
        say(f"{each.name}: {each.does}")
        for figure in _taken(run, each):
            found.append(replace(figure, machine=machine))
            say(f"  {figure.name} {figure.reason or figure.value} {figure.unit}")
        say(f"  ({time.monotonic() - begun:.0f} s)")
    return found


def _taken(run: Run, measurement: Measurement) -> Iterator[Figure]:
    try:
        yield from measurement.take(run)
    except Failed as failure:
        yield report.failed(measurement.name, str(failure))
    except Exception as error:  # a mistake of ours is no reason to lose the other figures
        traceback.print_exc()
        yield report.failed(measurement.name, f"{type(error).__name__}: {error}"[:300])


def by_name(measurements: Sequence[Measurement]) -> Mapping[str, Measurement]:
    """Each under its name."""
    return {each.name: each for each in measurements}
