"""The engine: Dramatiq, which wakes people up. It carries names and ids and owns no truth.

Queues `alert`, `talk`, `letters`, `planning`, `planning_alerts` and `bulk` have workers of their own: an alert always
finds a free one, and who says stop is heard although a provider keeps every letter waiting. What is sent runs in the
loop (`register_work`): its queue's one thread only begins it. A task that fails is logged and forgotten here: the
clock finds its row.
"""

import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerConnectionError
from redis.exceptions import RedisError

from delivery import meters
from delivery.floor import Floor
from delivery.loop import POOL_THREADS, Loop

log = structlog.get_logger(__name__)

Task = Callable[[int], None]
Work = Callable[[int], Coroutine[object, object, object]]
# Threads of each queue for each of WORKER_THREADS; one, where 0 stands. Planning has its own, so that four launches at
# eight o'clock leave everybody else their threads; and so have alerts, which wait for none of those launches.
SHARES = {"alert": 0, "talk": 1, "letters": 0, "planning": 1, "planning_alerts": 0, "bulk": 0}
QUEUES = tuple(SHARES)
ROOM = {"alert": 64, "letters": 1024, "bulk": 256}
"""How many tasks of a queue one process has in its loop at a time."""
TASK_THREADS = sum(SHARES.values()) + POOL_THREADS
"""Threads with a database session at a time, for each of WORKER_THREADS."""
POLL_MS = 100
STOP_SECONDS = 20.0
QUIET_SECONDS = 2.0
AWAY = (BrokerConnectionError, RedisError)


class Engine:
    """The tasks of a process. Register all of them, then `start` where they shall run; `wake` works anywhere.

    `stopping` is set before the workers are stopped: whoever works on something long looks at it.
    """

    def __init__(self, broker: dramatiq.Broker, *, patience: float = STOP_SECONDS) -> None:
        """`patience` is for how many seconds `stop` waits for what runs."""
        self._patience = patience
        self._floors: dict[str, tuple[Floor, Work]] = {}
        self._broker = broker
        self._actors: dict[str, dramatiq.Actor[..., None]] = {}
        self._workers: list[dramatiq.Worker] = []
        self._quiet_until = float("-inf")
        self.stopping = threading.Event()

    def know(self, name: str, queue: str) -> None:
        """Make the task of this name one that can be woken, and that others do."""
        self.register(name, queue, _elsewhere)

    def register(self, name: str, queue: str, function: Task) -> None:
        """Make `function` the task of this name."""
        if queue not in QUEUES:
            raise ValueError(f"no worker listens to a queue {queue}; use one of {', '.join(QUEUES)}")
        declare = dramatiq.actor(actor_name=name, queue_name=queue, broker=self._broker)
        self._actors[name] = declare(_logged(name, function))

    def register_work(self, name: str, queue: str, loop: Loop, function: Work) -> None:
        """Make a coroutine function the task of this name: it runs in the loop, and takes no thread while it waits."""
        floor = Floor(loop, name=name, most=ROOM[queue], stopping=self.stopping)
        self._floors[name] = (floor, function)
        self.register(name, queue, lambda subject_id: floor.begin(lambda: function(subject_id)))

    def wake(self, name: str, *subject_ids: int) -> None:
        """Have a task done for the rows with these ids, soon and by anybody. A wake-up that is lost loses only time.

        By this very process, where it has room: then nobody waits for the broker. The clock brings other hosts in.
        Otherwise one message carries them all: one thread does them, in turn. After one that was lost nobody tries for
        two seconds: a Redis that hangs takes a second of whoever asks.
        """
        left = [each for each in subject_ids if not self._is_begun_here(name, each)]
        if not left:
            return
        if time.monotonic() < self._quiet_until:
            meters.wake_lost(name, len(left))
            return
        try:
            self._actors[name].send(*left)
        except AWAY as error:
            meters.wake_lost(name, len(left))
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("engine.wake_lost", task=name, subject_ids=left, error=type(error).__name__)

    def _is_begun_here(self, name: str, subject_id: int) -> bool:
        if not self._workers or name not in self._floors:
            return False
        floor, function = self._floors[name]
        return floor.try_begin(lambda: function(subject_id))

    def backlog(self, queue: str) -> int:
        """How many messages of a queue wait with the broker, for whichever host; 0 where it cannot be asked.

        Of a web process each may bring four rows (herald.TOGETHER): a hundred messages are up to four hundred calls.
        """
        if not isinstance(self._broker, RedisBroker):
            known = getattr(self._broker, "queues", {}).get(queue)
            return known.qsize() if known is not None else 0
        try:
            return int(self._broker.client.llen(f"{self._broker.namespace}:{queue}"))
        except AWAY:
            return 0

    def start(self, threads: int) -> None:
        """Start workers: `threads` that listen, as many that plan, and one for each other queue."""
        self._broker.logger.setLevel(logging.ERROR)  # it warns of several workers on one broker, which is our purpose
        for queue, count in _threads(threads).items():
            worker = dramatiq.Worker(self._broker, queues={queue}, worker_threads=count, worker_timeout=POLL_MS)
            worker.start()
            self._workers.append(worker)

    def stop(self) -> None:
        """Let the tasks that run come to their end (sub-batches are short), then stop the workers."""
        self.stopping.set()
        ends_at = time.monotonic() + self._patience
        for worker in self._workers:
            _stop(worker, max(1, int((ends_at - time.monotonic()) * 1000)))
        self._workers.clear()
        for floor, _ in self._floors.values():
            if not floor.drain(ends_at, time.monotonic):
                log.warning("engine.not_drained")
        self._broker.close()


def _stop(worker: dramatiq.Worker, milliseconds: int) -> None:
    """A broker that is away must not keep the next worker from being waited for."""
    try:
        worker.stop(timeout=milliseconds)
    except AWAY as error:
        log.warning("engine.nothing_handed_back", error=type(error).__name__)


def _threads(threads: int) -> Mapping[str, int]:
    return {queue: max(1, share * threads) for queue, share in SHARES.items()}


def _elsewhere(_subject_id: int) -> None:
    raise RuntimeError("this process wakes others and does nothing itself")


def _logged(name: str, function: Task) -> Callable[..., None]:
    def task(*subject_ids: int) -> None:
        for subject_id in subject_ids:
            try:
                function(subject_id)
            except Exception:
                meters.task_failed(name)
                log.exception("engine.task_failed", task=name, subject_id=subject_id)

    return task
