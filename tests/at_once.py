"""Several who do something in the same moment, really."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(*deeds: Callable[[], T]) -> list[T]:
    """What each of them answered, all begun at the same moment; what one raises is raised."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], T]) -> T:
        barrier.wait(30)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result(60) for each in [pool.submit(run, deed) for deed in deeds]]
