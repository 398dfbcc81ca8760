"""What follows from a refusal: five refusals, five different things. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.contract import Misconfigured, Refusal, Rejected, Throttled, Unavailable, Unreachable
from delivery.states import DeliveryState, DoubtPolicy, Lane

FIRST_DELAY = {Lane.ALERT: timedelta(seconds=2)}
LONGEST_DELAY = {Lane.ALERT: timedelta(seconds=30)}
USUAL_FIRST_DELAY = timedelta(seconds=5)
USUAL_LONGEST_DELAY = timedelta(minutes=10)
JITTER = 0.5
WORD_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a message travels: its attempt, lane and policy, and the last moment for another attempt."""

    attempt: int
    lane: Lane
    policy: DoubtPolicy
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """What follows for one message, and beyond it.

    `state` is what the ledger is told (None: nothing yet). With `retry_at` there is another attempt. `is_unsent`: it
    stays where it is, at no cost. `is_unreachable` gives up the address, `stops_sender` stops everything of the sender.
    """

    state: DeliveryState | None = None
    reason: str | None = None
    code: str | None = None
    retry_at: datetime | None = None
    is_unsent: bool = False
    is_unreachable: bool = False
    stops_sender: bool = False


def follow(refusal: Refusal, terms: Terms, *, now: datetime, chance: float) -> Next:
    """What follows when a send was refused. `chance`, 0 to 1, spreads retries so that they do not come all at once."""
    match refusal:
        case Throttled():  # one that comes here is a full chat's own (delivery/chats.py); else it never left its batch
            return _again_or_never(refusal, terms, now + refusal.retry_after, chance)
        case Misconfigured():
            return Next(is_unsent=True, stops_sender=True)
        case Unavailable(may_be_sent=True):
            return _doubt(refusal, terms, now, chance)
        case Unavailable():
            return _again_or_never(refusal, terms, now, chance)
        case Unreachable():
            return _failed(refusal, is_unreachable=True)
        case _:
            return _failed(refusal)


def follow_receipt(refusal: Refusal, terms: Terms, *, now: datetime, chance: float) -> Next:
    """What follows when a provider took a message and says later that it failed: it is certain, and it has failed.

    Another attempt where the cause passes; the address or the sender is given up as after a send.
    """
    match refusal:
        case Unreachable():
            return _failed(refusal, is_unreachable=True)
        case Rejected():
            return _failed(refusal)
        case _:
            retry_at = None if _is_held(refusal, terms) else _retry_at(terms, now, chance)
            is_ours = isinstance(refusal, Misconfigured)
            return Next(
                DeliveryState.FAILED, name(refusal), word(refusal.code), retry_at=retry_at, stops_sender=is_ours
            )


def delay(attempt: int, lane: Lane, chance: float) -> timedelta:
    """How long to wait after an attempt: growing twofold to a ceiling, half of it left to chance."""
    first = FIRST_DELAY.get(lane, USUAL_FIRST_DELAY)
    longest = LONGEST_DELAY.get(lane, USUAL_LONGEST_DELAY)
    grown: timedelta = first * (1 << min(attempt - 1, 20))
    return min(grown, longest) * (1 - JITTER * chance)


def name(refusal: Refusal) -> str:
    """Our word for a refusal, as the ledger keeps it."""
    return type(refusal).__name__.casefold()


def word(code: str) -> str | None:
    """The provider's word, as much of it as the ledger keeps, without what PostgreSQL takes in no text."""
    return code.replace("\0", "").encode("utf-8", "replace").decode()[:WORD_LENGTH] or None


def _failed(refusal: Refusal, *, is_unreachable: bool = False) -> Next:
    return Next(DeliveryState.FAILED, name(refusal), word(refusal.code), is_unreachable=is_unreachable)


def _again_or_never(refusal: Refusal, terms: Terms, now: datetime, chance: float) -> Next:
    retry_at = _retry_at(terms, now, chance)
    if retry_at is None:
        return _failed(refusal)
    return Next(retry_at=retry_at)


def _doubt(refusal: Refusal, terms: Terms, now: datetime, chance: float) -> Next:
    """The ledger says that we do not know; whether to send again is a matter of policy."""
    again = None if _is_held(refusal, terms) else _retry_at(terms, now, chance)
    return Next(DeliveryState.UNKNOWN, name(refusal), word(refusal.code), retry_at=again)


def _is_held(refusal: Refusal, terms: Terms) -> bool:
    return isinstance(refusal, Unavailable) and refusal.may_be_sent and terms.policy is DoubtPolicy.HOLD


def _retry_at(terms: Terms, now: datetime, chance: float) -> datetime | None:
    due_at = now + delay(terms.attempt, terms.lane, chance)
    return due_at if due_at < terms.deadline_at else None
