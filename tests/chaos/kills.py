"""Cases in which processes of ours die, or are asked to stop."""

import signal
import time
from functools import partial
from pathlib import Path

from tests.chaos.case import Case
from tests.chaos.scene import WORKERS, Scene

STOP_SECONDS = 10.0
"""A graceful stop finishes or returns what it holds within so many seconds."""
KILLS = 4
RETRIED = 8.5
"""Seconds without a receipt after which none comes any more: the last retries of one are eight seconds apart."""


def kill_workers(scene: Scene, *, times: int) -> None:
    """One worker host after the other, at moments and in an order left to chance."""
    scene.measure("files both hosts write", len(_files(scene, 0) & _files(scene, 1)), "files", most=0)
    scene.wait_until_reached(0.02)
    for _ in range(times):
        scene.restart(scene.random.choice(WORKERS), signal.SIGKILL)
        time.sleep(scene.random.uniform(0.3, 1.8))


def _files(scene: Scene, host: int) -> set[Path]:
    """The regular files a host has open, what it only reads from our tree left out."""
    opened = Path(f"/proc/{scene.town.processes[WORKERS[host]].pid}/fd")
    paths = [Path(target) for each in opened.iterdir() if (target := _target(each))]
    return {path for path in paths if path.is_file()}


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""


def kill_each(scene: Scene, *, name: str, times: int) -> None:
    """One process again and again."""
    scene.wait_until_reached(0.02)
    for _ in range(times):
        scene.restart(name, signal.SIGKILL)
        time.sleep(scene.random.uniform(0.5, 1.5))


def kill_everything(scene: Scene, *, times: int) -> None:
    """All processes at once; a second of silence; all of them again."""
    for number in range(times):
        scene.wait_until_reached(0.1 + 0.4 * number)
        for name in list(scene.town.processes):
            scene.town.stop(name, signal.SIGKILL)
        time.sleep(1.0)
        for name in scene.standard:
            scene.start(name)
    scene.town.wait_for_door()


def stop_gently(scene: Scene, *, names: tuple[str, ...]) -> None:
    """SIGTERM in the middle: it is over in ten seconds, nobody holds anything, and nothing is in doubt."""
    scene.wait_until_reached(0.2)
    _terminate(scene, names)
    scene.measure("batches still held", scene.leased(), "batches", most=0)
    scene.measure("in doubt after the stop", scene.doubted(), "messages", most=0)
    for name in names:
        scene.start(name)


def stop_while_it_hangs(scene: Scene) -> None:
    """SIGTERM while the provider takes messages and says nothing: what it does not answer is in doubt, no more."""
    scene.wait_until_reached(0.2)
    for bot in scene.town.bots.values():
        scene.town.simulator.fault("timeout_after", bot=bot, count=10, seconds=60.0)
    time.sleep(1.5)
    _terminate(scene, WORKERS)
    scene.town.simulator.clear_faults()
    for name in WORKERS:
        scene.start(name)


def _terminate(scene: Scene, names: tuple[str, ...]) -> None:
    """All at the same moment."""
    began = time.monotonic()
    for name in names:
        scene.town.processes[name].send_signal(signal.SIGTERM)
    for name in names:
        scene.town.wait_for_end(name, began)
    scene.measure("stopped after", time.monotonic() - began, "s", most=STOP_SECONDS)


CASES = (
    Case(
        "worker-kills",
        f"SIGKILL of one of two worker hosts, {KILLS} times at random moments",
        partial(kill_workers, times=KILLS),
        crashes=KILLS,
        sending_seconds=8.0,
    ),
    Case(
        "worker-kills-hold",
        f"SIGKILL of one of two worker hosts, {KILLS} times; a campaign, whose messages in doubt are held",
        partial(kill_workers, times=KILLS),
        crashes=KILLS,
        is_held=True,
        sending_seconds=8.0,
    ),
    Case("web-kills", "SIGKILL of web, three times", partial(kill_each, name="web", times=3), quiet=RETRIED),
    Case("clock-kills", "SIGKILL of the clock, three times", partial(kill_each, name="clock", times=3)),
    Case(
        "everything-kills",
        "SIGKILL of web, clock and both workers at once, twice",
        partial(kill_everything, times=2),
        crashes=2,
        quiet=RETRIED,
    ),
    Case("stop-workers", "SIGTERM of both workers in the middle", partial(stop_gently, names=WORKERS)),
    Case(
        "stop-everything",
        "SIGTERM of everything in the middle",
        partial(stop_gently, names=("web", "clock", *WORKERS)),
        quiet=RETRIED,
    ),
    Case("stop-while-hanging", "SIGTERM of both workers while the provider hangs", stop_while_it_hangs, crashes=1),
    Case(
        "embedded-kills",
        "one process on SQLite: SIGKILL, twice",
        partial(kill_everything, times=2),
        crashes=2,
        quiet=RETRIED,
        is_embedded=True,
    ),
    Case(
        "embedded-kills-hold",
        "one process on SQLite: SIGKILL, twice; a campaign, whose messages in doubt are held",
        partial(kill_everything, times=2),
        crashes=2,
        quiet=RETRIED,
        is_held=True,
        is_embedded=True,
    ),
    Case(
        "embedded-stop",
        "one process on SQLite: SIGTERM in the middle",
        partial(stop_gently, names=("up",)),
        quiet=RETRIED,
        is_embedded=True,
    ),
)
