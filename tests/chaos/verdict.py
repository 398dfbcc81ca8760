"""Comparing two books, person by person: what the platforms took, and what our ledger says. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from delivery.states import DeliveryState as State

TAKEN = frozenset({State.ACCEPTED, State.SENT, State.DELIVERED, State.READ})
ARRIVED = frozenset({State.DELIVERED, State.READ})
BEHIND = frozenset({State.ACCEPTED, State.SENT})


@dataclass(frozen=True, slots=True)
class Taken:
    """One message a platform took: for which phone, its id there, and the last status it told (WhatsApp)."""

    phone: str
    message_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of our ledger."""

    phone: str
    state: State
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison says. `lost` got nothing and nobody is in doubt about it; `wrong` names each contradiction.

    `missed` counts phones that have their message although we were never told: the ledger is behind, not wrong.
    """

    people: int
    lost: tuple[str, ...]
    doubled: int
    unknown: int
    missed: int
    wrong: tuple[str, ...]


def judge(crowd: Iterable[str], taken: Iterable[Taken], rows: Iterable[Row], tallies: Mapping[str, int]) -> Verdict:
    """Compare for each phone of the crowd, and the tallies with the rows they count."""
    phones, rows = set(crowd), list(rows)
    got: dict[str, list[Taken]] = defaultdict(list)
    for each in taken:
        got[each.phone].append(each)
    ledger = {row.phone: row for row in rows}
    wrong = [complaint for phone in sorted(phones) if (complaint := _complaint(phone, ledger.get(phone), got[phone]))]
    wrong += [f"{phone}: not of the audience" for phone in sorted((set(got) | set(ledger)) - phones)]
    if (counted := Counter(str(row.state) for row in rows)) != Counter(tallies):
        wrong.append(f"the tallies say {dict(tallies)}, the rows {dict(counted)}")
    return Verdict(
        people=len(phones),
        lost=tuple(sorted(phone for phone in phones if not got[phone] and not _is_in_doubt(ledger.get(phone)))),
        doubled=sum(max(0, len(got[phone]) - 1) for phone in phones),
        unknown=sum(row.state is State.UNKNOWN for row in rows),
        missed=sum(_is_behind(ledger.get(phone), got[phone]) for phone in phones),
        wrong=tuple(wrong),
    )


def _complaint(phone: str, row: Row | None, got: list[Taken]) -> str | None:
    """Why the two do not agree; None if they do. Who is in doubt may have it or not: that is what the mark says."""
    if row is None:
        return f"{phone}: taken {len(got)} times, and not in the ledger"
    if row.state is State.UNKNOWN:
        return None
    if row.state not in TAKEN:
        return f"{phone}: {row.state} in the ledger, taken {len(got)} times"
    if row.provider_id not in {each.message_id for each in got}:
        return f"{phone}: {row.state} in the ledger as message {row.provider_id}, which was never taken"
    if row.state in ARRIVED and not any(_has_arrived(each) for each in got):
        return f"{phone}: {row.state} in the ledger, and not on the phone"
    return None


def _is_in_doubt(row: Row | None) -> bool:
    return row is not None and row.state is State.UNKNOWN


def _is_behind(row: Row | None, got: list[Taken]) -> bool:
    return row is not None and row.state in BEHIND and any(_has_arrived(each) for each in got)


def _has_arrived(taken: Taken) -> bool:
    return taken.status in ("delivered", "read")
