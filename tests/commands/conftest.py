"""A command line for tests: the real commands, on a real database, in an environment of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

import config
from cli import main
from commands.console import console
from tests.simulated import Simulator

Run = Callable[..., Result]
KEY = Fernet.generate_key().decode()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("agency", "list")` in an empty folder, with nothing of ours in the environment."""
    for name in config.names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "width", 200)  # COLUMNS is too late: pytest-xdist sets it for its workers
    return lambda *words, **values: CliRunner().invoke(main, words, **values)


@pytest.fixture
def run(bare: Run, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """The same on a migrated database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEYS", KEY)
    return bare


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The pretended platforms, with nobody in them."""
    with Simulator("--no-limits") as running:
        yield running
