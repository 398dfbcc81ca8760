"""The states of the post office and the moves between them, and how what we hear of a delivery is merged. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Lane(StrEnum):
    """Who goes first. The order of the members is the order of precedence."""

    ALERT = "alert"
    REPLY = "reply"
    NOTICE = "notice"
    BULLETIN = "bulletin"

    @property
    def rank(self) -> int:
        """0 goes first."""
        return list(Lane).index(self)


class DoubtPolicy(StrEnum):
    """What becomes of the messages that were on their way when a worker died."""

    RESEND = "resend"  # at least once: alerts and notices
    HOLD = "hold"  # at most once: they stay in doubt until an officer decides


class Aim(StrEnum):
    """What a consignment is for. All but the first are about what others (`of_ids`) have left on people's phones."""

    ANNOUNCE = "announce"  # say it to whoever asked for it
    REPEAT = "repeat"  # likewise, to whom none of the others has reached
    CORRECT = "correct"  # rewrite what they have or say it anew; heeds no cadence, area, quiet hours or pause
    TAKE_BACK = "take_back"  # delete what they have; says nothing


class Stage(StrEnum):
    """Where a template is. `STEPS` says where it may go."""

    WRITTEN = "written"  # set by the officer who submits it: the provider does not have it yet
    PENDING = "pending"  # set once the provider has it: not decided
    APPROVED = "approved"  # set when the provider says so, or by an operator who notes what is: the newest is in use
    REJECTED = "rejected"  # set when the provider says so, or does not take it: for good
    PAUSED = "paused"  # set when the provider says so: not in use until it is approved again
    DISABLED = "disabled"  # set when the provider says so, or knows it no more: for good
    LEAVING = "leaving"  # set by the officer who deletes it: not in use, and gone when the provider knows


STEPS: dict[Stage, frozenset[Stage]] = {
    Stage.WRITTEN: frozenset({Stage.PENDING, Stage.REJECTED, Stage.LEAVING}),
    Stage.PENDING: frozenset(Stage) - {Stage.WRITTEN, Stage.PENDING},
    Stage.APPROVED: frozenset({Stage.PAUSED, Stage.DISABLED, Stage.REJECTED, Stage.LEAVING}),
    Stage.REJECTED: frozenset({Stage.LEAVING}),
    Stage.PAUSED: frozenset({Stage.APPROVED, Stage.DISABLED, Stage.REJECTED, Stage.LEAVING}),
    Stage.DISABLED: frozenset({Stage.LEAVING}),
    Stage.LEAVING: frozenset(),
}


class ConsignmentState(StrEnum):
    """Whether a consignment's batches may leave."""

    OPEN = "open"  # set at launch and on resume
    PAUSED = "paused"  # set by an officer; waits
    STOPPED = "stopped"  # set by an officer; nothing of it leaves any more
    DONE = "done"  # set by the clock once every batch is done and no retry waits
    SEALED = "sealed"  # set by the clock once its term is over: its figures are final, its deliveries leave
    PURGED = "purged"  # set by the clock once nothing about any person is left of it


class BatchState(StrEnum):
    """Where a batch is."""

    READY = "ready"  # set by the launch, by a worker that yields, and by the clock when a lease ran out
    LEASED = "leased"  # set by the worker that took it
    DONE = "done"  # set by the worker that settled its last recipient
    STUCK = "stuck"  # set by the worker that finds it unsettled once too often: not sent until an operator says so
    DROPPED = "dropped"  # set when its consignment was stopped: the rest of it never leaves


class DeliveryState(StrEnum):
    """What we know of one message. The ledger's words."""

    WITHHELD = "withheld"  # never sent: the person had stopped, or the address may not be written to
    UNKNOWN = "unknown"  # in doubt: it may have gone out
    ACCEPTED = "accepted"  # the provider took it
    SENT = "sent"  # the provider passed it on
    FAILED = "failed"  # it will not arrive
    DELIVERED = "delivered"  # it is on the phone
    READ = "read"  # it was seen


TAKEN = (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
"""The provider has it, whatever became of it there: as far as we know the person was reached."""


class Milestone(StrEnum):
    """What a time-to-reach curve measures: how long after the launch something had happened to a message."""

    HANDED_OVER = "handed_over"  # the provider took it
    DELIVERED = "delivered"  # it is on the phone, as far as the channel tells


class LetterState(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"  # set when it is written, and again after a transient refusal
    LEASED = "leased"  # set by the worker that sends it
    SENT = "sent"  # the provider took it
    FAILED = "failed"  # given up


# --- what is heard of one delivery, merged ---------------------------------------------------------------------------

RANK = {state: rank for rank, state in enumerate(DeliveryState)}
REACHED = frozenset({DeliveryState.DELIVERED, DeliveryState.READ})
STAMPED = (
    DeliveryState.ACCEPTED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.FAILED,
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was heard of one delivery: who speaks (attempt, state, its words), and when each thing first was so."""

    attempt: int
    state: DeliveryState
    reason: str | None = None
    code: str | None = None
    provider_id: str | None = None
    accepted_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One thing heard of one delivery: by a receipt, or by our own settlement. `heard` is the state it speaks of."""

    attempt: int
    heard: DeliveryState
    at: datetime
    reason: str | None = None
    code: str | None = None
    provider_id: str | None = None


def first(report: Report) -> Ledger:
    """What is known when only this was heard."""
    stamp = {f"{report.heard}_at": report.at} if report.heard in STAMPED else {}
    return Ledger(report.attempt, report.heard, report.reason, report.code, report.provider_id, **stamp)


def merge(one: Ledger, other: Ledger) -> Ledger:
    """What is known when both were heard. Commutative, associative, idempotent.

    Had any attempt reach the person, that stands (read before delivered). Otherwise the last attempt speaks, by rank:
    unknown < accepted < sent < failed. Withheld says only that an attempt was not made, so it speaks when nobody else
    does. Of each instant the earliest stays.
    """
    speaker = max(one, other, key=_weight)
    return Ledger(
        speaker.attempt,
        speaker.state,
        speaker.reason,
        speaker.code,
        speaker.provider_id,
        _earliest(one.accepted_at, other.accepted_at),
        _earliest(one.sent_at, other.sent_at),
        _earliest(one.delivered_at, other.delivered_at),
        _earliest(one.read_at, other.read_at),
        _earliest(one.failed_at, other.failed_at),
    )


def _weight(ledger: Ledger) -> tuple[int, int, int, str, str, str]:
    """A total order of everything a speaker carries: the greater of two is a merge that keeps all three laws."""
    words = (ledger.reason or "", ledger.code or "", ledger.provider_id or "")
    rank = RANK[ledger.state]
    if ledger.state in REACHED:
        return (2, rank, ledger.attempt, *words)
    if ledger.state is DeliveryState.WITHHELD:
        return (0, ledger.attempt, rank, *words)
    return (1, ledger.attempt, rank, *words)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
