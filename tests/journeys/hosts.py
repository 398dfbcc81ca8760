"""Our processes, each as if on a host of its own: started, looked at, listened to, and ended gently or not."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

import config
from bench.processes import procfile_environment
from cli import main
from tests.simulated import ROOT

START_SECONDS = 30.0
STOP_SECONDS = 20.0


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(kw_only=True)
class Hosts:
    """Processes of ours with the same settings (`environment`) and nothing else in common. They write into `folder`."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)  # where each process shows itself
    heard: Mapping[Path, int] = field(default_factory=dict)  # how much of each log is somebody else's

    def start(self, name: str, command: str, *, launcher: Sequence[str] = ("cli",), **settings: str) -> None:
        """Start one of our processes as if on a host of its own: its own folder, home and (`settings`) environment."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.metrics[name] = free_port()
        shown = {"METRICS_PORT": str(self.metrics[name]), **procfile_environment(command)}
        with (self.folder / f"{name}-{secrets.token_hex(2)}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *launcher, command],
                cwd=folder,
                env={**self.process_environment(), **shown, "HOME": str(folder), **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, name: str, number: int = signal.SIGTERM) -> float:
        """End a process, gently or (SIGKILL, with its children) not, and wait for it; the seconds it took."""
        began, process = time.monotonic(), self.processes[name]
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)  # it leads a session of its own
        else:
            process.send_signal(number)
        return self.wait_for_end(name, began)

    def stop_all(self) -> None:
        """End whatever runs, gently and at the same moment; AssertionError names who had to be killed."""
        began, late = time.monotonic(), []
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for name in list(self.processes):
            try:
                self.wait_for_end(name, began)
            except AssertionError as error:
                late.append(str(error))
        assert not late, late

    def wait_for_end(self, name: str, began: float) -> float:
        """Wait for a process that was asked to end at this moment (monotonic seconds); the seconds it took."""
        process = self.processes.pop(name)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
            raise AssertionError(f"{name} did not stop within {STOP_SECONDS:.0f} s") from None
        return time.monotonic() - began

    def look(self, name: str, path: str) -> tuple[int, str]:
        """What a process shows of itself at /metrics, /health or /ready: the status and the text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics[name]}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def logs(self) -> Iterable[Path]:
        """The files our processes write."""
        return sorted(self.folder.glob("*.log"))

    def log_text(self) -> str:
        """Everything our processes wrote, but for what they had written for somebody else."""
        written = (path.read_bytes()[self.heard.get(path, 0) :] for path in self.logs())
        return "\n".join(text.decode(errors="replace") for text in written)

    def command(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Type a `loudhailer` command, with further variables in its environment; what it printed and how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env={**self.process_environment(), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def typed(self, *words: str, **variables: str) -> Result:
        """The same by click's own runner: no process, and so no second of a processor for starting it."""
        said = {name: self.environment.get(name) for name in config.names()}
        return CliRunner().invoke(main, words, env={**said, **variables})

    def process_environment(self) -> dict[str, str]:
        """What a process of ours finds in its environment: nothing of the test run but the path."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL")}
        return {**kept, **self.environment, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}

    def wait_for_door(self) -> None:
        """Return once the web server answers and reaches its database, and every process shows itself."""
        deadline = time.monotonic() + START_SECONDS
        for url in (
            f"http://127.0.0.1:{self.port}/ready",
            *(f"http://127.0.0.1:{self.metrics[name]}/health" for name in self.processes),
        ):
            self._wait_for(url, deadline)

    def _wait_for(self, url: str, deadline: float) -> None:
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):  # not there yet, not ready yet, or busy with what a journey left
                urllib.request.urlopen(url, timeout=2).close()
                return
            assert all(each.poll() is None for each in self.processes.values()), self.log_text()
            time.sleep(0.1)
        raise AssertionError("our processes did not come up:\n" + self.log_text())
