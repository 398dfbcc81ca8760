"""The judge of the fault suite: nobody can be lost, doubled or misreported without its saying so."""

import pytest

from delivery.states import DeliveryState as State
from tests.chaos.verdict import Row, Taken, Verdict, judge

ANN, BOB = "telegram-1", "whatsapp-2"


def judged(taken: list[Taken], rows: list[Row], tallies: dict[str, int]) -> Verdict:
    """Ann and Bob were to get it."""
    return judge([ANN, BOB], taken, rows, tallies)


def test_two_books_that_agree_leave_nothing_to_say() -> None:
    taken = [Taken(ANN, "7", ""), Taken(BOB, "SM1", "delivered")]
    rows = [Row(ANN, State.ACCEPTED, "7"), Row(BOB, State.DELIVERED, "SM1")]
    assert judged(taken, rows, {"accepted": 1, "delivered": 1}) == Verdict(2, (), 0, 0, 0, ())


def test_who_got_nothing_is_lost_whatever_the_ledger_says_of_it() -> None:
    rows = [Row(ANN, State.FAILED), Row(BOB, State.ACCEPTED, "SM1")]
    found = judged([], rows, {"failed": 1, "accepted": 1})
    assert found.lost == (ANN, BOB)
    assert len(found.wrong) == 2
    assert judged([], [], {}).lost == (ANN, BOB)


def test_who_is_in_doubt_is_neither_lost_nor_a_contradiction() -> None:
    rows = [Row(ANN, State.UNKNOWN), Row(BOB, State.UNKNOWN)]
    assert judged([Taken(BOB, "SM1", "delivered")], rows, {"unknown": 2}) == Verdict(2, (), 0, 2, 0, ())


def test_every_message_too_many_is_counted() -> None:
    taken = [Taken(ANN, "7", ""), Taken(ANN, "8", ""), Taken(ANN, "9", ""), Taken(BOB, "SM1", "sent")]
    rows = [Row(ANN, State.ACCEPTED, "9"), Row(BOB, State.SENT, "SM1")]
    assert judged(taken, rows, {"accepted": 1, "sent": 1}) == Verdict(2, (), 2, 0, 0, ())


def test_a_receipt_we_never_got_is_no_contradiction_and_is_counted() -> None:
    taken = [Taken(ANN, "7", ""), Taken(BOB, "SM1", "delivered")]
    rows = [Row(ANN, State.ACCEPTED, "7"), Row(BOB, State.SENT, "SM1")]
    assert judged(taken, rows, {"accepted": 1, "sent": 1}) == Verdict(2, (), 0, 0, 1, ())


@pytest.mark.parametrize(
    ("bob", "tallies"),
    [
        (Row(BOB, State.DELIVERED, "SM1"), {"accepted": 1, "delivered": 1}),  # it is not on the phone
        (Row(BOB, State.SENT, "SM2"), {"accepted": 1, "sent": 1}),  # a message nobody took
        (Row(BOB, State.FAILED), {"accepted": 1, "failed": 1}),  # it was taken
        (Row(BOB, State.SENT, "SM1"), {"accepted": 2}),  # the counters are wrong
        (Row("whatsapp-3", State.SENT, "SM1"), {"accepted": 1, "sent": 1}),  # a stranger has it, and Bob has no row
    ],
)
def test_a_ledger_that_says_something_else_than_the_record_is_found(bob: Row, tallies: dict[str, int]) -> None:
    taken = [Taken(ANN, "7", ""), Taken(BOB, "SM1", "sent")]
    assert judged(taken, [Row(ANN, State.ACCEPTED, "7"), bob], tallies).wrong
