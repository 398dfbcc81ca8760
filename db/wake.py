"""Waking workers once a transaction is committed, and never before: a task that starts earlier would find nothing.

The session factory carries the waker (`sessions.configure(info={"waker": engine.wake})`). Without one nothing is woken,
and the clock finds the work a moment later: the database is the truth, a wake-up only saves time.
"""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

Waker = Callable[..., None]
"""(task, ids of one or several rows)."""


def later(session: Session, task: str, subject_id: int) -> None:
    """Once this session has committed, have `task` done for the row with this id (once, however often asked)."""
    if "wakes" not in session.info:
        event.listen(session, "after_commit", _fire)
        event.listen(session, "after_rollback", _forget)
    session.info.setdefault("wakes", {})[(task, subject_id)] = None


def _fire(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint was released: nothing is durable yet
        return
    waiting: list[tuple[str, int]] = list(session.info["wakes"])
    session.info["wakes"].clear()
    waker: Waker | None = session.info.get("waker")
    if waker is None:
        return
    for task, subject_id in waiting:
        waker(task, subject_id)


def _forget(session: Session) -> None:
    session.info["wakes"].clear()
