"""The most telling cases of the fault suite with a few people; `make chaos` runs all of them with two thousand."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.chaos import kills, report
from tests.chaos.__main__ import CASES
from tests.chaos.case import Case, run
from tests.chaos.scene import QUIET_SECONDS, Scene, embedded, scaled_out

PEOPLE = 500
SEED = 7
SENDING_SECONDS = 3.0
AWAY_SECONDS = 3.0
SCALED_OUT = ("worker-kills-hold", "postgres-killed", "redis-away", "broken-off")
EMBEDDED = ("embedded-kills", "embedded-stop")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def shortened(case: Case) -> Case:
    """The same in less time: fewer kills, and no waiting for the last receipt."""
    act = partial(kills.kill_workers, times=2) if case.name.startswith("worker-kills") else case.act
    return replace(case, act=act, sending_seconds=SENDING_SECONDS, quiet=QUIET_SECONDS)


def play(scene: Scene, names: Sequence[str]) -> None:
    """One case after the other in the same town: an installation lives on after a crash."""
    for name in names:
        result = run(shortened(CASES[name]), scene, seed=SEED)
        assert result.holds, f"\n{report.HEAD}\n{report.line(result)}\n{scene.town.log_text()[-4000:]}"
        assert result.verdict is not None
        assert result.verdict.people == PEOPLE


@pytest.mark.usefixtures("postgres_url", "redis_server_url")  # or the reason why there are none
def test_nobody_is_lost_when_hosts_and_servers_die_and_connections_break(tmp_path: Path) -> None:
    with scaled_out(tmp_path, PEOPLE, AWAY_SECONDS) as scene:
        play(scene, SCALED_OUT)


def test_nobody_is_lost_when_the_one_process_dies(tmp_path: Path) -> None:
    with embedded(tmp_path, PEOPLE) as scene:
        play(scene, EMBEDDED)
