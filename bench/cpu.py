"""What work cost: CPU seconds and memory of processes, read from /proc, whoever started them.

A server's CPU is that of its first process, of its living children, and of the children that ended while it waited for
them (cutime, cstime). All of it is the system's own count: utime + stime in clock ticks.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Stat:
    """One line of /proc/<pid>/stat: the parent, and CPU seconds of itself and of ended children."""

    parent: int
    own: float
    ended: float


def stat(pid: int) -> Stat | None:
    """What the system counts for this process; None once it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    utime, stime, cutime, cstime = (int(field) / TICKS for field in fields[11:15])
    return Stat(int(fields[1]), utime + stime, cutime + cstime)


def family(pid: int) -> float:
    """CPU seconds of a process and of all its descendants, ended ones that were waited for included."""
    stats = _everybody()
    return sum(stats[one].own + stats[one].ended for one in (pid, *_below(pid, stats)) if one in stats)


def children(pid: int) -> list[int]:
    """The living descendants of a process."""
    return _below(pid, _everybody())


def _everybody() -> dict[int, Stat]:
    pids = [int(path.name) for path in PROC.iterdir() if path.name.isdigit()]
    return {pid: found for pid in pids if (found := stat(pid))}


def _below(pid: int, stats: Mapping[int, Stat]) -> list[int]:
    found, waiting = list[int](), [pid]
    while waiting:
        one = waiting.pop()
        below = [child for child, each in stats.items() if each.parent == one]
        found += below
        waiting += below
    return found


def parent(pid: int) -> int:
    """The process that started this one; ProcessLookupError if it is gone."""
    found = stat(pid)
    if found is None:
        raise ProcessLookupError(pid)
    return found.parent


def resident(pid: int) -> int:
    """Bytes of memory a process holds now (VmRSS); 0 once it is gone."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)
