"""The engine: Dramatiq, which wakes people up. It carries names and ids and owns no truth.

Queues `alert`, `talk` and `bulk` have workers of their own, so that an alert and a reply always find a free one.
A task that fails is logged and forgotten here: the clock finds its row.
"""

import logging
import threading
from collections.abc import Callable, Mapping

import dramatiq
import structlog
from dramatiq.errors import BrokerConnectionError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

Task = Callable[[int], None]
SHARES = {"alert": 1, "talk": 1, "bulk": 2}  # threads of each queue for each of WORKER_THREADS; bulk mostly waits
QUEUES = tuple(SHARES)
TASK_THREADS = sum(SHARES.values())
POLL_MS = 100
STOP_MS = 20_000


class Engine:
    """The tasks of a process. Register all of them, then `start` where they shall run; `wake` works anywhere.

    `stopping` is set before the workers are stopped: whoever works on something long looks at it.
    """

    def __init__(self, broker: dramatiq.Broker) -> None:
        self._broker = broker
        self._actors: dict[str, dramatiq.Actor[[int], None]] = {}
        self._workers: list[dramatiq.Worker] = []
        self.stopping = threading.Event()

    def register(self, name: str, queue: str, function: Task) -> None:
        """Make `function` the task of this name."""
        if queue not in QUEUES:
            raise ValueError(f"no worker listens to a queue {queue}; use one of {', '.join(QUEUES)}")
        declare = dramatiq.actor(actor_name=name, queue_name=queue, broker=self._broker)
        self._actors[name] = declare(_logged(name, function))

    def wake(self, name: str, subject_id: int) -> None:
        """Have a task done for the row with this id, soon and by anybody. A wake-up that is lost loses only time."""
        actor = self._actors[name]
        try:
            actor.send(subject_id)
        except (BrokerConnectionError, RedisError) as error:
            log.warning("engine.wake_lost", task=name, subject_id=subject_id, error=type(error).__name__)

    def start(self, threads: int) -> None:
        """Start workers: `threads` that talk, as many for alerts, and twice as many for bulk, which mostly wait."""
        self._broker.logger.setLevel(logging.ERROR)  # it warns of several workers on one broker, which is our purpose
        for queue, count in _threads(threads).items():
            worker = dramatiq.Worker(self._broker, queues={queue}, worker_threads=count, worker_timeout=POLL_MS)
            worker.start()
            self._workers.append(worker)

    def stop(self) -> None:
        """Let the tasks that run come to their end (sub-batches are short), then stop the workers."""
        self.stopping.set()
        for worker in self._workers:
            worker.stop(timeout=STOP_MS)
        self._workers.clear()
        self._broker.close()


def _threads(threads: int) -> Mapping[str, int]:
    return {queue: share * threads for queue, share in SHARES.items()}


def _logged(name: str, function: Task) -> Task:
    def task(subject_id: int) -> None:
        try:
            function(subject_id)
        except Exception:
            log.exception("engine.task_failed", task=name, subject_id=subject_id)

    return task
