"""Programs of a measurement: started in an environment of their own, waited for with a limit, always stopped by pid."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
STOP_SECONDS = 30.0


class Failed(Exception):
    """A measurement cannot be taken or proved wrong; the message is the reason. The others go on."""


class Program:
    """One started program; what it writes is kept for the reason of a failure."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._log: IO[str] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._command = " ".join(command[1:4])
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        self.pid = self.process.pid

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End it and wait until it is gone; safe to call twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)

    def forget(self) -> None:
        """Let go of what it wrote."""
        self._log.close()

    def check(self) -> None:
        """Raise Failed, with its last words, if it has ended."""
        if self.process.poll() is not None:
            raise Failed(f"{self._command} ended with {self.process.returncode}: {self.last_words()}")

    def last_words(self) -> str:
        """The last lines it wrote, on one line."""
        self._log.flush()
        self._log.seek(0)
        return " / ".join(self._log.read().strip().splitlines()[-4:])[-800:] or "it said nothing"


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """A program for as long as the block lasts."""
    program = Program(command, environment)
    try:
        yield program
    finally:
        program.stop()
        program.forget()


def python(module: str, *words: str) -> list[str]:
    """The command that runs a module of this checkout with the Python that runs us."""
    return [sys.executable, "-m", module, *words]


def procfile_environment(process: str) -> dict[str, str]:
    """The variables that the Procfile sets for one of our processes."""
    [line] = [line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith(f"{process}:")]
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def bare_environment() -> dict[str, str]:
    """As little of our own environment as a program needs."""
    return {name: value for name, value in os.environ.items() if name in KEPT}


def until(is_true: Callable[[], bool], *, seconds: float, what: str, every: float = 0.1) -> None:
    """Return once it is true; raise Failed after so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)


def wait_for_port(program: Program, port: int, *, seconds: float = 30.0) -> None:
    """Return once something listens there."""

    def answers() -> bool:
        program.check()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    until(answers, seconds=seconds, what=f"port {port}", every=0.05)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
