"""A sink and the servers of a run, small ones."""

from collections.abc import Iterator

import pytest

from bench import servers
from bench.receiver import Receiver, receiving
from bench.run import Run
from bench.servers import Servers


@pytest.fixture(scope="session")
def sink() -> Iterator[Receiver]:
    """A running sink."""
    with receiving() as running:
        yield running


@pytest.fixture
def pair(postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """The servers of the tests, as a run knows them."""
    monkeypatch.setenv("TEST_DATABASE_URL", postgres_url)
    monkeypatch.setenv("TEST_REDIS_URL", redis_url)
    with servers.provided() as known:
        yield known


@pytest.fixture
def run_of_nothing(pair: Servers, sink: Receiver) -> Run:
    """A run that has not measured anything yet."""
    return Run(pair, sink, is_quick=True)
