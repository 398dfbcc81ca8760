"""What runs for long holds nothing that it does not use: whole libraries are memory of every process."""

import os
import subprocess
import sys

import pytest

from tests.house import tree

DRAWING = ("rich", "pygments", "PIL")
SERVING = ("flask", "granian", "waitress", "aiohttp")
TELLING_TIME = ("apscheduler",)
OTHERS = (
    "alembic",
    "charset_normalizer",
    "demo",
    "greenlet",
    "pydantic",
    "simulator",
    "sqlalchemy.dialects.sqlite",
    "sqlite3",
    "twilio.rest.api",
)
IMPORTED = """
import sys, commands.processes, psycopg, sqlalchemy.dialects.postgresql.psycopg
from channels import registry
registry.preload(registry.CHANNELS)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def held() -> set[str]:
    """The modules of a worker or a clock on PostgreSQL that has senders of every channel."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTED],
        cwd=tree.ROOT,
        env={**os.environ, "PYTHONPATH": str(tree.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", DRAWING + SERVING + TELLING_TIME + OTHERS)
def test_a_worker_does_not_hold(module: str, held: set[str]) -> None:
    assert module not in held, f"import {module} where it is used (see docs/adr/0015-what-a-process-holds.md)"
