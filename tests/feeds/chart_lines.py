"""Lines of a chart from plain numbers."""

from collections.abc import Sequence
from decimal import Decimal

from feeds.chart import Line


def lines(*values: Sequence[float | Decimal]) -> list[Line]:
    """One line for each row of numbers."""
    rows = [[(f"{day:02}", Decimal(str(each))) for day, each in enumerate(row, 1)] for row in values]
    return [Line(str(number), row) for number, row in enumerate(rows)]
