"""What the fault suite prints and writes: a table while it runs, and report.json for the README."""

import json
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.chaos.case import Result

FILE = Path(__file__).parent / "report.json"
COLUMNS = "{:21}{:>7}{:>6}{:>9}{:>10}{:>8}{:>7}{:>9}  {}"
HEAD = COLUMNS.format("case", "people", "lost", "doubled", "in doubt", "missed", "agree", "seconds", "")


def line(result: Result) -> str:
    """One line of the table; what does not hold stands at its end."""
    name, seconds = result.case.name, f"{result.seconds:.1f}"
    if result.verdict is None:
        return COLUMNS.format(name, "", "", "", "", "", "no", seconds, result.error)
    found, agree = result.verdict, "no" if result.verdict.wrong else "yes"
    figures = (found.people, len(found.lost), found.doubled, result.doubted, found.missed, agree, seconds)
    return COLUMNS.format(name, *figures, complaints(result))


def complaints(result: Result) -> str:
    """Which musts do not hold, and the first contradictions."""
    broken = [f"{each.name} {each.value:g} (must be {each.must})" for each in result.measures if not each.holds]
    return "; ".join([*broken, *(result.verdict.wrong[:3] if result.verdict else ())])


def write(results: Iterable[Result], file: Path = FILE) -> None:
    """The report as the measurements' reports are: a list of figures, each with what it must be and whether it is."""
    figures = [figure for result in results for figure in _figures(result)]
    file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _figures(result: Result) -> list[dict[str, Any]]:
    name, found = result.case.name, result.verdict
    rows: list[tuple[str, float, str, str, bool]] = [("seconds", round(result.seconds, 1), "s", "", not result.error)]
    if found is not None:
        rows += [("people", found.people, "people", "", True), ("missed", found.missed, "receipts", "", True)]
        if all(each.name != "in doubt" for each in result.measures):
            rows.append(("in doubt", result.doubted, "messages", "", True))
    rows += [(each.name, each.value, each.unit, each.must, each.holds) for each in result.measures]
    keys, about = ("name", "value", "unit", "must", "holds"), {"machine": machine(), "about": result.case.about}
    return [{**dict(zip(keys, (f"{name}: {row[0]}", *row[1:]), strict=True)), **about} for row in rows]


def machine() -> str:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
