"""What a run found: kept as it was measured, compared with what it must be, and honest about what failed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import readme, report
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Measurement, Run, every


@pytest.mark.parametrize(
    ("value", "must", "holds"),
    [
        (4000, ">= 4000", True),
        (3999.9, ">= 4000", False),
        (2.6, "<= 2.6", True),
        (1.0, "> 1", False),
        (0.9, "< 1", True),
    ],
)
def test_a_figure_holds_exactly_when_it_is_what_it_must_be(value: float, must: str, holds: bool) -> None:
    assert figure("rate", value, "messages/s", must).holds is holds


def test_a_figure_that_is_only_told_neither_holds_nor_fails() -> None:
    assert figure("p50", 3.0, "ms").holds is None


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    figures = [figure("rate", 4100, "messages/s", ">= 4000"), report.failed("lanes", "the sink ended")]
    report.write(figures, tmp_path / "report.json")
    assert report.read(tmp_path / "report.json") == figures
    [measured, failed] = json.loads((tmp_path / "report.json").read_text())
    assert set(measured) == {"name", "value", "unit", "must", "holds", "machine"}
    assert (failed["value"], failed["holds"], failed["reason"]) == (None, False, "the sink ended")


def test_the_readme_names_a_missed_figure_and_one_that_was_not_measured() -> None:
    block = readme.block([figure("receipts.rate", 1200, "receipts/s", ">= 2500")])
    assert "1,200 receipts/s (missed) | >= 2500" in block
    assert "not measured" in block


def test_every_label_of_the_readme_is_a_figure_some_measurement_gives() -> None:
    folder = Path(report.__file__).parent
    code = "\n".join(path.read_text() for path in folder.glob("*.py") if path.name != "readme.py")
    last_parts = {name.rpartition(".")[2] for name in readme.LABELS}
    assert {part for part in last_parts if part not in code} == set()


def _fails(run: Run) -> Iterator[Figure]:
    yield figure("first", 1, "s")
    raise Failed("nothing came")


def _breaks(run: Run) -> Iterator[Figure]:
    raise ZeroDivisionError
    yield figure("never", 1, "s")


def _works(run: Run) -> Iterator[Figure]:
    yield figure("last", 2, "s")


def test_a_measurement_that_fails_says_why_and_stops_no_other(run_of_nothing: Run) -> None:
    wanted = [Measurement(take.__name__, "", take) for take in (_fails, _breaks, _works)]
    found = every(run_of_nothing, wanted, say=lambda line: None)
    assert [(each.name, each.holds, each.reason) for each in found] == [
        ("first", None, None),
        ("_fails", False, "nothing came"),
        ("_breaks", False, "ZeroDivisionError: "),
        ("last", None, None),
    ]
    assert all("PostgreSQL" in each.machine for each in found)
