"""Cases in which the servers below us die, are restarted, or are away for a while."""

import signal
import time
from functools import partial

from tests.chaos.case import Case
from tests.chaos.scene import Scene
from tests.chaos.standing import Standing


def restart(scene: Scene, *, which: str, number: int, times: int) -> None:
    """End a server with this signal and start it at once."""
    for turn in range(times):
        scene.wait_until_reached(0.1 + 0.3 * turn)
        server = _server(scene, which)
        server.end(number)
        server.start()


def leave(scene: Scene, *, which: str) -> None:
    """A server is gone for a while."""
    scene.wait_until_reached(0.2)
    server = _server(scene, which)
    server.end(signal.SIGINT)
    time.sleep(scene.away_seconds)
    scene.until += scene.away_seconds
    server.start()


def _server(scene: Scene, which: str) -> Standing:
    found = {"postgres": scene.postgres, "valkey": scene.valkey}[which]
    assert found is not None
    return found


CASES = (
    Case(
        "redis-emptied",
        "Redis killed and started again empty, twice",
        partial(restart, which="valkey", number=signal.SIGKILL, times=2),
    ),
    Case("redis-away", "Redis away for 30 s", partial(leave, which="valkey")),
    Case(
        "postgres-restarted",
        "PostgreSQL stopped (fast) and started again, twice",
        partial(restart, which="postgres", number=signal.SIGINT, times=2),
        crashes=2,
    ),
    Case(
        "postgres-crashed",
        "PostgreSQL stopped (immediate) and started again, twice",
        partial(restart, which="postgres", number=signal.SIGQUIT, times=2),
        crashes=2,
    ),
    Case(
        "postgres-killed",
        "SIGKILL of the PostgreSQL server, twice",
        partial(restart, which="postgres", number=signal.SIGKILL, times=2),
        crashes=2,
    ),
    Case("postgres-away", "PostgreSQL away for 30 s", partial(leave, which="postgres"), crashes=1),
)
