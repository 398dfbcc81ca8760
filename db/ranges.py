"""Reading whole ranges of large tables: what PostgreSQL must be told to do it well; SQLite knows it in another form."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, column, func, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from db.base import Base

SWEEPING = {
    "enable_nestloop": "off",  # it multiplies what it expects of each range, arrives at hardly anybody, looks up each
    "plan_cache_mode": "force_custom_plan",  # a plan for any range knows nothing of this one
    "max_parallel_workers_per_gather": "0",  # the other cores are sending
    "jit": "off",  # it would compile each statement anew, for each block
}
"""https://www.postgresql.org/docs/current/runtime-config-query.html"""

HURRIED = {  # an officer waits for it, and it is rare
    **SWEEPING,
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "0",  # of the few words of bits that a worker hands over PostgreSQL thinks too much
    "parallel_tuple_cost": "0",
    "enable_sort": "off",  # by language its collation compares, and hashing is enough
    "work_mem": "16MB",  # a million people in four languages are 62,500 groups of 100 B
}

LOOKED_AT = 1_000  # rows of an index, so that it takes milliseconds: https://www.sqlite.org/lang_analyze.html
WORTH_KNOWING = 500  # rows
OUTGROWN = 8


def first_of_each(
    session: Session, question: Select[*tuple[Any, ...]], key: ColumnElement[Any], order: Sequence[ColumnElement[Any]]
) -> Subquery:
    """The rows of a question, and of those with the same key only the first in this order."""
    if is_postgresql(session):  # the window sorts and counts every row: counting a million takes it half as long again
        return question.ext(postgresql.distinct_on(key)).order_by(key, *order).subquery()
    place = func.row_number().over(partition_by=key, order_by=order).label("place")
    numbered = question.add_columns(place).subquery()
    columns = [column for column in numbered.c if column.name != "place"]
    return select(*columns).where(numbered.c.place == 1).subquery()


def sweep(session: Session) -> None:
    """Say that this transaction reads most of the ranges it names: they are joined whole, not looked up row by row."""
    _set(session, SWEEPING)


def hurry(session: Session) -> None:
    """As `sweep`, for a question that somebody waits for: other cores help."""
    _set(session, HURRIED)


def weigh(session: Session, largest: type[Base]) -> None:
    """Let SQLite know how large its tables are, where they have grown since; PostgreSQL sees to that by itself.

    `largest` is the table that the others follow in size.
    """
    if not is_postgresql(session) and _has_outgrown(session, largest.__tablename__):
        session.execute(text(f"PRAGMA analysis_limit={LOOKED_AT}"))
        session.execute(text("ANALYZE"))


def _set(session: Session, settings: Mapping[str, str]) -> None:
    if is_postgresql(session):
        session.execute(select(*(func.set_config(name, value, True) for name, value in settings.items())))


def _has_outgrown(session: Session, table: str) -> bool:
    """Whether what SQLite knows of a table's size is of another time. Knowing nothing it joins row by row: counting
    20,000 people took 23 s, and 0.04 s afterwards.
    """
    rows = session.scalar(select(func.max(column("rowid"))).select_from(sql_table(table))) or 0
    if rows < WORTH_KNOWING:
        return False
    if session.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")) is None:
        return True
    known = session.scalar(text("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = :tbl"), {"tbl": table})
    return known is None or not known / OUTGROWN <= rows <= known * OUTGROWN


def is_postgresql(session: Session) -> bool:
    """Whether this is the database that has to be told."""
    return session.get_bind().dialect.name == "postgresql"
