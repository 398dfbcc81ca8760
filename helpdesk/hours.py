"""When an office is open. Pure: days and times in, an instant out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Self

TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadHours(ValueError):
    """These are no office hours. The message tells what they look like."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Days (0 is Monday) and the local times between which somebody is there."""

    days: tuple[int, ...]
    opens: time
    closes: time

    @classmethod
    def parsed(cls, days: str, opens: str, closes: str) -> Self:
        """From "mon-fri" or "mon,wed,sat" and times like 08:30; BadHours says what is wrong."""
        made = cls(_days(days), _time(opens), _time(closes))
        if made.opens >= made.closes:
            raise BadHours(f"the office closes at {closes}, which is not after {opens}")
        return made

    @classmethod
    def loaded(cls, stored: Mapping[str, Any]) -> Self:
        """From what `stored` gave."""
        return cls(tuple(stored["days"]), time.fromisoformat(stored["opens"]), time.fromisoformat(stored["closes"]))

    def stored(self) -> dict[str, Any]:
        """As an agency's row keeps them."""
        return {"days": list(self.days), "opens": f"{self.opens:%H:%M}", "closes": f"{self.closes:%H:%M}"}

    def is_open(self, local: datetime) -> bool:
        """Whether somebody is there at this local moment."""
        return local.weekday() in self.days and self.opens <= local.time() < self.closes

    def next_opening(self, local: datetime) -> datetime:
        """The next moment, after this local one, at which the office opens; in the same zone."""
        for ahead in range(8):
            day = (local + timedelta(days=ahead)).date()
            opening = datetime.combine(day, self.opens, local.tzinfo)
            if day.weekday() in self.days and opening > local:
                return opening
        raise AssertionError("an office opens within eight days")


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise BadHours(f"{text!r} names no days; they look like mon-fri or mon,wed,sat")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}
    return tuple(sorted(found))


def _time(text: str) -> time:
    found = TIME.fullmatch(text.strip())
    if found is None:
        raise BadHours(f"{text!r} is no time of day; it looks like 08:30")
    return time(int(found[1]), int(found[2]))
