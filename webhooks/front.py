"""How granian hands calls to Flask: read in full first, answered in its event loop, held back until they are durable.

A thread for each call costs more than the call does: it is woken twice, and sixty of them take turns. Here a call that
needs nothing but to be kept is answered in the loop itself, past Flask, which would cost more than all that is done
with it; Flask is called there too where it will wait for nothing, and in a thread where it may: a page that asks the
database, a sender that has to be looked up. A call that is to be kept leaves its future with the front, which answers
once that is done. And a caller who holds back the rest of a body holds nobody up.
"""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # its documented name

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

LATER = "loudhailer.later"  # in the WSGI environment: where a view leaves what its answer waits for
RETRY_AFTER = "5"
BODY_SECONDS = 30.0
Headers = list[tuple[str, str]]


class Scope(Protocol):
    """What granian says of a call; `path` is decoded.

    https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md
    """

    http_version: str
    method: str
    path: str
    query_string: str
    client: str
    server: str
    scheme: str
    headers: Any


class Line(Protocol):
    """The way back to whoever calls."""

    async def __call__(self) -> bytes:
        """The whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        ...

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer."""
        ...


@dataclass(slots=True)
class Later:
    """What has to be durable before a view's answer may leave, and what is done then with its status."""

    pending: "list[Future[None]]" = field(default_factory=list)
    then: Callable[[int], None] | None = None


@dataclass(slots=True)
class Answer:
    """What a view wants to say."""

    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    later: Later = field(default_factory=Later)


@dataclass(frozen=True, slots=True)
class Call:
    """One call, whole. `path` is decoded; header names are lower-case, and none has an underscore."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Front:
    """An RSGI application around a WSGI one.

    `at_once` answers what needs no Flask, or says None. `is_quick` says of a path that Flask will answer it without
    waiting. A body is read until it is longer than `limit` bytes: whoever answers sees that it is too long. `patience`
    is for how many seconds a call waits to be kept.
    """

    application: "WSGIApplication"
    at_once: Callable[[Call], Answer | None]
    is_quick: Callable[[str], bool]
    limit: int
    threads: ThreadPoolExecutor
    patience: float

    async def __call__(self, scope: Scope, line: Line) -> None:
        """Answer one call; one that ends before its body does is none."""
        declared = _declared(scope)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await line() if 0 < declared <= self.limit else await _body(line, self.limit)
        except TimeoutError:
            line.response_bytes(408, [], b"")
            return
        except ProtocolClosed:
            return
        if len(body) < min(declared, self.limit):
            return
        call = Call(scope.method, scope.path, scope.query_string, _headers(scope), body)
        answer = self._at_once(call) or await self._by_flask(scope, call)
        if answer.later.pending:
            await self._settle(answer)
        if answer.later.then is not None:
            answer.later.then(answer.status)
        line.response_bytes(answer.status, answer.headers, answer.body)

    def _at_once(self, call: Call) -> Answer | None:
        """None, too, where that fails beyond what is foreseen: Flask has an answer for whatever happens in it."""
        try:
            return self.at_once(call)
        except Exception:
            log.exception("front.failed", path=call.path.rpartition("/")[0])
            return None

    async def _by_flask(self, scope: Scope, call: Call) -> Answer:
        environment = _environment(scope, call)
        if self.is_quick(call.path):
            return self._ask(environment)
        return await asyncio.get_running_loop().run_in_executor(self.threads, self._ask, environment)

    def _ask(self, environment: "WSGIEnvironment") -> Answer:
        answer = Answer()
        environment[LATER] = answer.later

        def start(status: str, headers: Headers, *_: object) -> Callable[[bytes], object]:
            answer.status, answer.headers = int(status[:3]), [(name.lower(), value) for name, value in headers]
            return lambda _: None

        said = self.application(environment, start)
        try:
            answer.body = b"".join(said)
        finally:
            getattr(said, "close", _nothing)()
        return answer

    async def _settle(self, answer: Answer) -> None:
        """Wait until what the answer speaks of is durable; if that fails or takes too long, ask for another call."""
        errors = [await _outcome(future, self.patience) for future in answer.later.pending]
        error = next(filter(None, errors), None)
        if error is not None:
            log.error("hook.not_kept", error=type(error).__name__)
            kept = [header for header in answer.headers if header[0] not in ("content-type", "content-length")]
            answer.status, answer.headers, answer.body = 503, [*kept, ("retry-after", RETRY_AFTER)], b""


def _nothing() -> None:
    pass


async def _body(line: Line, limit: int) -> bytes:
    parts, length = [], 0
    async for part in line:
        parts.append(part)
        length += len(part)
        if length > limit:
            break
    return b"".join(parts)


async def _outcome(future: "Future[None]", patience: float) -> BaseException | None:
    """What went wrong, if anything did. The future is never cancelled: the journal is about to set it."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()
    future.add_done_callback(lambda _: loop.call_soon_threadsafe(_end, waiter))
    timer = loop.call_later(patience, _end, waiter)
    await waiter
    timer.cancel()
    return future.exception() if future.done() else TimeoutError()


def _end(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _declared(scope: Scope) -> int:
    said = scope.headers.get("content-length", "0")
    return int(said) if said.isascii() and said.isdigit() else 0


def _headers(scope: Scope) -> dict[str, str]:
    """Names with an underscore are left out: in a WSGI environment they would stand for others' names."""
    headers: dict[str, str] = {}
    for name, value in scope.headers.items():
        if name in headers:
            headers[name] += f",{value}"
        elif "_" not in name:
            headers[name] = value
    return headers


def _environment(scope: Scope, call: Call) -> "WSGIEnvironment":
    """The call as PEP 3333 has it."""
    host, _, port = scope.server.rpartition(":")
    environment: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environment |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in call.headers.items()}
    environment["CONTENT_TYPE"] = environment.pop("HTTP_CONTENT_TYPE", "")
    for name in ("HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):  # of what is here in one piece now
        environment.pop(name, None)
    return environment | {"CONTENT_LENGTH": str(len(call.body))}
