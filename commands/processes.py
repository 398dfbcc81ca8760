"""loudhailer up, web, worker, clock: the processes of the product."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

import click
from sqlalchemy.orm import configure_mappers

import app
import config
from commands import exposition
from commands.tools import load_settings, require_current, upgrade
from commands.vitals import Ticks
from locales import texts

if TYPE_CHECKING:
    from demo.stage import Stage

STOP_SECONDS = 10  # a caller that never ends its call would hold the process for ever


M_ARENA_MAX = -8


@click.command()
@click.option("--demo", "is_demo", is_flag=True, help="With simulated phones and an agency to play with.")
def up(is_demo: bool) -> None:
    """Run everything in one process: web, workers and clock. Migrates the database first."""
    from demo import stage

    with ExitStack() as stack:
        if is_demo:
            played = stack.enter_context(stage.simulator())
            stack.enter_context(_everything(played.settings, played))
            click.echo(f"Loudhailer is running: {click.style(played.phones_url, bold=True)}")
            click.echo("Open this address in a browser; Ctrl-C here stops everything.")
        else:
            settings = load_settings()
            stack.enter_context(_everything(settings, None))
            click.echo(f"Loudhailer is running at {settings.public_url}; press Ctrl-C to stop.")
        _wait_for_signal()
        click.echo("Stopping ...")


@contextmanager
def _everything(settings: config.Settings, played: "Stage | None") -> Iterator[None]:
    from waitress.server import create_server

    from demo import stage

    upgrade(settings)
    house = app.build(settings)
    flask = app.create_app(house)
    cast = stage.raise_curtain(played, house.sessions, house.switchboard, now=app.utc_now()) if played else None
    server = create_server(flask, host=settings.host, port=settings.port, threads=settings.web_threads)
    serving = threading.Thread(target=server.run, name="web", daemon=True)
    serving.start()
    house.engine.start(settings.worker_threads)
    ticks = Ticks()
    alarm = app.start_clock(house, ticks)
    watched = ExitStack()
    try:
        watched.enter_context(exposition.shown(house, "up", ticks=ticks))
        if played and cast:
            house.loop.run(stage.introduce(played, house.sessions, house.switchboard, cast))
        yield
    finally:
        watched.close()
        alarm()
        server.close()
        house.engine.stop()
        house.close()


@click.command()
@click.option("--processes", default=1, show_default=True, help="How many answer side by side on this host.")
def web(processes: int) -> None:
    """Run the door and the pages (granian). Needs REDIS_URL, and workers elsewhere."""
    from granian.constants import HTTPModes, Interfaces
    from granian.server import Server

    settings = _scaled_out()
    if settings.metrics_port is not None:
        import multiprocessing

        # Each web process has to import prometheus-client anew, knowing the folder of `shown_together`.
        multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "app:web",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # what proxies speak to us; guessing the version costs 6 % of a call
        workers=processes,
        workers_kill_timeout=STOP_SECONDS,
        log_access=False,
    )
    with exposition.shown_together(settings):
        server.serve()


@click.command()
def worker() -> None:
    """Handle what people say, and send. Run as many as you like, on any number of hosts. Needs REDIS_URL."""
    settings = _scaled_out()
    os.nice(settings.worker_niceness)  # before any thread is there: each begins as polite as who starts it
    _spare_memory()
    house = app.build(settings)
    texts.preload()
    configure_mappers()
    with exposition.shown(house, "worker"):
        house.engine.start(house.settings.worker_threads)
        click.echo("Worker is running; press Ctrl-C to stop.")
        _wait_for_signal()
        house.engine.stop()
    house.close()


@click.command()
def clock() -> None:
    """Find what is due or was dropped, and run bulletins. Two at once do no harm. Needs REDIS_URL."""
    house = app.build(_scaled_out())
    ticks = Ticks()
    with exposition.shown(house, "clock", ticks=ticks):
        alarm: Callable[[], None] = app.start_clock(house, ticks)
        click.echo("Clock is running; press Ctrl-C to stop.")
        _wait_for_signal()
        alarm()
    house.close()


def _scaled_out() -> config.Settings:
    settings = load_settings()
    if settings.redis_url is None:
        raise click.ClickException("REDIS_URL is not set: several processes need it. In one process: `loudhailer up`.")
    require_current(settings)
    return settings


def _wait_for_signal() -> None:
    """Return at SIGINT or SIGTERM; a second one ends the process at once."""
    asked = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    asked.wait()


def _spare_memory() -> None:
    """One heap for all threads instead of one each (glibc): they take turns in Python anyway, and leave fewer holes.

    https://man7.org/linux/man-pages/man3/mallopt.3.html (M_ARENA_MAX); elsewhere nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
