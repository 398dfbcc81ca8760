"""Waking workers once a transaction is committed, and never before: a task that starts earlier would find nothing.

The session factory carries the waker (`sessions.configure(info={"waker": engine.wake})`). Without one nothing is woken,
and the clock finds the work a moment later: the database is the truth, a wake-up only saves time.
"""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

Waker = Callable[[str, int], None]


def later(session: Session, task: str, subject_id: int) -> None:
    """Once this session has committed, ask somebody to do `task` for the row with this id (once, however often asked)."""
    waiting: dict[tuple[str, int], None] = session.info.setdefault("wakes", {})
    if not waiting:
        event.listen(session, "after_commit", _fire, once=True)
    waiting[(task, subject_id)] = None


def _fire(session: Session) -> None:
    waiting: dict[tuple[str, int], None] = session.info.pop("wakes", {})
    waker: Waker | None = session.info.get("waker")
    for task, subject_id in waiting if waker else ():
        assert waker is not None
        waker(task, subject_id)


def forget(session: Session) -> None:
    """Drop what was asked for: the transaction was rolled back."""
    session.info.pop("wakes", None)
