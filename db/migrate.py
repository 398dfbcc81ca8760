"""Bringing a database to the schema this code expects, with Alembic; and asking whether it is there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from db.engine import create_engine

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
REVISION = re.compile(r"^(down_)?revision\b[^=\n]*= *(?:[\"'](\w+)[\"']|None)", re.MULTILINE)


def upgrade(url: str) -> None:
    """Run what is missing; running it again changes nothing. SQLite rebuilds tables (batch mode) where it must."""
    from alembic import command  # here: seven megabytes that a running process does without

    with _config(url) as config:
        command.upgrade(config, "head")


def is_current(url: str) -> bool:
    """Whether the database has exactly the newest schema."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            here = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    finally:
        engine.dispose()
    return list(here) == heads()


def heads() -> list[str]:
    """The revisions no other one builds on, read from the files: one, as long as nobody forked."""
    told = [REVISION.findall(path.read_text(encoding="utf-8")) for path in (MIGRATIONS / "versions").glob("*.py")]
    known = {name for file in told for is_down, name in file if name and not is_down}
    return sorted(known - {name for file in told for is_down, name in file if is_down})


def write_revision(url: str, message: str) -> None:
    """Write a new migration from the difference between the models (imported by the caller) and this database."""
    from alembic import command

    with _config(url) as config:
        command.revision(config, message=message, autogenerate=True)


@contextmanager
def _config(url: str) -> "Iterator[Config]":
    from alembic.config import Config

    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    try:
        yield config
    finally:
        engine.dispose()
