"""How many words of one address are answered: whoever writes without end is told so once, and waits. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

AT_ONCE = 20  # words that are answered as fast as they come
A_SECOND = 20 / 60  # and how many more with time
CALM = 10


class Verdict(StrEnum):
    """What becomes of a word."""

    ANSWER = "answer"
    WARN = "warn"  # answered once: that it is too much
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Flow:
    """How much somebody wrote lately, as of an instant."""

    level: float
    at: datetime
    is_slowed: bool


def pour(flow: Flow, now: datetime) -> tuple[Flow, Verdict]:
    """One more word, now. Who was slowed is answered again after about half a minute without a word."""
    drained = max(0.0, flow.level - max(0.0, (now - flow.at).total_seconds()) * A_SECOND)
    level = min(drained + 1, AT_ONCE + 1)
    if flow.is_slowed and drained > CALM:
        return Flow(level, now, is_slowed=True), Verdict.IGNORE
    if level > AT_ONCE:
        return Flow(level, now, is_slowed=True), Verdict.WARN
    return Flow(level, now, is_slowed=False), Verdict.ANSWER
