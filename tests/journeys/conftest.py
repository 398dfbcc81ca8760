"""Both sizes of the product, each in a town that all journeys of a test process share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.journeys.town import Town, town

LOUD = {"LOG_LEVEL": "debug"}  # whatever happens is written down in full, for test_what_logs_say.py


@pytest.fixture(scope="package")
def embedded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One process on SQLite."""
    folder = tmp_path_factory.mktemp("embedded")
    url = databases.copied_sqlite(sqlite_template, folder / "loudhailer.db")
    with town(database_url=url, folder=folder, wishes=LOUD) as made:
        yield made


@pytest.fixture(scope="package")
def scaled_out(
    spare_databases: databases.Spares, lasting_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Web, worker and clock on PostgreSQL and Valkey."""
    folder = tmp_path_factory.mktemp("scaled-out")
    wishes = {**LOUD, "LOG_FORMAT": "json"}
    with (
        spare_databases.lent() as url,
        town(database_url=url, folder=folder, redis_url=lasting_redis_url, wishes=wishes) as made,
    ):
        yield made


@pytest.fixture(params=["embedded", "scaled out"])
def place(request: pytest.FixtureRequest) -> Town:
    """Each of the two, as an agency of its own sees it. A journey may kill what it likes: the next one mends it."""
    shared: Town = request.getfixturevalue(request.param.replace(" ", "_"))
    shared.mend()
    return shared.another()
