"""What can be wrong with the text of a segment."""

from collections.abc import Sequence
from enum import StrEnum


class Flaw(StrEnum):
    """What can be wrong with a segment's text. The officer's sentence for it is "segment.bad.<value>"."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    NO_TERM = "no_term"  # a comparison or a bracket was to stand here
    NO_JOINT = "no_joint"  # "and" or "or" was to stand here
    NO_FIELD = "no_field"  # nothing of that name can be asked
    NO_SIGN = "no_sign"
    NO_VALUE = "no_value"
    NO_END = "no_end"  # a bracket or a quotation is never closed
    WRONG_SIGN = "wrong_sign"  # days go with < and >, all else with :
    NO_DAY = "no_day"
    UNKNOWN = "unknown"  # the agency has nothing of that name
    AMBIGUOUS = "ambiguous"  # and here it has several


class BadSegment(Exception):
    """A text means nothing: say what is wrong `at` which character (from 1), what `said` there, what is possible."""

    def __init__(
        self, flaw: Flaw, at: int, said: str = "", possible: Sequence[str] = (), meant: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{flaw} at {at}")
        self.flaw, self.at, self.said, self.field = flaw, at + 1, said, ""
        self.possible, self.meant = tuple(possible), tuple(meant)
