"""The gate before every use of a feed: fresh, complete, plausible, and not the same as the last one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from feeds.reading import Reading, Value
from feeds.specs import Spec

AHEAD = timedelta(minutes=5)  # clocks differ; what is later than this is no time of origin


class Why(StrEnum):
    """Why a feed is held. The officers' text for it is "feed.why.<value>"."""

    UNREACHABLE = "unreachable"  # it did not answer, or not in time
    REFUSED = "refused"  # it answered with an error, or leads where we do not go
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"  # no document of its form
    UNKNOWN = "unknown"  # the agency has no such feed any more
    UNDATED = "undated"  # its time of origin is missing, or in the future
    STALE = "stale"
    MISSING = "missing"  # a field
    UNFIT = "unfit"  # a field that is not of its type
    OUT_OF_BOUNDS = "out_of_bounds"
    JUMPED = "jumped"  # it changed by more than it plausibly can
    SAME = "same"  # nothing of it changed since the last one


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to hold, and of a number where its limit is. What it `was` and is, the readings say."""

    why: Why
    field: str = ""
    limit: str = ""


def judge(spec: Spec, reading: Reading, before: Reading | None, *, now: datetime) -> list[Finding]:
    """Why this reading may not be sent by itself; empty: it may. `before` is the last one that was."""
    found = [*_age(spec, reading, now), *_fields(spec, reading, before)]
    if not found and before is not None and _is_same(spec, reading, before):
        found.append(Finding(Why.SAME))
    return found


def pack(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Findings as they are kept."""
    return [{key: str(value) for key, value in asdict(each).items()} for each in findings]


def unpack(kept: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Findings that were kept."""
    return [Finding(Why(each["why"]), each["field"], each["limit"]) for each in kept]


def _age(spec: Spec, reading: Reading, now: datetime) -> Iterator[Finding]:
    if not spec.origin:
        return
    if reading.origin_at is None or reading.origin_at > now + AHEAD:
        yield Finding(Why.UNDATED)
    elif spec.max_age is not None and now - reading.origin_at > spec.max_age:
        yield Finding(Why.STALE)


def _fields(spec: Spec, reading: Reading, before: Reading | None) -> Iterator[Finding]:
    for name, field in spec.fields.items():
        value = reading.values.get(name)
        if value is None:
            yield Finding(Why.UNFIT if reading.faults.get(name) == "unfit" else Why.MISSING, name)
        elif isinstance(value, Decimal):
            last = before.values.get(name) if before else None
            yield from _number(name, value, last, field.least, field.most, field.most_change)


def _number(
    name: str, value: Decimal, last: Value | None, least: Decimal | None, most: Decimal | None, change: Decimal | None
) -> Iterator[Finding]:
    if least is not None and value < least:
        yield Finding(Why.OUT_OF_BOUNDS, name, str(least))
    elif most is not None and value > most:
        yield Finding(Why.OUT_OF_BOUNDS, name, str(most))
    elif change is not None and isinstance(last, Decimal) and abs(value - last) > change:
        yield Finding(Why.JUMPED, name, str(change))


def _is_same(spec: Spec, reading: Reading, before: Reading) -> bool:
    """Whether every value is the last one. What may repeat itself must at least be of another time, if it names one."""
    if dict(reading.values) != dict(before.values):
        return False
    return not spec.may_repeat or (reading.origin_at is not None and reading.origin_at == before.origin_at)
