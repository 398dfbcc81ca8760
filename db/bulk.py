"""The few statements that both databases know in the same form, and SQLAlchemy only by dialect."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    CursorResult,
    Delete,
    Dialect,
    String,
    Table,
    TextClause,
    TextualSelect,
    Update,
    any_,
    cast,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from db import arrays
from db.base import Base

if TYPE_CHECKING:
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.sql.dml import ReturningInsert

    Insert = postgresql.Insert | sqlite.Insert


WIDTH = re.compile(r"(?<=VARCHAR)\(\d+\)")  # a cast would cut to it what the column has to refuse


def insert(session: Session, model: type[Base]) -> "Insert":
    """An INSERT of this session's dialect, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return inserting(dialect_of(session), model)


def dialect_of(session: Session) -> str:
    """The name of this session's database: postgresql or sqlite."""
    return _dialect(session).name


def inserting(dialect: str, into: type[Base] | Table) -> "Insert":
    """The same for a statement that is put together once."""
    if dialect == "postgresql":
        return postgresql.insert(into)
    from sqlalchemy.dialects import sqlite  # here: with PostgreSQL nobody needs it and sqlite3, 1.5 MB

    return sqlite.insert(into)


def insert_new(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], id_column: Any) -> list[int]:
    """Insert the rows that break no unique key, in their order; the ids of those that were new, in no certain order.

    All rows have the same columns; of the model's defaults they get those that are plain values. The statement is made
    once and kept, whatever their values: to compile one with all the values in it takes ten times as long as to run it.
    """
    if not rows:
        return []
    if session.autoflush:
        session.flush()
    dialect = _dialect(session)
    if dialect.name != "postgresql" or len(rows) == 1:
        return list(session.execute(_new(dialect.name, model, id_column.key), list(rows)).scalars())
    missing = _missing(_table(model), rows[0])
    columns = (*missing, *rows[0])
    given = Rows(model, columns, [(*missing.values(), *(row[name] for name in rows[0])) for row in rows])
    statement = _new_of_arrays(dialect, model, columns, id_column.key)
    return list(session.execute(statement, _parameters(session, given)).scalars())


@lru_cache(maxsize=64)
def _new(dialect: str, model: type[Base], returning: str) -> "ReturningInsert[int]":
    table = _table(model)
    return inserting(dialect, table).on_conflict_do_nothing().returning(table.c[returning])


@lru_cache(maxsize=64)
def _new_of_arrays(dialect: Dialect, model: type[Base], columns: tuple[str, ...], returning: str) -> TextClause:
    source = WIDTH.sub("", arrays.from_arrays(dialect, model, columns))
    names = ", ".join(map(dialect.identifier_preparer.quote, columns))
    head = f"INSERT INTO {_table(model).name} ({names}) {source}"
    return text(f"{head} ON CONFLICT DO NOTHING RETURNING {returning}")


