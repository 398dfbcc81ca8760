"""The wire that channels over HTTP share: one keep-alive pool, short timeouts, never a retry of its own.

What it knows is the question that decides between sending again and doubting: when a call fails, had its request
left the house? Everything before the first byte is certain ("not sent"), everything after is not.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from channels.connection import Connection
from channels.connection import Response as Response
from channels.contract import Unavailable

CONNECTIONS = 512
TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 15.0
"""A connection unused for so long is closed by us: the other side would soon, perhaps under a request."""
SWEEP_SECONDS = 0.25
PORTS = {"http": 80, "https": 443}
UNSAFE = re.compile(r"[^\x21-\x7e]")
LINE_BREAK = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections lead."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Request:
    """A call but for its body: where to, and its head up to the length of what follows. Made once, asked often."""

    origin: Origin
    head: bytes

    def with_body(self, body: bytes) -> bytes:
        """The whole call as bytes."""
        return b"%b%d\r\n\r\n%b" % (self.head, len(body), body)


def request(method: str, url: str, headers: Mapping[str, str] | None = None) -> Request:
    """Make a call ready. Unavailable (surely not sent) for what is no address of ours to call."""
    origin, target, host = _split(url)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if any(LINE_BREAK.search(line) for line in lines):
        raise Unavailable("no_connection", code="InvalidHeader", may_be_sent=False)
    return Request(origin, ("\r\n".join(lines) + "\r\nContent-Length: ").encode())


@dataclass(slots=True)
class _Pool:
    """The connections to one origin: how many there are, the unused ones, and who waits for one."""

    opened: int = 0
    idle: list[Connection] = field(default_factory=list)
    waiters: "deque[asyncio.Future[Connection | None]]" = field(default_factory=deque)


class Wire:
    """A pool of connections, opened at the first call and bound to the event loop of that call until `aclose`."""

    def __init__(self, *, connect_seconds: float = CONNECT_SECONDS, total_seconds: float = TOTAL_SECONDS) -> None:
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[Origin, _Pool] = {}
        self._busy: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Response:
        """One request, once. Raises Unavailable when no answer came, with `may_be_sent` as far as can be known.

        `seconds` is how long it may take, where that is not the wire's own time (an upload).
        """
        return await self.ask(request(method, _with_query(url, params), headers), body or b"", seconds)

    async def ask(self, ready: Request, body: bytes, seconds: float | None = None) -> Response:
        """The same for a call that was made ready beforehand."""
        loop = self._loop or self._opened()
        if loop is not asyncio.get_running_loop():
            raise RuntimeError("a channel belongs to one event loop; build another one for this loop")
        pool = self._pools.get(ready.origin) or self._pools.setdefault(ready.origin, _Pool())
        connection = _idle(pool) or await self._connected(pool, ready.origin)
        self._busy.add(connection)
        try:
            deadline = loop.time() + (seconds or self._total_seconds)
            return await connection.ask(ready.with_body(body), loop.create_future(), deadline)
        finally:
            self._busy.discard(connection)
            self._release(pool, connection)

    async def aclose(self) -> None:
        """Let go of the connections. A later call opens new ones, in whatever loop it runs."""
        pools, self._pools, self._loop = self._pools, {}, None
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in [*self._busy, *(one for pool in pools.values() for one in pool.idle)]:
            connection.abort()
        await asyncio.sleep(0)  # so that transports see their end while the loop still runs

    def _opened(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        self._sweeper = self._loop.call_later(self._every(), self._sweep)
        return self._loop

    # --- connections

    async def _connected(self, pool: _Pool, origin: Origin) -> Connection:
        closes = asyncio.get_running_loop().time() + self._connect_seconds
        while True:
            if pool.opened < CONNECTIONS:
                return await self._open(pool, origin)
            connection = await self._handed_over(pool, closes)
            if connection is not None and connection.is_free:
                return connection

    async def _handed_over(self, pool: _Pool, closes: float) -> Connection | None:
        """What somebody who is done leaves us; None: one more may be opened. Who gives up passes it on."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        pool.waiters.append(waiter)
        try:
            async with asyncio.timeout_at(closes):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled() and (connection := waiter.result()) is not None:
                self._release(pool, connection)
            if isinstance(error, TimeoutError):
                raise _too_late() from None
            raise

    async def _open(self, pool: _Pool, origin: Origin) -> Connection:
        pool.opened += 1
        tls = _tls() if origin.scheme == "https" else None
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(lambda lost: self._lost(pool, lost)), origin.host, origin.port, ssl=tls
                )
        except BaseException as error:
            pool.opened -= 1
            _wake_one(pool, None)
            if isinstance(error, TimeoutError):
                raise _too_late() from None
            if isinstance(error, OSError | UnicodeError):
                # theirs may quote the URL, and a URL may hold a token
                raise Unavailable("no_connection", code=type(error).__name__, may_be_sent=False) from None
            raise
        return connection

    def _release(self, pool: _Pool, connection: Connection) -> None:
        """To whoever waits, else to the idle. One whose caller was cancelled still owes an answer, and is closed."""
        if not connection.is_free:
            if connection.is_open:
                connection.abort()
            return
        if not _wake_one(pool, connection):
            connection.idle_since = asyncio.get_running_loop().time()
            pool.idle.append(connection)

    def _lost(self, pool: _Pool, connection: Connection) -> None:
        pool.opened -= 1
        if connection in pool.idle:
            pool.idle.remove(connection)
        _wake_one(pool, None)

    # --- time

    def _every(self) -> float:
        return min(SWEEP_SECONDS, self._total_seconds / 4)

    def _sweep(self) -> None:
        """Deadlines are looked at four times a second: a timer for each call would cost more than its parsing."""
        loop = self._loop
        if loop is None:
            return
        now = loop.time()
        for connection in [one for one in self._busy if one.deadline < now]:
            connection.abort(Unavailable("no_answer_in_time", code="timeout", may_be_sent=True))
        for pool in self._pools.values():
            for connection in [one for one in pool.idle if one.idle_since < now - IDLE_SECONDS]:
                connection.abort()
        self._sweeper = loop.call_later(self._every(), self._sweep)


def _wake_one(pool: _Pool, connection: Connection | None) -> bool:
    """Give the connection, or the news that one more may be opened, to the first who still waits."""
    while pool.waiters:
        waiter = pool.waiters.popleft()
        if not waiter.done():
            waiter.set_result(connection)
            return True
    return False


def _idle(pool: _Pool) -> Connection | None:
    """The connection used last, if there is one that the other side has not closed."""
    while pool.idle:
        connection = pool.idle.pop()
        if connection.is_free:
            return connection
    return None


def _too_late() -> Unavailable:
    return Unavailable("no_connection_in_time", code="connect_timeout", may_be_sent=False)


@lru_cache(maxsize=256)
def _split(url: str) -> tuple[Origin, str, str]:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or UNSAFE.search(url):
        raise Unavailable("no_connection", code="InvalidURL", may_be_sent=False)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    return Origin(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]), target, host


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
