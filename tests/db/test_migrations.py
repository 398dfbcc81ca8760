"""The migrations make exactly the schema that the models describe."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from db import migrate, partitions, ranges, schema
from db.base import Base
from db.engine import create_engine


def test_migrations_lead_to_the_models_and_may_run_twice(blank_database_url: str) -> None:
    schema.load_models()
    assert not migrate.is_current(blank_database_url)
    migrate.upgrade(blank_database_url)
    migrate.upgrade(blank_database_url)
    assert migrate.is_current(blank_database_url)
    assert migrate.heads() == ScriptDirectory(str(migrate.MIGRATIONS)).get_heads()
    assert _differences(blank_database_url) == []


def test_what_is_written_once_stands_beside_the_row_that_is_updated(session: Session) -> None:
    if not ranges.is_postgresql(session):
        pytest.skip("SQLite keeps it where it is")
    for table, column in schema.BESIDE.items():
        kept = text("SELECT attstorage FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attname = :c")
        assert session.scalar(kept, {"t": table, "c": column}) == "e"


def _differences(url: str) -> list[Any]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_name": _is_of_a_model})
            found: list[Any] = compare_metadata(context, Base.metadata)
    finally:
        engine.dispose()
    return found


def _is_of_a_model(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not partitions.is_partition(name or "")
