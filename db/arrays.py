"""Many values as one parameter: PostgreSQL's arrays, a statement for any number of them, and how they are written."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, LargeBinary

from db.base import Base


def from_arrays(dialect: Dialect, model: type[Base], columns: tuple[str, ...]) -> str:
    """A SELECT of rows that are given as an array for each column, in their order."""
    return f"SELECT * FROM {unnested(dialect, model, columns)}"  # noqa: S608 - names of our own schema


def unnested(dialect: Dialect, model: type[Base], columns: tuple[str, ...]) -> str:
    """The same as a table, with the columns' types."""
    kinds = [model.__table__.c[name].type.compile(dialect) for name in columns]
    arrays = (f"CAST(:{name} AS {kind}[])" for name, kind in zip(columns, kinds, strict=True))
    return f"unnest({', '.join(arrays)})"


def bound(dialect: Dialect, model: type[Base], name: str, values: list[Any]) -> list[Any]:
    """Values of one column as the database gets them."""
    kind = model.__table__.c[name].type
    if isinstance(kind, LargeBinary):
        return values  # the driver would wrap each, and `written` not know it any more
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    return values if process is None else [process(value) for value in values]


def written(values: list[Any]) -> Any:
    """An array as PostgreSQL writes it, where that is simple: psycopg's own way takes seven times as long.

    https://www.postgresql.org/docs/current/arrays.html#ARRAYS-INPUT
    """
    if not ELEMENTS.keys() >= set(map(type, values)):
        return values
    return "{" + ",".join([ELEMENTS[type(value)](value) for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


ELEMENTS: Mapping[type, Callable[[Any], str]] = {
    int: str,
    datetime: datetime.isoformat,
    str: _quoted,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    type(None): lambda _: "NULL",
}
