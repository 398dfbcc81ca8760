"""Where everything meets: settings become sessions, channels, brakes and tasks, and a Flask application.

With cli.py, commands/ and demo/ the only place that knows all the rooms.
"""

import atexit
import gc
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Engine as Database
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import config
import logs
from bot import conversation, returns
from broadcast import planning, template_work
from channels import registry
from commands.fittings import QUEUE_OF, REDIS_SECONDS, broker_for, fetcher_for, switchboard_for
from commands.fittings import utc_now as utc_now
from commands.vitals import Heart, Ticks, Verdict, Vitals
from db.crypto import Vault
from db.engine import Sessions, create_engine, create_reader, session_factory
from db.probe import Probe
from delivery import enclosures, tasks
from delivery.engine import TASK_THREADS, Engine, Task, Work
from delivery.herald import Herald
from delivery.loop import Loop
from delivery.models import Sender
from delivery.switchboard import Switchboard
from delivery.throttle import LocalThrottle, RedisThrottle, Throttle
from helpdesk import questions
from webhooks import hearing
from webhooks.journal import PATIENCE_SECONDS, Journal

if TYPE_CHECKING:
    from flask import Flask

    from webhooks.door import Door
    from webhooks.front import Front

# Python's own 5 ms would have threads that wait for their turn take it away from each other in the middle of a call.
SWITCH_SECONDS = 0.1
POOL_RESERVE = 6  # connections beside those of tasks: the journal, the clock, the heartbeat, three to plan an alert


@dataclass(frozen=True, slots=True)
class House:
    """Everything a process of ours holds."""

    settings: config.Settings
    database: Database
    sessions: Sessions
    switchboard: Switchboard
    throttle: Throttle
    loop: Loop
    engine: Engine
    journal: Journal
    probe: Probe

    def close(self) -> None:
        """Let go of everything, after the work has stopped."""
        self.probe.stop()
        self.journal.close()
        self.loop.run(self.switchboard.aclose())
        self.loop.run(self.throttle.aclose())
        self.loop.stop()
        self.database.dispose()


def build(settings: config.Settings) -> House:
    """Put a process together. Nothing runs yet: `engine.start`, `create_app` and `start_clock` do."""
    logs.configure(level=settings.log_level, form=settings.log_format)
    database = create_engine(settings.database_url, pool_size=TASK_THREADS * settings.worker_threads + POOL_RESERVE)
    sessions = session_factory(database)
    broker, throttle = broker_for(settings), _throttle(settings)
    house = House(
        settings=settings,
        database=database,
        sessions=sessions,
        switchboard=switchboard_for(settings, Vault(settings.keys())),
        throttle=throttle,
        loop=Loop(settings.worker_threads),
        engine=Engine(broker),
        journal=Journal(sessions),
        probe=Probe(create_reader(settings.database_url)),
    )
    _register(house)
    sessions.configure(info={"waker": house.engine.wake})
    registry.preload(_channels_in_use(sessions))
    return house


def _channels_in_use(sessions: Sessions) -> Sequence[str]:
    """The channels of the senders there are. Of a database that is away none: they are imported at the first use."""
    try:
        with sessions() as session:
            return session.scalars(select(Sender.channel).distinct().order_by(Sender.channel)).all()
    except SQLAlchemyError:
        return ()


def _throttle(settings: config.Settings) -> Throttle:
    if settings.redis_url is None:
        return LocalThrottle()
    return RedisThrottle(settings.redis_url, patience=REDIS_SECONDS)


def _register(house: House) -> None:
    office = tasks.Office(
        sessions=house.sessions,
        switchboard=house.switchboard,
        throttle=house.throttle,
        loop=house.loop,
        now=utc_now,
        lease_for=timedelta(seconds=house.settings.lease_seconds),
        stopping=house.engine.stopping,
    )
    engine = house.engine
    hear = partial(
        hearing.hear,
        house.sessions,
        house.switchboard,
        fetch=lambda channel, attachment: house.loop.run(channel.fetch(attachment)),
    )
    tasks_here: dict[str, Task] = {
        "hear": lambda id_: hear(id_, now=utc_now()),
        "launch": partial(_plan, house, office.freezing),
        "launch_alert": partial(_plan, house, office.freezing_alerts),
    }
    work_here: dict[str, Work] = {
        "template": lambda id_: template_work.follow(office, id_),
        "post": lambda id_: tasks.post(office, id_),
        "alert": lambda id_: tasks.alert(office, id_),
        "work": lambda id_: tasks.work(office, id_),
    }
    for name, function in tasks_here.items():
        engine.register(name, QUEUE_OF[name], function)
    for name, work in work_here.items():
        engine.register_work(name, QUEUE_OF[name], house.loop, work)


