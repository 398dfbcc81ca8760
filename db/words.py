"""Sets of people as words of bits: on PostgreSQL 64 neighbours by id in one number, on SQLite one person in each.

A million people are then 15,625 rows, whatever is to be joined, and "and", "or" and "not" are three operators of
numbers. SQLite has neither the aggregate nor the counting of bits: with one person in a word, 1 or 0, it needs none.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import ranges

WIDTH = 64
ALL, NOBODY = literal_column("-1", BigInteger), literal_column("0", BigInteger)
"""Every bit, and none."""

_SHIFT, _PLACE, _LOWEST = (literal_column(digits, BigInteger) for digits in ("6", "63", "1"))
# A fence: https://www.postgresql.org/docs/current/queries-limit.html. A cast, for only a constant lets workers help.
_FENCE = literal_column("'0'::bigint", BigInteger)

Id = InstrumentedAttribute[int] | ColumnElement[int]
Bits = ColumnElement[int]


def number(session: Session, id: Id) -> ColumnElement[int]:
    """The word a person stands in."""
    return id.bitwise_rshift(_SHIFT) if ranges.is_postgresql(session) else type_coerce(id, BigInteger)


def marked(
    session: Session, id: Id, marks: Sequence[ColumnElement[bool]], *where: ColumnElement[bool], by: Sequence[Any] = ()
) -> Subquery:
    """One pass over a table: for each word (and each value of `by`) whose rows there are, `everybody`, and whose rows
    have each of the marks: `m0`, `m1` ..., null where there is none.
    """
    named = [mark.label(f"m{place}") for place, mark in enumerate(marks)]
    question = select(number(session, id).label("word"), _bit(session, id).label("bit"), *by, *named)
    rows = _fenced(session, question.where(*where))
    keys = [rows.c.word, *(rows.c[each.key] for each in by)]
    found = [either(session, rows.c.bit).filter(rows.c[mark.name]).label(mark.name) for mark in named]
    return select(*keys, either(session, rows.c.bit).label("everybody"), *found).group_by(*keys).subquery()


def has(session: Session, bits: Bits, id: Id) -> ColumnElement[bool]:
    """Whether this person is among those of their word."""
    place = bits.bitwise_rshift(_place(id)) if ranges.is_postgresql(session) else bits
    return place.bitwise_and(_LOWEST) == _LOWEST


def size(session: Session, bits: Bits) -> ColumnElement[int]:
    """How many people a word holds."""
    return func.bit_count(cast(bits, BIT(WIDTH))) if ranges.is_postgresql(session) else bits


def _bit(session: Session, id: Id) -> Bits:
    if not ranges.is_postgresql(session):
        return _LOWEST
    return cast(_LOWEST, BigInteger).bitwise_lshift(_place(id))


def _place(id: Id) -> ColumnElement[int]:
    return cast(id.bitwise_and(_PLACE), Integer)


def either(session: Session, bits: Bits) -> Any:
    """An aggregate: whoever is in any of these bits of one word."""
    return func.bit_or(bits) if ranges.is_postgresql(session) else func.max(bits)


def _fenced(session: Session, question: Select[Any]) -> Subquery:
    """The question as a subquery that PostgreSQL does not open.

    Of an expression it has no statistics; seeing the id in it, it expects a group for each person, and then neither
    keeps the groups in memory nor has workers make their share of them.
    """
    return (question.offset(_FENCE) if ranges.is_postgresql(session) else question).subquery()
