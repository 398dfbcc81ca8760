"""What a process of ours shows of itself on METRICS_PORT: /metrics, /health and /ready, for operators alone.

A port of its own and no route of the web server: nobody who can reach PUBLIC_URL may read how the agency is doing.
"""

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

import app
from app import House
from commands.gauges import Gauges
from commands.vitals import Heart, Ticks, Verdict, Vitals, loop_turns
from config import Settings
from db.engine import create_reader, session_factory
from db.probe import Probe

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series beside each counter that nobody reads
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The name prometheus-client knows it by: where the web processes of one host keep their counts."""


class Exposition:
    """A small HTTP server in a thread. `port` is the one it got."""

    def __init__(self, host: str, port: int, *, vitals: Vitals, registry: Collector) -> None:
        """Listen from now on."""
        self._server = ThreadingHTTPServer((host, port), _handler(vitals, registry))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="exposition", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(vitals: Vitals, registry: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # who connects and says nothing does not stay

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)
                case "/health":
                    self._judge(vitals.health())
                case "/ready":
                    self._judge(vitals.ready())
                case _:
                    self._answer(404, b"/metrics, /health or /ready\n")

        def log_message(self, format: str, *args: object) -> None:
            """A scrape is no news."""

        def _judge(self, verdict: Verdict) -> None:
            self._answer(verdict.status, f"{verdict.text}\n".encode())

        def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def shown(house: House, kind: str, *, ticks: Ticks | None = None) -> Iterator[None]:
    """While it lasts this process is seen: its heart beats, and METRICS_PORT answers where one is set.

    Who has the clock (`ticks`) also reads the queues from the database.
    """
    with ExitStack() as stack:
        heart = Heart(house.sessions, kind, now=app.utc_now)
        heart.start()
        stack.callback(heart.stop)
        house.probe.start()
        fit = {"clock": ticks.check} if ticks else {}
        vitals = Vitals(house.probe, alive={"loop": loop_turns(house.loop)}, fit=fit)
        collectors: list[Collector] = [ticks, _gauges(stack, house)] if ticks else []
        _listen(stack, house.settings, vitals, REGISTRY, collectors)
        yield


@contextmanager
def shown_together(settings: Settings) -> Iterator[None]:
    """While it lasts METRICS_PORT answers for all web processes of this host; they are started within.

    Each writes its counts into files of one folder, which is made here and goes with it.
    """
    if settings.metrics_port is None:
        yield
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="loudhailer-metrics-"))
        os.environ[FOLDER] = folder
        stack.callback(os.environ.pop, FOLDER, None)
        probe = Probe(create_reader(settings.database_url))
        probe.start()
        stack.callback(probe.stop)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        _listen(stack, settings, Vitals(probe), registry, [])
        yield


def _gauges(stack: ExitStack, house: House) -> Gauges:
    reader = create_reader(house.settings.database_url)
    gauges = Gauges(session_factory(reader), limits_of=house.switchboard.limits_of, now=app.utc_now)
    stack.callback(reader.dispose)
    stack.callback(gauges.close)
    return gauges


def _listen(
    stack: ExitStack, settings: Settings, vitals: Vitals, registry: CollectorRegistry, also: Sequence[Collector]
) -> None:
    if settings.metrics_port is None:
        return
    for collector in also:
        registry.register(collector)
        stack.callback(registry.unregister, collector)
    try:
        server = Exposition(settings.metrics_host, settings.metrics_port, vitals=vitals, registry=registry)
    except OSError as error:
        raise click.ClickException(f"METRICS_PORT {settings.metrics_port}: {error.strerror}") from error
    stack.callback(server.close)
