"""A new SQLite database is its owner's alone."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import create_engine


@pytest.fixture
def open_handed() -> Iterator[None]:
    """A process that lets everybody read what it makes, as most do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> str:
    return stat.filemode(path.stat().st_mode)


@pytest.mark.usefixtures("open_handed")
def test_nobody_else_may_read_a_new_database_its_log_or_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "data" / "loudhailer.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("create table people (address text)"))
        beside = [Path(f"{file}-wal"), Path(f"{file}-shm")]
        assert [rights(each) for each in (file, *beside)] == ["-rw-------"] * 3
    engine.dispose()
    assert rights(file.parent) == "drwx------"


@pytest.mark.usefixtures("open_handed")
def test_a_database_that_is_there_stays_as_its_owner_made_it(tmp_path: Path) -> None:
    file = tmp_path / "shared.db"
    file.touch(0o640)
    create_engine(f"sqlite:///{file}").dispose()
    assert rights(file) == "-rw-r-----"


def test_a_second_engine_in_a_process_takes_no_lock_away_from_the_first(tmp_path: Path) -> None:
    file = tmp_path / "loudhailer.db"
    first = create_engine(f"sqlite:///{file}")
    with first.connect() as open_all_along:
        open_all_along.execute(text("CREATE TABLE words (word TEXT)"))
        open_all_along.commit()
        create_engine(f"sqlite:///{file}").dispose()
        another = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM words'); c.close()"
        subprocess.run([sys.executable, "-c", another, str(file)], check=True)
        # Whoever believes to be the last to close it removes the -wal file, under everybody who still has it open.
        assert file.with_name("loudhailer.db-wal").exists()
    first.dispose()
