"""Both sizes of the product, each in a town of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.town import Town, town


@pytest.fixture(params=["embedded", "scaled out"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """One process on SQLite, or web, worker and clock on PostgreSQL and Valkey."""
    if request.param == "embedded":
        with town(database_url=request.getfixturevalue("migrated_sqlite_url"), folder=tmp_path) as made:
            yield made
        return
    postgres, redis = request.getfixturevalue("migrated_postgresql_url"), request.getfixturevalue("redis_url")
    with town(database_url=postgres, folder=tmp_path, redis_url=redis) as made:
        yield made