def insert_many(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with the same columns of plain values, past the ORM: on PostgreSQL by COPY.

    One statement with all their values is dearer for both sides where the values are some kilobytes.
    """
    if not rows:
        return
    table = _table(model)
    if _dialect(session).name != "postgresql":
        session.execute(table.insert(), rows)
        return
    from psycopg import sql  # here: with SQLite nobody needs it

    given = _missing(table, rows[0])
    names, same = (*rows[0], *given), tuple(given.values())
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    with session.connection().connection.cursor() as cursor, cursor.copy(statement) as copied:  # type: ignore[attr-defined]
        for row in rows:
            copied.write_row([*map(_plain, row.values()), *same])


def _missing(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a model gives where a row has none."""
    defaults = ((each.name, each.default) for each in table.columns if each.name not in row)
    return {name: _plain(value.arg) for name, value in defaults if isinstance(value, ScalarElementColumnDefault)}


def _plain(value: Any) -> Any:
    """A member of an enumeration as its value, which psycopg would write by its name."""
    return value.value if isinstance(value, Enum) else value


def changed(session: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or a DELETE; how many rows it changed."""
    done: CursorResult[tuple[()]] = session.execute(statement)  # type: ignore[assignment]
    return done.rowcount


@dataclass(frozen=True)
class Rows:
    """Some columns of a table and rows of values for them, to be written in one statement, however many they are."""

    model: type[Base]
    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]


def insert_rows(session: Session, rows: Rows) -> set[tuple[Any, ...]]:
    """Insert the rows whose primary key is new; the primary keys of those that were, as tuples of plain values."""
    if not rows.values:
        return set()
    statement = _statement(_dialect(session), rows.model, rows.columns, "skip")
    return {tuple(row) for row in session.execute(statement, _parameters(session, rows))}


def insert_columns(
    session: Session,
    model: type[Base],
    same: Mapping[str, Any],
    varying: Mapping[str, Sequence[Any]],
    *,
    returning: str,
) -> set[Any]:
    """Insert rows whose primary key is new: some columns have the same value in all, some a value each.

    The `returning` column of those that were new. Half the cost of `insert_rows` where most columns are the same.
    """
    dialect = _dialect(session)
    statement = _column_wise(dialect, model, tuple(same), tuple(varying), returning)
    one = {name: arrays.bound(dialect, model, name, [value])[0] for name, value in same.items()}
    many = {name: arrays.bound(dialect, model, name, list(values)) for name, values in varying.items()}
    if dialect.name == "postgresql":
        given = {name: arrays.written(values) for name, values in many.items()}
    else:
        given = {"rows": json.dumps(list(zip(*many.values(), strict=True)))}
    return set(session.execute(statement, one | given).scalars())


def put_rows(session: Session, rows: Rows) -> None:
    """Insert the rows, or overwrite their columns where the primary key exists."""
    if rows.values:
        statement = _statement(_dialect(session), rows.model, rows.columns, "put")
        session.execute(statement, _parameters(session, rows))


def add_rows(session: Session, rows: Rows) -> None:
    """Insert the rows, or add their numbers to those that stand under the primary key."""
    if rows.values:
        statement = _statement(_dialect(session), rows.model, rows.columns, "add")
        session.execute(statement, _parameters(session, rows))


def lock_rows(
    session: Session, same: Mapping[str, Any], wanted: Rows, columns: tuple[str, ...]
) -> Sequence[tuple[Any, ...]]:
    """These columns of the rows with the keys `wanted`, locked one by one in the order in which they are named.

    Each is looked up by itself, so that no table without statistics and no key far away leads to a scan. What is the
    `same` in all of them stands in the statement by itself, so that only the partition it names is looked at.
    """
    if not wanted.values:
        return []
    dialect = _dialect(session)
    statement = _locking(dialect, wanted.model, tuple(same), wanted.columns, columns)
    one = {name: arrays.bound(dialect, wanted.model, name, [value])[0] for name, value in same.items()}
    return [tuple(row) for row in session.execute(statement, one | _parameters(session, wanted))]


def among(session: Session, column: Any, ids: Sequence[int]) -> Any:
    """A condition that holds for these ids and perhaps for few more: a slice of neighbours is read by its bounds.

    The caller ignores what it did not ask for. BETWEEN is cheapest wherever ids lie close together; elsewhere they are
    one parameter, because a placeholder for each makes a statement that is parsed, and kept, anew for every length.
    """
    lowest, highest = min(ids), max(ids)
    if highest - lowest < 4 * len(ids):
        return column.between(lowest, highest)
    if _dialect(session).name == "postgresql":
        return column == any_(cast(literal(arrays.written(list(ids)), String), postgresql.ARRAY(BigInteger)))
    return column.in_(select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value))


def _dialect(session: Session) -> Dialect:
    return session.get_bind().dialect


@lru_cache(maxsize=64)
def _locking(
    dialect: Dialect, model: type[Base], ones: tuple[str, ...], key: tuple[str, ...], columns: tuple[str, ...]
) -> TextualSelect:
    table = _table(model)
    fixed = [f"{table.name}.{name} = :{name}" for name in ones]
    same = " AND ".join([*fixed, *(f"{table.name}.{name} = wanted.{name}" for name in key)])
    read = ", ".join(f"{table.name}.{name}" for name in columns)
    form = _LOCKING if dialect.name == "postgresql" else _LOOKING
    source = arrays.unnested(dialect, model, key) if dialect.name == "postgresql" else ", ".join(_json_fields(key))
    names = ", ".join(key)
    statement = form.format(read=read, table=table.name, same=same, source=source, names=names)
    return text(statement).columns(*(table.c[name] for name in columns))


# No LIMIT 1: it makes PostgreSQL think a plan for any key cheap, and that plan locks every partition.
_LOCKING = """
    SELECT found.* FROM {source} AS wanted ({names})
    CROSS JOIN LATERAL (SELECT {read} FROM {table} WHERE {same} FOR UPDATE) AS found
"""
# CROSS JOIN keeps SQLite from turning the two around; whoever writes has the whole database to itself.
_LOOKING = """
    WITH wanted ({names}) AS (SELECT {source} FROM json_each(:rows))
    SELECT {read} FROM wanted CROSS JOIN {table} ON {same}
"""


@lru_cache(maxsize=64)
def _statement(dialect: Dialect, model: type[Base], columns: tuple[str, ...], conflict: str) -> TextClause:
    table = _table(model)
    key = [column.name for column in table.primary_key]
    rest = [name for name in columns if name not in key]
    match conflict:
        case "skip":
            action = f"NOTHING RETURNING {', '.join(key)}"
        case "put":
            action = "UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in rest)
        case _:
            action = "UPDATE SET " + ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in rest)
    source = arrays.from_arrays(dialect, model, columns) if dialect.name == "postgresql" else _from_json(columns)
    head = f"INSERT INTO {table.name} ({', '.join(columns)}) {source}"
    return text(f"{head} ON CONFLICT ({', '.join(key)}) DO {action}")


@lru_cache(maxsize=64)
def _column_wise(
    dialect: Dialect, model: type[Base], same: tuple[str, ...], varying: tuple[str, ...], returning: str
) -> TextClause:
    table = _table(model)
    ones = ", ".join(f"CAST(:{name} AS {table.c[name].type.compile(dialect)})" for name in same)
    if dialect.name == "postgresql":
        source = arrays.from_arrays(dialect, model, varying).removeprefix("SELECT * ")
        values = ", ".join(f"given.{name}" for name in varying)
        source = f"SELECT {ones}, {values} {source} AS given({', '.join(varying)})"
    else:
        source = _from_json(varying).replace("SELECT ", f"SELECT {ones}, ", 1)
    key = ", ".join(column.name for column in table.primary_key)
    head = f"INSERT INTO {table.name} ({', '.join((*same, *varying))}) {source}"
    return text(f"{head} ON CONFLICT ({key}) DO NOTHING RETURNING {returning}")


def _table(model: type[Base]) -> Table:
    table = inspect(model).local_table
    assert isinstance(table, Table)
    return table


def _from_json(columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(_json_fields(columns))} FROM json_each(:rows) WHERE true"  # noqa: S608 - numbers


def _json_fields(columns: tuple[str, ...]) -> list[str]:
    return [f"json_extract(value, '$[{place}]')" for place in range(len(columns))]


def _parameters(session: Session, rows: Rows) -> dict[str, Any]:
    dialect = _dialect(session)
    columns = enumerate(rows.columns)
    bound = [arrays.bound(dialect, rows.model, name, [row[place] for row in rows.values]) for place, name in columns]
    if dialect.name == "postgresql":
        return dict(zip(rows.columns, map(arrays.written, bound), strict=True))
    return {"rows": json.dumps(list(zip(*bound, strict=True)))}
