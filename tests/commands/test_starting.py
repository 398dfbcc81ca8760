"""A command starts with no more than it needs, because an operator waits for each."""

import subprocess
import sys

import pytest
from dramatiq.brokers.stub import StubBroker

from commands.fittings import QUEUE_OF
from delivery.engine import QUEUES, Engine
from tests.house.tree import ROOT

HEAVY = ("app", "bot", "flask", "telegram", "twilio", "alembic", "granian", "aiohttp")


@pytest.mark.parametrize("name", ["topic", "officer", "sender", "link", "segment", "agency"])
def test_a_short_command_imports_no_process(name: str) -> None:
    asked = "import sys, cli; cli.main.get_command(None, sys.argv[1]); print(*(sys.modules.keys() & set(sys.argv[2:])))"
    done = subprocess.run(
        [sys.executable, "-c", asked, name, *HEAVY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_what_a_command_imported_is_not_looked_through_for_garbage_again() -> None:
    asked = "import gc, cli; cli.main.get_command(None, 'topic'); print(gc.isenabled(), gc.get_freeze_count() > 50_000)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_every_task_that_a_command_can_wake_has_workers() -> None:
    assert set(QUEUE_OF.values()) == set(QUEUES)


def test_a_process_that_only_wakes_keeps_it_for_others() -> None:
    engine = Engine(StubBroker(middleware=[]))
    engine.know("work", QUEUE_OF["work"])
    engine.wake("work", 7)
    assert engine.backlog("bulk") == 1
