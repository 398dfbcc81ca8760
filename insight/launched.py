"""What this room is told of an announcement that has left: broadcasts are above it. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Launched:
    """An announcement that has left: its id (the consignment's as well), and what officers call it by.

    `people` is its frozen audience, None while that is being counted.
    """

    id: int
    code: str
    launched_at: datetime
    people: int | None
    officer_id: int | None = None
