"""Pages kept for some seconds in this process, so that in a rush most of them ask nobody anything."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

KEPT_FOR = timedelta(seconds=5)
KEPT_AT_MOST = 500
LONGEST_NAME = 400

Name = tuple[str, ...]


@dataclass(slots=True)
class Keeper:
    """Finished pages by everything that makes them differ. Safe to use from several threads."""

    pages: dict[Name, tuple[datetime, bytes]] = field(default_factory=dict)

    def find(self, name: Name, now: datetime) -> bytes | None:
        """The page of this name, if it is at most five seconds old."""
        kept = self.pages.get(name)
        return kept[1] if kept is not None and now - KEPT_FOR < kept[0] <= now else None

    def keep(self, name: Name, page: bytes, now: datetime) -> None:
        """Keep a page; where there are too many, begin anew, so that made-up addresses cost no memory."""
        if sum(map(len, name)) > LONGEST_NAME:
            return
        if len(self.pages) >= KEPT_AT_MOST:
            self.pages.clear()
        self.pages[name] = (now, page)
