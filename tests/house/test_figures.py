"""The README says what was measured, and nothing else."""

import pytest

from bench import readme, report
from tests.house import tree

README, REPORT = tree.ROOT / "README.md", tree.ROOT / report.FULL


def test_the_figures_of_the_readme_are_those_of_the_last_full_run() -> None:
    text = README.read_text(encoding="utf-8")
    if readme.BEGINS not in text:
        pytest.skip("the README quotes no table of figures")
    said = text[text.index(readme.BEGINS) : text.index(readme.ENDS) + len(readme.ENDS)]
    assert said == readme.block(report.read(REPORT)), "put the output of `python -m bench.readme` into the README"
