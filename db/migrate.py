"""Bringing a database to the schema this code expects, with Alembic; and asking whether it is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.engine import create_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Run what is missing; running it again changes nothing. SQLite rebuilds tables (batch mode) where it must."""
    with _config(url) as config:
        command.upgrade(config, "head")


def is_current(url: str) -> bool:
    """Whether the database has exactly the newest schema."""
    engine = create_engine(url)
    with engine.connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return here == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def write_revision(url: str, message: str) -> None:
    """Write a new migration from the difference between the models (imported by the caller) and this database."""
    with _config(url) as config:
        command.revision(config, message=message, autogenerate=True)


@contextmanager
def _config(url: str) -> Iterator[Config]:
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    try:
        yield config
    finally:
        engine.dispose()
