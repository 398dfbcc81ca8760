"""What `loudhailer doctor` looks at: each check says what it found and, where that is bad, what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import config
from broadcast.models import Broadcast
from channels.contract import Refusal
from commands.fittings import switchboard_for, utc_now
from commands.tools import ask
from db import migrate, partitions
from db.crypto import Unreadable, Vault
from db.engine import create_engine, session_factory
from delivery import breaker, recovery, senders
from delivery.models import Breaker, Sender
from delivery.switchboard import Switchboard

LONG_HOLD = timedelta(minutes=1)
NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table."""

    is_well: bool
    what: str
    found: str
    cure: str = ""


def examine(*, is_offline: bool) -> Iterator[Finding]:
    """Every finding, in the order in which one would mend them; stops where the next checks need what is broken."""
    try:
        settings = config.load()
    except config.BadSettings as error:
        yield Finding(False, "settings", str(error), "set them in the environment or in .env (see .env.example)")
        return
    yield Finding(True, "settings", "complete")
    yield _public_url(settings)
    yield _redis(settings)
    database = _database(settings)
    yield database
    if database.is_well:
        yield _room(settings)
        yield from _stuck(settings)
        yield from _senders(settings, is_offline=is_offline)


def _public_url(settings: config.Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    is_local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme == "https" or is_local:
        return Finding(True, "public address", settings.public_url + (" (this machine only)" if is_local else ""))
    return Finding(False, "public address", settings.public_url, "use https: providers refuse, or worse, accept http")


def _redis(settings: config.Settings) -> Finding:
    if settings.redis_url is None:
        return Finding(True, "redis", "not used: everything runs in one process (`loudhailer up`)")
    try:
        with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=3) as client:
            version = client.info("server").get("redis_version")
    except redis.RedisError as error:
        return Finding(False, "redis", type(error).__name__, "start it, or correct REDIS_URL")
    return Finding(True, "redis", f"answers ({version})")


def _room(settings: config.Settings) -> Finding:
    """Whether the clock has made ranges for the deliveries of the next broadcasts."""
    engine = create_engine(settings.database_url)
    with session_factory(engine)() as session:
        ranges = partitions.ranges(session, "deliveries")
        newest = session.scalar(select(func.max(Broadcast.id))) or 0
    engine.dispose()
    if not ranges:
        return Finding(True, "deliveries", "in one table")
    if ranges[-1].stop > newest + 1:
        return Finding(True, "deliveries", f"in {len(ranges)} ranges, room up to broadcast {ranges[-1].stop - 1}")
    found = f"no range for broadcast {newest + 1}: what is sent is kept, and leaves slowly"
    return Finding(False, "deliveries", found, "run `loudhailer clock`: it makes ranges, and lets old ones leave")


def _stuck(settings: config.Settings) -> Iterator[Finding]:
    """A line for each broadcast that has stuck batches."""
    engine = create_engine(settings.database_url)
    with session_factory(engine)() as session:
        found: dict[int, list[recovery.Stuck]] = {}
        for each in recovery.stuck(session):
            found.setdefault(each.consignment_id, []).append(each)
        codes = dict(session.execute(select(Broadcast.id, Broadcast.code).where(Broadcast.id.in_(found))).all())
    engine.dispose()
    for id_, mine in found.items():
        yield _stuck_in(f"broadcast {codes.get(id_, id_)}", mine)


def _stuck_in(what: str, mine: Sequence[recovery.Stuck]) -> Finding:
    ids, people = ", ".join(str(each.id) for each in mine[:NAMED]), sum(each.people for each in mine)
    seen = f"batches that cannot be settled, sent no more: {len(mine)} ({ids}{', ...' if len(mine) > NAMED else ''})"
    cure = (
        f"read the log before `batch.stuck`, mend it, then `loudhailer unstick {mine[0].id}`; or cancel the broadcast"
    )
    return Finding(False, what, f"{seen}; {people} people wait", cure)


def _database(settings: config.Settings) -> Finding:
    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        if migrate.is_current(settings.database_url):
            return Finding(True, "database", f"{engine.dialect.name}, at the current schema")
        return Finding(False, "database", "not at the current schema", "run `loudhailer migrate`")
    except SQLAlchemyError as error:
        return Finding(False, "database", type(error).__name__, "start it, or correct DATABASE_URL")
    finally:
        engine.dispose()


def _senders(settings: config.Settings, *, is_offline: bool) -> Iterator[Finding]:
    engine = create_engine(settings.database_url)
    vault = Vault(settings.keys())
    with session_factory(engine)() as session:
        found = list(senders.everyone(session))
        opened = breaker.opened(session)
    engine.dispose()
    if not found:
        yield Finding(False, "senders", "none", "`loudhailer agency create`, then `loudhailer sender add`")
    for sender in found:
        yield _sender(switchboard_for(settings, vault), sender, is_offline=is_offline)
        if sender.id in opened:
            yield _breaker(opened[sender.id])


def _breaker(found: Breaker) -> Finding:
    what = f"breaker of sender {found.sender_id}"
    seen = f"open since {found.opened_at:%Y-%m-%d %H:%M} UTC: {found.share:.0%} of what it sent could not be reached"
    return Finding(False, what, seen, "look at the platform's status page; see docs/operations.md, The breaker")


def _sender(board: Switchboard, sender: Sender, *, is_offline: bool) -> Finding:
    what = f"sender {sender.id} ({sender.channel} {sender.handle})"
    if sender.stopped_at is not None:
        cure = f"mend it, then `loudhailer sender connect {sender.id}`"
        return Finding(False, what, f"stopped: {sender.stopped_reason}", cure)
    if sender.held_until is not None and sender.held_until > utc_now() + LONG_HOLD:
        cure = "it goes on by itself; `loudhailer sender rate` lowers its rate, if it happens again"
        return Finding(
            False, what, f"waits until {sender.held_until:%Y-%m-%d %H:%M:%S} UTC, as the provider asked", cure
        )
    try:
        if is_offline:
            board.line(sender)
            return Finding(True, what, "credentials readable")
        return Finding(True, what, f"answers as {ask(board, board.channel(sender).check)}")
    except Unreadable as error:
        return Finding(False, what, str(error), "put the old key back into SECRET_KEYS, after the new one")
    except Refusal as error:
        cure = f"correct its credentials; `loudhailer sender connect {sender.id}` tells the provider where to call"
        return Finding(False, what, f"{type(error).__name__}: {error.reason} {error.code}".strip(), cure)
