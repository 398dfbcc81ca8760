"""The README's table of the fault suite, from the last report: `python -m tests.chaos.readme`."""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.chaos.report import FILE

USUAL = ("people", "lost", "doubled", "in doubt", "contradictions")
HEAD = (
    "| fault | people | lost | doubled | in doubt | ledger and record agree | besides |\n"
    "|---|---|---|---|---|---|---|\n"
)


def table(file: Path = FILE) -> str:
    """A row for each case."""
    cases: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for figure in json.loads(file.read_text(encoding="utf-8")):
        case, _, name = figure["name"].partition(": ")
        cases[case][name] = figure
    return HEAD + "".join(_row(figures) for figures in cases.values())


def _row(figures: dict[str, dict[str, Any]]) -> str:
    if "lost" not in figures:
        return f"| {figures['seconds']['about']} | | | | | it did not come to its end | |\n"
    people, lost, doubled, doubt, wrong = (f"{figures[name]['value']:,}" for name in USUAL)
    agree = "yes" if figures["contradictions"]["holds"] else f"no: {wrong}"
    return f"| {figures['lost']['about']} | {people} | {lost} | {doubled} | {doubt} | {agree} | {_besides(figures)} |\n"


def _besides(figures: dict[str, dict[str, Any]]) -> str:
    others = {name: each for name, each in figures.items() if name not in (*USUAL, "seconds")}
    missed = others.pop("missed")["value"]
    said = [f"{name}: {each['value']:g}{' s' if each['unit'] == 's' else ''}" for name, each in others.items()]
    return ", ".join([*said, *([f"{missed} receipts missed"] if missed else [])])


if __name__ == "__main__":
    sys.stdout.write(table())
