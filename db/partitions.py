"""Ranges of a big table that can be dropped whole (PostgreSQL): made ahead, taken out, dropped. SQLite has one table.

A row whose key is in no range goes to the default partition, so that an insert never fails. Whatever here needs a lock
gives up after LOCK_TIMEOUT and is done at another time: nobody who sends waits longer for it.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

LOCK_TIMEOUT = "200ms"
NOT_NOW = frozenset({"55P03", "23514"})  # the lock was not to be had; the default partition has rows of this range
AHEAD = 2  # ranges beyond the newest key
MADE_AT_ONCE = 10
_RANGE = re.compile(r".+_from_(\d+)_to_(\d+)")
_PARTITION = re.compile(r".+_(default|from_\d+_to_\d+|gone_\d+)")


@dataclass(frozen=True, slots=True)
class Range:
    """One partition: the keys from `start` up to, not including, `stop`."""

    name: str
    start: int
    stop: int


def is_partition(table: str) -> bool:
    """Whether this is the name of a partition, which no model describes."""
    return _PARTITION.fullmatch(table) is not None


def begin(connection: Connection, table: str, *, width: int) -> None:
    """Give a new partitioned table its default partition and its first ranges. For the migration."""
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"))
    for start in range(1, 1 + AHEAD * width, width):
        for statement in _made(table, start, start + width):
            connection.execute(text(statement))


def ranges(session: Session, table: str) -> list[Range]:
    """The ranges there are, in the order of their keys; none on SQLite. Read from their names: that locks nothing."""
    if not _is_cut(session):
        return []
    names = session.scalars(
        text(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = CAST(:parent AS regclass)"
        ),
        {"parent": table},
    )
    found = [Range(name, int(bound[1]), int(bound[2])) for name in names if (bound := _RANGE.fullmatch(name))]
    return sorted(found, key=lambda each: each.start)


def extend(session: Session, table: str, *, key: str, newest: int, width: int) -> int:
    """Make ranges of `width` keys until AHEAD of them lie beyond the newest key; how many were made.

    Two who do it at once do no harm: one does it.
    """
    there = ranges(session, table)
    end = max((each.stop for each in there), default=1)
    if not _is_cut(session) or end > newest + AHEAD * width or not _alone(session, table):
        return 0
    start = max(end, _beyond_default(session, table, key))
    starts = range(start, newest + 1 + AHEAD * width, width)[:MADE_AT_ONCE]
    return sum(_quietly(session, _maker(session, table, each, each + width)) for each in starts)


def take_out(session: Session, table: str, cut: Range, *, key: str, over: Collection[int]) -> bool:
    """Detach a range, to be dropped by `drop_taken_out`; False, and nothing changed, if that cannot be right now.

    Only if every row in it has a key that is `over`. That is asked while nobody can write, so no row is ever lost.
    """
    kept = sorted(set(range(cut.start, cut.stop)) - set(over))

    def detach() -> bool:
        session.execute(text(f"LOCK TABLE {cut.name} IN ACCESS EXCLUSIVE MODE"))  # nobody uses it: first, as it may
        session.execute(text(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"))  # wait for a vacuum
        in_use = text(f"SELECT 1 FROM {cut.name} WHERE {key} = ANY(:kept) LIMIT 1")  # noqa: S608 - our own names
        if session.execute(in_use, {"kept": kept}).first() is not None:
            return False
        session.execute(text(f"ALTER TABLE {table} DETACH PARTITION {cut.name}"))
        session.execute(text(f"ALTER TABLE {cut.name} RENAME TO {table}_gone_{cut.start}"))
        return True

    return _alone(session, table) and _quietly(session, detach)


def drop_taken_out(session: Session, table: str) -> int:
    """Drop one range that was taken out: its files go while nobody waits for a lock on the table. How many."""
    if not _is_cut(session):
        return 0
    asked = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ :name ORDER BY relname LIMIT 1")
    name = session.scalar(asked, {"name": rf"^{table}_gone_\d+$"})
    return 0 if name is None else int(_quietly(session, lambda: _ran(session, f"DROP TABLE IF EXISTS {name}")))


def strays(session: Session, table: str) -> bool:
    """Whether rows have gone to the default partition, where they leave one by one."""
    if not _is_cut(session):
        return False
    return session.execute(text(f"SELECT 1 FROM {table}_default LIMIT 1")).first() is not None  # noqa: S608 - ours


def _is_cut(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _alone(session: Session, table: str) -> bool:
    """Whether nobody else changes this table's partitions until this transaction ends."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext(:table))"), {"table": table}))


def _beyond_default(session: Session, table: str, key: str) -> int:
    return 1 + int(session.scalar(text(f"SELECT max({key}) FROM {table}_default")) or 0)  # noqa: S608 - ours


def _made(table: str, start: int, stop: int) -> tuple[str, str]:
    """Not CREATE TABLE ... PARTITION OF: that locks the whole table against everybody, attaching locks nobody out."""
    name = f"{table}_from_{start}_to_{stop}"
    return (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)",
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({stop})",
    )


def _maker(session: Session, table: str, start: int, stop: int) -> Callable[[], bool]:
    return lambda: all(_ran(session, statement) for statement in _made(table, start, stop))


def _ran(session: Session, statement: str) -> bool:
    session.execute(text(statement))
    return True


def _quietly(session: Session, do: Callable[[], bool]) -> bool:
    """Do this without making anybody wait longer than LOCK_TIMEOUT; False if it could not be done now."""
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            return do()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in NOT_NOW:
            raise
        return False
