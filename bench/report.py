"""What a run found: figures with what they must be, as a table to read and as JSON to keep."""

import json
import operator
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

FULL, QUICK = Path("bench/report.json"), Path("bench/report-quick.json")
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `must` is what it has to be ("<= 2.6"), None where it is only told; `holds` whether it is.

    A measurement that failed has no value, does not hold, and says why.
    """

    name: str
    value: float | None
    unit: str
    must: str | None = None
    holds: bool | None = None
    machine: str = ""
    reason: str | None = None


def figure(name: str, value: float, unit: str, must: str | None = None) -> Figure:
    """A measured figure, compared with what it must be."""
    return Figure(name, round(value, 4), unit, must, None if must is None else holds(value, must))


def failed(name: str, reason: str) -> Figure:
    """A measurement that could not be taken, or whose proof failed."""
    return Figure(name, None, "", None, False, reason=reason)


def holds(value: float, must: str) -> bool:
    """Whether a value is what it must be: "<= 2.6", ">= 4000", "< 1"."""
    sign, _, bound = must.partition(" ")
    return COMPARED[sign](value, float(bound))


def table(figures: Iterable[Figure]) -> Table:
    """The figures as people read them."""
    drawn = Table("what", "value", "unit", "must be", "")
    for each in figures:
        value = "failed" if each.value is None else number(each.value)
        drawn.add_row(each.name, value, each.unit or each.reason or "", each.must or "", MARKS[each.holds])
    return drawn


MARKS = {None: "", True: "[green]holds[/green]", False: "[red]does not hold[/red]"}


def number(value: float) -> str:
    """A figure with three digits that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Keep the figures as JSON, one a line, so that two runs can be compared line by line."""
    lines = [json.dumps(_row(each), ensure_ascii=False) for each in figures]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read(path: Path) -> list[Figure]:
    """The figures of a report."""
    return [Figure(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _row(each: Figure) -> dict[str, object]:
    row = asdict(each)
    if each.reason is None:
        del row["reason"]
    return row


def machine(servers: str) -> str:
    """The machine the figures are from: cores, processor, Python, servers."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{len(models) or 1} cores of {model}, Python {platform.python_version()}, {servers}"


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    Console(width=150).print(table(figures))
