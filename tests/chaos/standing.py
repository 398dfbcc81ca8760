"""Servers of our own that can be killed and started again: on the same port, with the same data."""

import contextlib
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.servers import NotProvided, Postgres, Provided, Redis, Server

AGAIN_SECONDS = 30.0
# A shell has its background commands ignore SIGINT, which is how a keeper ends them.
WAITING = (sys.executable, "-c", "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.pause()")


class Standing:
    """A server in a folder that outlives it. When its `with` ends, both are gone, whatever happened."""

    def __init__(self, kind: Provided) -> None:
        """Lay out its folder; it runs from the `with` on. Raises NotProvided."""
        self._kind = kind
        self._folder = Path(tempfile.mkdtemp(prefix=f"loudhailer-standing-{kind.name.lower()}-"))
        self._keeper = Server("folder", self._folder, WAITING)  # removes it even if this process is killed
        data = self._folder / "server"
        data.mkdir()
        self._server: Server | None = None
        try:
            self.url, self._command = kind.prepare(data)
        except BaseException:
            self._keeper.stop()
            raise

    def __enter__(self) -> "Standing":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
        self._keeper.stop()

    @property
    def is_running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._server is not None

    def start(self) -> None:
        """Start it, and return once it answers: its last process may need a moment to let go of the data."""
        until = time.monotonic() + AGAIN_SECONDS
        while True:
            self._server = Server(self._kind.name, self._folder / "nothing", self._command)
            try:
                return self._server.wait_until(lambda: self._kind.answers(self.url))
            except NotProvided:
                self._server.stop()
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)

    def end(self, number: int = signal.SIGKILL) -> None:
        """Send it this signal and wait until it is gone. To PostgreSQL INT means a fast stop, QUIT an immediate one."""
        assert self._server is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._server.pid(), number)
        self._server.wait_for_end()
        self._server.stop()
        self._server = None


def postgres() -> Standing:
    """A PostgreSQL that keeps what it was told: what tests switch off for speed, a crash would take."""
    return Standing(Postgres(is_durable=True))


def valkey() -> Standing:
    """A Valkey that keeps nothing on disk: started again it is empty."""
    return Standing(Redis())
