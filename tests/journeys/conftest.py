"""Both sizes of the product, each in a town that all journeys of a test process share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tests import databases
from tests.journeys.town import Town, town

EMBEDDED, SCALED_OUT = SIZES = ("embedded", "scaled out")
LOUD = {"LOG_LEVEL": "debug"}  # whatever happens is written down in full, for test_what_logs_say.py


class Towns:
    """The town there is, of one size at a time: processes tick although nobody is there. Journeys come by size."""

    def __init__(self, found: Callable[[str], AbstractContextManager[Town]]) -> None:
        """None stands yet; `found` founds one of a size."""
        self._found, self._stack = found, ExitStack()
        self._there: tuple[str, Town] | None = None

    def another(self, size: str) -> Town:
        """A town of this size as an agency of its own sees it. Whatever the last journey broke is mended."""
        if self._there is None or self._there[0] != size:
            self.close()
            self._there = size, self._stack.enter_context(self._found(size))
        shared = self._there[1]
        shared.mend()
        return shared.another()

    def close(self) -> None:
        """End the one there is."""
        self._there = None
        self._stack.close()


@pytest.fixture(scope="package")
def towns(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """One process on SQLite, or web, worker and clock on PostgreSQL and Valkey."""

    @contextmanager
    def found(size: str) -> Iterator[Town]:
        folder = tmp_path_factory.mktemp("town")
        if size == EMBEDDED:
            url = databases.copied_sqlite(request.getfixturevalue("sqlite_template"), folder / "loudhailer.db")
            with town(database_url=url, folder=folder, wishes=LOUD) as made:
                yield made
            return
        spares, redis_url = request.getfixturevalue("spare_databases"), request.getfixturevalue("lasting_redis_url")
        wishes = {**LOUD, "LOG_FORMAT": "json"}
        with (
            spares.lent() as url,
            town(database_url=url, folder=folder, redis_url=redis_url, wishes=wishes) as made,
        ):
            yield made

    made = Towns(found)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(params=SIZES)
def place(request: pytest.FixtureRequest, towns: Towns) -> Town:
    """Each of the two, as an agency of its own sees it. A journey may kill what it likes: the next one mends it."""
    return towns.another(request.param)
