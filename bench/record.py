"""What the sink remembers: who got how many messages, and when they came, by the mark found in each. Pure."""

from dataclasses import dataclass, field

BIN = 0.1  # seconds; arrivals are counted in bins of this width


@dataclass(slots=True)
class Group:
    """The messages that carried one mark. Instants are seconds since the epoch."""

    first: float = 0.0
    last: float = 0.0
    count: int = 0  # messages, repeated ones too
    doubled: int = 0  # people who got more than one
    bins: dict[int, int] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)

    def add(self, recipient: int, now: float) -> None:
        """One message more."""
        self.first = self.first or now
        self.last = now
        place = int(now / BIN)
        self.bins[place] = self.bins.get(place, 0) + 1
        self.people[recipient] = times = self.people.get(recipient, 0) + 1
        self.count += 1
        self.doubled += times == 2

    def said(self) -> dict[str, object]:
        """The group as the report has it."""
        return {
            "count": self.count,
            "people": len(self.people),
            "doubled": self.doubled,
            "first": self.first,
            "last": self.last,
            "bins": sorted(self.bins.items()),
        }


@dataclass(slots=True)
class Brake:
    """A limit as platforms keep it: `rate` calls a second, `burst` at once (GCRA: one number is its memory)."""

    rate: float
    burst: float
    free_at: float = 0.0

    def takes(self, now: float) -> bool:
        """Whether a call at `now` fits; one that does not leaves the brake as it was."""
        start = max(self.free_at, now)
        if start - now > (self.burst - 1) / self.rate + 1e-9:
            return False
        self.free_at = start + 1 / self.rate
        return True


@dataclass(slots=True)
class Record:
    """Everything since the last reset, and how the sink behaves."""

    latency: float = 0.0
    marks: list[bytes] = field(default_factory=list)
    brake: Brake | None = None
    groups: dict[str, Group] = field(default_factory=dict)
    throttled: int = 0
    unknown: int = 0
    connections: int = 0
    notes: list[tuple[str, int, float]] | None = None  # every message: mark, recipient, instant; None: nobody asked
    number: int = 0  # of messages taken, across resets: our ids of messages

    def take(self, body: bytes, recipient: int, now: float) -> None:
        """One message more."""
        self.number += 1
        name = self._mark_in(body)
        found = self.groups.get(name)
        if found is None:
            found = self.groups[name] = Group()
        found.add(recipient, now)
        if self.notes is not None:
            self.notes.append((name, recipient, now))

    def reset(self, *, latency: float, marks: list[str], rate: float, burst: float, is_noting: bool = False) -> None:
        """Forget everything and behave like this from now on; a rate of 0 is none."""
        self.notes = [] if is_noting else None
        self.latency, self.marks = latency, [mark.encode() for mark in marks]
        self.brake = Brake(rate, burst) if rate else None
        self.groups, self.throttled, self.unknown, self.connections = {}, 0, 0, 0

    def said(self) -> dict[str, object]:
        """The report."""
        return {
            "groups": {name: group.said() for name, group in self.groups.items()},
            "throttled": self.throttled,
            "unknown": self.unknown,
            "connections": self.connections,
        }

    def _mark_in(self, body: bytes) -> str:
        """The first mark that stands in a body; "" where there is none."""
        return next((mark.decode() for mark in self.marks if mark in body), "")
