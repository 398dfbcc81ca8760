"""The meter of a measurement: CPU seconds by who used them, and the memory of a process while it works."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from bench import cpu
from bench.processes import Program
from bench.servers import Servers

SAMPLE_SECONDS = 0.25
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds so far, by name: `postgresql`, `redis` and each of our processes."""

    seconds: Mapping[str, float]

    @classmethod
    def of(cls, servers: Servers, programs: Mapping[str, Program]) -> Self:
        """What the system says now."""
        ours = {name: cpu.family(program.pid) for name, program in programs.items()}
        return cls({"postgresql": servers.postgres_cpu(), "redis": servers.redis_cpu(), **ours})

    def since(self, earlier: "Reading") -> dict[str, float]:
        """What was used in between."""
        return {name: seconds - earlier.seconds.get(name, 0.0) for name, seconds in self.seconds.items()}


@dataclass(slots=True)
class Memory:
    """A process's memory, looked at four times a second for as long as the block lasts; in bytes."""

    pid: int
    samples: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look once more and stop."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    @property
    def now(self) -> float:
        """What it holds at this moment, in MB."""
        return cpu.resident(self.pid) / MEGABYTE

    @property
    def peak(self) -> float:
        """The most, in MB."""
        return max(self.samples, default=0) / MEGABYTE

    @property
    def growth(self) -> float:
        """By how much the last quarter's mean is above the second quarter's, in MB: what a leak would show."""
        quarter = len(self.samples) // 4
        if quarter == 0:
            return 0.0
        early, late = self.samples[quarter : 2 * quarter], self.samples[-quarter:]
        return (sum(late) / len(late) - sum(early) / len(early)) / MEGABYTE

    def _look(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.samples.append(cpu.resident(self.pid))
        self.samples.append(cpu.resident(self.pid))
