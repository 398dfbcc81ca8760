"""The few statements that both databases know in the same form, and SQLAlchemy only by dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.base import Base

Insert = postgresql.Insert | sqlite.Insert


def insert(session: Session, model: type[Base]) -> Insert:
    """An INSERT of this session's dialect, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)


def insert_new(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], id_column: Any) -> list[int]:
    """Insert the rows that break no unique key; the ids of those that were new, in no certain order."""
    if not rows:
        return []
    statement = insert(session, model).values(list(rows)).on_conflict_do_nothing().returning(id_column)
    return list(session.execute(statement).scalars())
