"""Ours against what a user would pick instead, in the same run, against the same sink: CPU for each message."""

import contextlib
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench import sending, servers
from bench.house import TELEGRAM, TEXTS
from bench.meter import Reading
from bench.processes import ROOT, Failed, bare_environment, free_port, running, until, wait_for_port
from bench.report import Figure, figure
from bench.run import Run
from bench.sending import PER

PYTHON = Path(os.environ.get("BENCH_PYTHON", str(ROOT / ".venv-bench/bin/python")))
SCRIPTS = ROOT / "bench/rivals"
RIVAL_SECONDS = 300.0
WARM_UP = 20
CPU = "CPU s / 10,000"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rival's messages cost, and how fast they went."""

    cpu: float
    rate: float


def rivals(run: Run) -> Iterator[Figure]:
    """Each rival's figures, and how many times what ours costs."""
    if not PYTHON.exists():
        raise Failed("the rivals are not installed: make .venv-bench")
    ours = _ours(run)
    yield figure("rivals.ours.cpu", ours, CPU)
    costs = {
        "ptb_gather": _alone(run, "ptb_gather.py", run.size(2_000, 500)),
        "aiogram": _alone(run, "aiogram_send.py", run.size(20_000, 5_000)),
        "celery": _celery(run, run.size(2_000, 200)),
        "celery_kept": _celery(run, run.size(2_000, 200), BENCH_KEPT="1"),
        "ptb_best": _best(run, run.size(5_000, 1_000)),
    }
    must = {"ptb_gather": ">= 9", "aiogram": "> 1", "celery": ">= 30", "ptb_best": ">= 4"}
    for name, cost in costs.items():
        yield figure(f"rivals.{name}.cpu", cost.cpu, CPU)
        yield figure(f"rivals.{name}.rate", cost.rate, "messages/s")
        yield figure(f"rivals.{name}.times_ours", cost.cpu / ours, "times", must.get(name))


def _ours(run: Run) -> float:
    people = run.size(50_000, 10_000)
    with sending.ready(run, TELEGRAM, people) as to:
        return sending.send(run, to, people).total


def _alone(run: Run, script: str, people: int, *words: str, **variables: str) -> Cost:
    """A rival that is one process, on the sink everybody uses."""
    run.sink.reset()
    cost = _script(script, people, "--url", run.sink.url, *words, **variables)
    _prove(run, people)
    return cost


def _best(run: Run, people: int) -> Cost:
    """python-telegram-bot over HTTP/1.1 and over HTTP/2: whichever costs less (HTTP/2 with TLS)."""
    plain = _alone(run, "ptb_best.py", people)
    with _h2_front() as (url, certificate):
        over_h2 = _script("ptb_best.py", people, "--url", url, "--http", "2", SSL_CERT_FILE=certificate)
    return min(plain, over_h2, key=lambda cost: cost.cpu)


def _celery(run: Run, people: int, **variables: str) -> Cost:
    """Workers, broker, producer and database, as many workers as cores (the default); some tasks to warm up first."""
    with servers.new_database(run.servers) as url:
        with servers.connected(url) as connection:
            connection.execute("CREATE TABLE sent (number bigint PRIMARY KEY, message_id bigint, at timestamptz)")
        environment = _environment(
            BENCH_BROKER=run.servers.redis_url, BENCH_DATABASE=servers.libpq(url), BENCH_URL=run.sink.url, **variables
        )
        words = ["-m", "celery", "-A", "celery_each", "worker", "--loglevel=warning", "--without-gossip"]
        run.sink.reset()
        with running([str(PYTHON), *words], environment) as worker:
            _produce(WARM_UP, environment)
            run.sink.wait_for(WARM_UP, seconds=60)
            _settled(url, WARM_UP)
            with servers.connected(url) as connection:
                connection.execute("TRUNCATE sent")
            run.sink.reset()
            before = Reading.of(run.servers, {"celery": worker})
            producer = _produce(people, environment)
            arrivals = run.sink.wait_for(people, seconds=RIVAL_SECONDS)
            _settled(url, people)
            used = Reading.of(run.servers, {"celery": worker}).since(before)
    _prove(run, people)
    return Cost((sum(used.values()) + producer.cpu) * PER / people, arrivals.rate)


def _produce(people: int, environment: Mapping[str, str]) -> Cost:
    return _run_script("celery_each.py", people, [], environment)


def _settled(url: str, people: int) -> None:
    with servers.connected(url) as connection:

        def is_there() -> bool:
            return connection.execute("SELECT count(*) FROM sent").fetchall() == [(people,)]

        until(is_there, seconds=60, what=f"{people} rows of Celery's tasks")


def _script(script: str, people: int, *words: str, **variables: str) -> Cost:
    cost = _run_script(script, people, list(words), _environment(**variables))
    return Cost(cost.cpu * PER / people, cost.rate)


def _run_script(script: str, people: int, words: list[str], environment: Mapping[str, str]) -> Cost:
    """CPU seconds from its first message to its last, starting and importing not counted; messages a second."""
    command = [str(PYTHON), str(SCRIPTS / script), "--people", str(people), "--text", TEXTS["en"], *words]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=RIVAL_SECONDS)
    if done.returncode:
        raise Failed(f"{script}: {done.stderr.strip()[-400:]}")
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return Cost(float(said["cpu"]), people / float(said["seconds"]))


def _prove(run: Run, people: int) -> None:
    arrivals = run.sink.seen().of()
    if (arrivals.people, arrivals.doubled) != (people, 0):
        raise Failed(f"a rival sent {arrivals.count} messages to {arrivals.people} of {people} people")


def _environment(**variables: str) -> dict[str, str]:
    return {**bare_environment(), "PYTHONPATH": str(SCRIPTS), **variables}


@contextlib.contextmanager
def _h2_front() -> Iterator[tuple[str, str]]:
    """A sink that speaks HTTP/2, and the certificate to trust it with."""
    with tempfile.TemporaryDirectory(prefix="loudhailer-bench-") as folder:
        certificate, key = _certificate(Path(folder))
        port = free_port()
        words = ["--port", str(port), "--certificate", str(certificate), "--key", str(key)]
        with running([str(PYTHON), str(SCRIPTS / "h2_front.py"), *words], _environment()) as front:
            wait_for_port(front, port)
            ssl.create_default_context(cafile=str(certificate))
            yield f"https://localhost:{port}", str(certificate)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return paths
