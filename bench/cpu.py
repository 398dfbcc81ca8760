"""What work cost: CPU seconds and memory of processes, read from /proc, whoever started them.

A server's CPU is that of its first process, of its living children, and of the children that ended while it waited for
them (cutime, cstime). All of it is the system's own count: utime + stime in clock ticks.
"""

import os
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
    stats = {
        int(path.name): found for path in PROC.iterdir() if path.name.isdigit() and (found := stat(int(path.name)))
    }
    children: dict[int, list[int]] = {}
    for child, found in stats.items():
        children.setdefault(found.parent, []).append(child)
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        if one in stats:
            total += stats[one].own + stats[one].ended
            waiting += children.get(one, [])
    return total


def parent(pid: int) -> int:
    """The process that started this one; ProcessLookupError if it is gone."""
    found = stat(pid)
    if found is None:
        raise ProcessLookupError(pid)
    return found.parent


def resident(pid: int) -> int:
    """Bytes of memory a process holds now (VmRSS); 0 once it is gone."""
    return _memory(pid, "VmRSS:")


def peak(pid: int) -> int:
    """The most it ever held (VmHWM)."""
    return _memory(pid, "VmHWM:")


def _memory(pid: int, field: str) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)
