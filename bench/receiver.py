"""The measuring side's handle on the sink: start it, say how it behaves, ask what it saw."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.processes import Failed, Program, bare_environment, free_port, python, running, until, wait_for_port
from bench.record import BIN

POLL = 0.2
STALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The messages with one mark: how many, to how many people, how many of them more than once, and when."""

    count: int = 0
    people: int = 0
    doubled: int = 0
    first: float = 0.0
    last: float = 0.0
    bins: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second between the first and the last."""
        return (self.count - 1) / (self.last - self.first) if self.last > self.first else 0.0

    def before(self, instant: float) -> int:
        """How many had come by then, to a tenth of a second."""
        return sum(count for place, count in self.bins if (place + 1) * BIN <= instant)


@dataclass(frozen=True, slots=True)
class Note:
    """One message at the sink: the mark in it, to whom, and when (seconds since the epoch)."""

    mark: str
    recipient: int
    at: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sink saw since its reset."""

    groups: dict[str, Arrivals]
    throttled: int
    unknown: int
    connections: int

    def of(self, mark: str = "") -> Arrivals:
        """The messages with this mark; "" those with none."""
        return self.groups.get(mark, Arrivals())


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running sink."""

    program: Program
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def reset(
        self,
        *,
        latency: float = 0.0,
        marks: list[str] | None = None,
        rate: float = 0.0,
        is_noting: bool = False,
    ) -> None:
        """Forget everything; answer after `latency` seconds, and take `rate` messages a second (0: any number).

        At the rate's limit it tolerates a burst of one second's worth, as platforms do. `is_noting`: each is noted.
        """
        wish = {"latency": latency, "marks": marks or [], "rate": rate, "burst": max(1.0, rate)}
        self._ask("POST", "/control/reset", json.dumps(wish | {"is_noting": is_noting}))

    def notes(self) -> list[Note]:
        """Every message since a reset that asked for notes."""
        return [Note(*row) for row in self._ask("GET", "/control/notes", "")]

    def seen(self) -> Seen:
        """What came since the reset."""
        said = self._ask("GET", "/control/report", "")
        groups = {name: Arrivals(**group) for name, group in said["groups"].items()}
        return Seen(groups, said["throttled"], said["unknown"], said["connections"])

    def wait_for(self, people: int, *, seconds: float, mark: str = "") -> Arrivals:
        """What came once it was for so many people; Failed after `seconds`, or when nothing came for a minute."""
        return self._wait(people, lambda came: came.people, seconds, mark)

    def wait_for_messages(self, count: int, *, seconds: float, mark: str = "") -> Arrivals:
        """The same for so many messages, whoever gets them."""
        return self._wait(count, lambda came: came.count, seconds, mark)

    def _wait(self, wanted: int, counted: Callable[[Arrivals], int], seconds: float, mark: str) -> Arrivals:
        moved, known = time.monotonic(), -1

        def is_complete() -> bool:
            nonlocal moved, known
            self.program.check()
            count = counted(self.seen().of(mark))
            if count != known:
                moved, known = time.monotonic(), count
            if time.monotonic() - moved > STALL_SECONDS:
                raise Failed(f"{known} of {wanted} messages came, then nothing for {STALL_SECONDS:.0f} s")
            return count >= wanted

        until(is_complete, seconds=seconds, what=f"{wanted} messages at the sink", every=POLL)
        return self.seen().of(mark)

    def _ask(self, method: str, path: str, body: str) -> Any:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body)
            return json.loads(connection.getresponse().read())


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A sink for as long as the block lasts."""
    port = free_port()
    with running(python("bench.sink", "--port", str(port)), bare_environment()) as program:
        wait_for_port(program, port)
        yield Receiver(program, port)
