"""The herald: nobody who asks for a wake-up waits for the broker, and none is passed on out of turn."""

import threading

from delivery.herald import TOGETHER, Herald


class Broker:
    """Takes wake-ups once it is let go, and stumbles over those it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.messages: list[tuple[int, ...]] = []
        self.stumbled: list[int] = []
        self.is_free, self.is_asked = threading.Event(), threading.Event()

    def wake(self, task: str, *subject_ids: int) -> None:
        """Take one more message."""
        self.is_asked.set()
        assert self.is_free.wait(60)
        if 13 in subject_ids:
            self.stumbled += subject_ids
            raise RuntimeError("a broker that stumbles")
        self.taken += [(task, subject_id) for subject_id in subject_ids]
        self.messages.append(subject_ids)


def test_nobody_waits_for_a_broker_that_hangs_and_all_are_woken_in_turn_when_it_goes() -> None:
    broker = Broker()
    herald = Herald(broker.wake)
    for number in range(500):
        herald.wake("hear", number)
    assert broker.is_asked.wait(30)
    assert broker.taken == []
    broker.is_free.set()
    herald.close(patience=10)
    assert 13 in broker.stumbled
    assert len(broker.stumbled) <= TOGETHER
    assert broker.taken == [("hear", number) for number in range(500) if number not in broker.stumbled]


def test_what_waits_behind_goes_along_and_another_task_never_does() -> None:
    broker = Broker()
    herald = Herald(broker.wake)
    herald.wake("hear", 0)
    assert broker.is_asked.wait(30)
    for number in range(1, 7):
        herald.wake("hear", number)
    herald.wake("post", 7)
    herald.wake("hear", 8)
    broker.is_free.set()
    herald.close(patience=10)
    assert broker.messages == [(0,), (1, 2, 3, 4), (5, 6), (7,), (8,)]
    assert broker.taken[-2:] == [("post", 7), ("hear", 8)]


def test_what_is_too_much_for_a_broker_that_hangs_is_left_to_the_clock() -> None:
    broker = Broker()
    herald = Herald(broker.wake, most=3)
    herald.wake("hear", 0)
    assert broker.is_asked.wait(30)
    for number in range(1, 9):
        herald.wake("hear", number)
    herald.close(patience=0.01)
    broker.is_free.set()
    herald.close(patience=10)
    assert broker.taken == [("hear", number) for number in range(4)]


def test_a_process_that_never_woke_anybody_has_no_herald_to_wait_for() -> None:
    Herald(Broker().wake).close()
    assert "herald" not in {thread.name for thread in threading.enumerate()}
