"""Many ids as one value: shuffled and packed by the database, so that Python never holds them one by one."""

import sys
from array import array
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Dialect, LargeBinary, TypeDecorator, func, literal
from sqlalchemy.orm import InstrumentedAttribute, Session

if TYPE_CHECKING:
    from sqlite3 import Connection as SqliteConnection  # on PostgreSQL nothing imports sqlite3


class Ids(TypeDecorator["array[int]"]):
    """Ids as the database packs them (eight bytes each, the highest first), read as an array."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> "array[int] | None":
        """The ids in their order."""
        if value is None:
            return None
        ids = array("q")
        ids.frombytes(value)
        if sys.byteorder == "little":
            ids.byteswap()
        return ids


def scattered(session: Session, id: InstrumentedAttribute[int], *, seed: int) -> list[ColumnElement[Any]]:
    """What rows are ordered by before their ids are `shuffled`; SQLite's aggregate needs no order."""
    return [func.hashint8extended(id, seed)] if session.get_bind().dialect.name == "postgresql" else []


def shuffled(session: Session, ids: ColumnElement[int], *, seed: int) -> "ColumnElement[array[int]]":
    """An aggregate: the ids of a group as one array, in an order that follows from the seed and the ids alone.

    The rows come in the order of `scattered`. Saying it in the aggregate makes PostgreSQL sort them by group first.
    """
    if session.get_bind().dialect.name == "postgresql":
        return func.string_agg(func.int8send(ids), literal(b""), type_=Ids)
    return func.shuffled(ids, seed, type_=Ids)


def teach(connection: "SqliteConnection") -> None:
    """Give a connection to SQLite the aggregate it lacks."""
    connection.create_aggregate("shuffled", 2, _Shuffled)  # type: ignore[arg-type]


class _Shuffled:
    def __init__(self) -> None:
        self._ids = array("q")
        self._seed: Any = None

    def step(self, id: int, seed: int) -> None:
        self._ids.append(id)
        self._seed = seed

    def finalize(self) -> bytes:
        ids = sorted(self._ids)
        Random(f"{self._seed}:{ids[0]}").shuffle(ids)  # noqa: S311  fairness needs no secret
        packed = array("q", ids)
        if sys.byteorder == "little":
            packed.byteswap()
        return packed.tobytes()
