"""The states of a broadcast and the moves between them. Pure: `move()` is the only way from one to another."""

from enum import StrEnum


class Kind(StrEnum):
    """What a broadcast is, which decides its lane and whose wishes it heeds."""

    ALERT = "alert"  # now, to everybody who holds the topic, whatever their cadence
    NOTICE = "notice"  # an ordinary announcement
    BULLETIN = "bulletin"  # made by the clock
    CAMPAIGN = "campaign"  # to an uploaded contact list


class State(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"  # set when an officer begins
    SUBMITTED = "submitted"  # set by the author: nothing may change while it is looked at
    RETURNED = "returned"  # set by an approver, with a reason
    REJECTED = "rejected"  # set by an approver
    APPROVED = "approved"  # set by an approver, or by the confirmation code where no approval is asked for
    SCHEDULED = "scheduled"  # set by the officer: the clock launches it
    SENDING = "sending"  # set by the one launch
    PAUSED = "paused"  # set by an officer
    FINISHED = "finished"  # set by the clock
    CANCELLED = "cancelled"  # set by an officer
    CORRECTED = "corrected"  # set by an officer, with a correction to those who were reached
    RECALLED = "recalled"  # set by an officer, where the platform can take messages back


class Ruling(StrEnum):
    """What an approver said of one submission. It never changes; another submission is asked about anew."""

    APPROVED = "approved"  # it may be launched exactly as it is
    RETURNED = "returned"  # to be changed, with a reason
    REJECTED = "rejected"  # not to be sent, with a reason


class Note(StrEnum):
    """What became of one occurrence. The clock writes it with the occurrence; only what is held may become another."""

    SENT = "sent"
    NOTHING_NEW = "nothing_new"
    HELD_LATE = "held_late"  # too late: the admins were told; the next one says what this one would have said
    HELD_UNREADY = "held_unready"  # it may not leave as it is (no sender, ...): likewise
    HELD = "held"  # a feed did not pass its gate: it waits for an officer's word, until its term is over
    LET_GO = "let_go"  # set by an officer, or where it was paused or deleted: of what was held nothing is sent
    LAPSED = "lapsed"  # set by the clock: nobody said a word in time; likewise
    SKIPPED = "skipped"  # set by an officer beforehand: the next one says what this one would have said
    RESUMED = "resumed"  # no run: where a bulletin began again after a pause; `passed_over` waited before it


class Aftercare(StrEnum):
    """What a broadcast does about another one that left before it (`corrects_id`)."""

    RETRY = "retry"  # says the same again to those who did not get it
    CORRECTION = "correction"  # says something else to those who did
    RECALL = "recall"  # takes it back, where the platform can


class Meaning(StrEnum):
    """What a prepared correction tells those who got the first."""

    FALSE_ALARM = "false_alarm"  # it was wrong: nothing has happened
    UPDATE = "update"  # it goes on, and this is new
    ALL_CLEAR = "all_clear"  # it is over


class Outcome(StrEnum):
    """What became of a broadcast for somebody, in an officer's words; each stands for states of deliveries."""

    REACHED = "reached"  # a provider took it for them, or more
    FAILED = "failed"  # it left and will not arrive
    UNREACHED = "unreached"  # that, or it never left
    IN_DOUBT = "in_doubt"  # it may have arrived, and we cannot know


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.CANCELLED}),
    State.SUBMITTED: frozenset({State.APPROVED, State.RETURNED, State.REJECTED, State.CANCELLED}),
    State.RETURNED: frozenset({State.DRAFT, State.CANCELLED}),
    State.REJECTED: frozenset(),
    State.APPROVED: frozenset({State.SCHEDULED, State.SENDING, State.CANCELLED, State.DRAFT}),
    State.SCHEDULED: frozenset({State.SENDING, State.APPROVED, State.CANCELLED, State.DRAFT}),
    State.SENDING: frozenset({State.PAUSED, State.FINISHED, State.CANCELLED}),
    State.PAUSED: frozenset({State.SENDING, State.CANCELLED}),
    State.FINISHED: frozenset({State.CORRECTED, State.RECALLED}),
    State.CANCELLED: frozenset({State.CORRECTED, State.RECALLED}),
    State.CORRECTED: frozenset({State.RECALLED}),
    State.RECALLED: frozenset(),
}

LAUNCHES: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.SUBMITTED, State.APPROVED, State.SENDING),  # where no approval is asked for, all in one step
    State.SUBMITTED: (State.APPROVED, State.SENDING),  # by breaking the glass alone
    State.APPROVED: (State.SENDING,),
    State.SCHEDULED: (State.SENDING,),
}
"""From where something can be launched, and by which moves."""


class ForbiddenMove(Exception):
    """A broadcast cannot go from where it stands to where somebody wants it: tell them where it stands."""

    def __init__(self, here: State, there: State) -> None:
        super().__init__(f"a broadcast that is {here} cannot become {there}")
        self.here = here
        self.there = there


def move(here: State, there: State) -> State:
    """`there`, if the table allows it; ForbiddenMove otherwise."""
    if there not in MOVES[here]:
        raise ForbiddenMove(here, there)
    return there
