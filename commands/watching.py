"""loudhailer top: a live view of what is being sent, from any host that reaches the database. It only looks."""

import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import click
import orjson
from rich.console import Console
from rich.live import Live
from sqlalchemy.exc import SQLAlchemyError

from channels import registry
from commands import glance, screen
from commands.glance import Glance
from commands.tools import load_settings, require_current, utc_now
from db.engine import Sessions, create_reader, session_factory
from delivery.switchboard import LimitsOf

EVERY_SECONDS = 1.0
KEY_SECONDS = 0.1
ENDED_WITHIN = timedelta(minutes=5)
QUIT = "q"


@dataclass(frozen=True, slots=True)
class Frame:
    """One look, and from the one before it: messages a second by broadcast and by sender."""

    seen: Glance
    broadcast_rates: dict[int, float] = field(default_factory=dict)
    sender_rates: dict[int, float] = field(default_factory=dict)

    def as_json(self) -> bytes:
        """For scripts."""
        return orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


def next_frame(seen: Glance, before: Glance | None) -> Frame:
    """What two looks say together; the first one alone knows no rates but those broadcasts have themselves."""
    if before is None:
        return Frame(seen, {each.id: each.rate for each in seen.broadcasts})
    seconds = (seen.at - before.at).total_seconds()
    people = {each.id: each.settled for each in before.broadcasts}
    messages = {each.brakes.sender_id: each.settled for each in before.senders}
    return Frame(
        seen,
        {each.id: _rate(each.settled, people.get(each.id), seconds) for each in seen.broadcasts},
        {s.brakes.sender_id: _rate(s.settled, messages.get(s.brakes.sender_id), seconds) for s in seen.senders},
    )


def _rate(now: int, before: int | None, seconds: float) -> float:
    """Never below nothing: a broadcast that is no longer shown takes its messages out of its sender's sum."""
    if before is None or seconds <= 0:
        return 0.0
    return max(0, now - before) / seconds


@click.command()
@click.option("--once", is_flag=True, help="Look for a second, print one picture and end.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a second; with --once a single one.")
def top(once: bool, is_json: bool) -> None:
    """Watch what is being sent: broadcasts, senders, queues, processes. q ends it. It changes nothing."""
    settings = load_settings()
    require_current(settings)
    reader = create_reader(settings.database_url)
    looks = _looks(session_factory(reader), registry.limits)
    console = Console()
    try:
        if once or not (is_json or console.is_terminal):
            _print_once(console, looks, is_json=is_json)
        elif is_json:
            _print_each(looks)
        else:
            _live(console, looks)
    except KeyboardInterrupt:
        pass
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database does not answer ({type(error).__name__}).") from error
    finally:
        reader.dispose()


def _looks(sessions: Sessions, limits_of: LimitsOf) -> Callable[[], Frame]:
    """What comes back looks each time it is called, and remembers the last time."""
    last: Glance | None = None

    def look() -> Frame:
        nonlocal last
        with sessions() as session:
            seen = glance.read(session, limits_of=limits_of, now=utc_now(), ended_within=ENDED_WITHIN)
        frame = next_frame(seen, last)
        last = seen
        return frame

    return look


def _print_once(console: Console, look: Callable[[], Frame], *, is_json: bool) -> None:
    look()
    time.sleep(EVERY_SECONDS)
    frame = look()
    if is_json:
        click.echo(frame.as_json())
    else:
        console.print(screen.drawn(frame.seen, frame.broadcast_rates, frame.sender_rates))


def _print_each(look: Callable[[], Frame]) -> None:
    while True:
        click.echo(look().as_json())
        sys.stdout.flush()
        time.sleep(EVERY_SECONDS)


def _live(console: Console, look: Callable[[], Frame]) -> None:
    """Looks in a thread, so that q works while a slow database is waited for."""
    frame, trouble = look(), ""
    looking: Future[Frame] | None = None
    due_at = time.monotonic() + EVERY_SECONDS
    with (
        ThreadPoolExecutor(1) as pool,
        _keys() as pressed,
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while pressed(KEY_SECONDS) != QUIT:
            if looking is None and time.monotonic() >= due_at:
                looking, due_at = pool.submit(look), time.monotonic() + EVERY_SECONDS
            if looking is not None and looking.done():
                frame, trouble = _result(looking, frame)
                looking = None
            waited = trouble or _waiting(looking, due_at)
            picture = screen.drawn(frame.seen, frame.broadcast_rates, frame.sender_rates, trouble=waited)
            live.update(picture, refresh=True)


def _result(looking: "Future[Frame]", frame: Frame) -> tuple[Frame, str]:
    """The new picture, or the old one and why it is old."""
    try:
        return looking.result(), ""
    except SQLAlchemyError as error:
        return frame, f"the database does not answer ({type(error).__name__}); this is the last picture"


def _waiting(looking: "Future[Frame] | None", due_at: float) -> str:
    is_late = looking is not None and time.monotonic() > due_at + EVERY_SECONDS
    return "waiting for the database; this is the last picture" if is_late else ""


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Single keys as they are pressed: what comes back waits so many seconds for one, and gives "" without."""
    if not sys.stdin.isatty():
        yield _no_key
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield _key
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _key(seconds: float) -> str:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.read(1).lower() if ready else ""


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""