def _plan(house: House, noted: set[int], broadcast_id: int) -> None:
    noted.add(broadcast_id)
    try:
        planning.plan(house.sessions, broadcast_id, limits_of=house.switchboard.limits_of, clock=utc_now)
    finally:
        noted.discard(broadcast_id)


def start_clock(house: House, ticks: Ticks) -> Callable[[], None]:
    """Tick from now on, in a thread, and let `ticks` know; what comes back stops it."""
    from broadcast import clock, gathering  # here, with its scheduler: a worker has none

    def find_unheard(session: Session, now: datetime) -> int:
        return hearing.wake_unheard(session, now, backlog=house.engine.backlog("talk"))

    def note(_session: Session, _now: datetime) -> None:
        ticks.beat()  # without a question to the database: the alarm ticks also while that is away

    limits_of, fetcher = house.switchboard.limits_of, fetcher_for(house.settings)
    gatherer = gathering.Gatherer(house.sessions, fetcher, limits_of=limits_of, clock=utc_now)
    scheduler = clock.run(
        house.sessions,
        limits_of=limits_of,
        clock=utc_now,
        also={"hearing": find_unheard, "returns": returns.announce, "ticks": note},
        also_swept={
            "calls": hearing.forget,
            "enclosures": enclosures.forget,
            "conversations": conversation.forget_idle,
            "questions": questions.forget,
        },
        beside={"feeds": gatherer.round},
        every=timedelta(seconds=house.settings.tick_seconds),
    )
    return partial(scheduler.shutdown)


def create_app(house: House, entrance: "Door | None" = None) -> "Flask":
    """The Flask application: the door of every channel, the public pages, and whether we are well."""
    from flask import Flask  # here: a worker answers no browser

    from web import guard
    from web.public import views
    from webhooks import door, mine, outcome_files, shelf

    app = Flask("loudhailer", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = door.BODY_LIMIT
    app.register_blueprint(door.blueprint(entrance or _door(house)))
    app.register_blueprint(shelf.blueprint(house.sessions, utc_now))
    app.register_blueprint(mine.blueprint(mine.Desk(house.sessions, house.switchboard, utc_now, views.STYLE_PATH)))
    app.register_blueprint(outcome_files.blueprint(outcome_files.Desk(house.sessions, utc_now, views.STYLE_PATH)))
    app.register_blueprint(views.blueprint(views.Public(house.sessions, house.switchboard, utc_now)))
    _add_health(app, house)
    app.wsgi_app = guard.guarded(app.wsgi_app)  # type: ignore[assignment,method-assign]  # as Flask's documents have it
    return app


def _door(house: House) -> "Door":
    from web import guard
    from webhooks import door

    return door.Door(
        sessions=house.sessions,
        switchboard=house.switchboard,
        journal=house.journal,
        public_url=house.settings.public_url,
        now=utc_now,
        headers=[(name.lower(), value) for name, value in guard.HEADERS],
    )


def _add_health(app: "Flask", house: House) -> None:
    from flask import Response

    house.probe.start()
    vitals = Vitals(house.probe)

    def said(verdict: Verdict) -> Response:
        return Response(f"{verdict.text}\n", status=verdict.status, content_type="text/plain")

    @app.get("/health")
    def health() -> Response:
        """Whether this process answers; it asks nobody else, so a slow database does not take it out."""
        return said(vitals.health())

    @app.get("/ready")
    def ready() -> Response:
        """Whether it can keep what it hears: for a load balancer too, since a slow database is no reason to say no."""
        return said(vitals.ready())

    for view in (health, ready):
        view.audience = "anyone"  # type: ignore[attr-defined]


def web() -> "Front":
    """What granian calls in each web process: the application behind its front, from the environment."""
    from webhooks import door, front

    sys.setswitchinterval(SWITCH_SECONDS)
    house = build(config.load())
    herald = Herald(house.engine.wake)  # no call's answer waits for Redis, which may be slow or away
    house.sessions.configure(info={"waker": herald.wake})
    atexit.register(herald.close)
    Heart(house.sessions, "web", now=utc_now).start()
    entrance = _door(house)
    made = front.Front(
        create_app(house, entrance),
        at_once=entrance.at_once,
        is_quick=lambda path: path in ("/health", "/ready"),
        limit=door.BODY_LIMIT,
        threads=ThreadPoolExecutor(house.settings.web_threads, thread_name_prefix="pages"),
        patience=PATIENCE_SECONDS,
    )
    gc.collect()
    gc.freeze()  # what stays for ever need not be looked through again and again
    return made
