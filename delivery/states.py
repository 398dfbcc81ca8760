"""The states of the post office and the moves between them, and how what we hear of a delivery is merged. Pure."""

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


class ConsignmentState(StrEnum):
    """Whether a consignment's batches may leave."""

    OPEN = "open"  # set at launch and on resume
    PAUSED = "paused"  # set by an officer; waits
    STOPPED = "stopped"  # set by an officer; nothing of it leaves any more
    DONE = "done"  # set by the clock once every batch is done and no retry waits


class BatchState(StrEnum):
    """Where a batch is."""

    READY = "ready"  # set by the launch, by a worker that yields, and by the clock when a lease ran out
    LEASED = "leased"  # set by the worker that took it
    DONE = "done"  # set by the worker that settled its last recipient


class DeliveryState(StrEnum):
    """What we know of one message. The ledger's words."""

    WITHHELD = "withheld"  # never sent: the person had stopped, or the address may not be written to
    UNKNOWN = "unknown"  # in doubt: it may have gone out
    ACCEPTED = "accepted"  # the provider took it
    SENT = "sent"  # the provider passed it on
    FAILED = "failed"  # it will not arrive
    DELIVERED = "delivered"  # it is on the phone
    READ = "read"  # it was seen


class LetterState(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"  # set when it is written, and again after a transient refusal
    LEASED = "leased"  # set by the worker that sends it
    SENT = "sent"  # the provider took it
    FAILED = "failed"  # given up
