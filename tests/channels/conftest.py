"""One simulator for all channel tests of a worker, empty before each; and a door for its webhooks."""

from collections.abc import Iterator

import pytest

from tests.channels.listening import Door
from tests.simulated import Simulator


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """The pretended platforms, without rate limits and without chance."""
    with Simulator("--no-limits") as simulator:
        simulator.timing(certain=True)
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The pretended platforms, with nobody in them."""
    running_simulator.clear_faults()
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def door() -> Iterator[Door]:
    """A real HTTP server that keeps every webhook call for the test to look at."""
    with Door() as opened:
        yield opened
