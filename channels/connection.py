"""One keep-alive connection of the wire: bytes out, one parsed answer back. Only `channels.http` uses it.

Our own protocol and not a library's client, because this is what the product exists for: aiohttp spends 1.1 CPU seconds
on 10,000 calls, this a quarter of it (docs/adr/0008). What is hard about HTTP, reading answers, is done by httptools.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

import httptools
from multidict import CIMultiDict

from channels.contract import Unavailable

LARGEST_ANSWER = 12 * 1024 * 1024  # media that somebody sent has up to 10 MB (channels.media)
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})

Raw = list[tuple[bytes, bytes]]


class Response:
    """What came back, whatever its status."""

    __slots__ = ("_raw", "body", "status")

    def __init__(self, status: int, raw: Raw, body: bytes) -> None:
        self.status = status
        self.body = body
        self._raw = raw

    @property
    def headers(self) -> Mapping[str, str]:
        """Names keep the case the provider gave them but compare without."""
        return CIMultiDict((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw)


class Connection(asyncio.Protocol):
    """Carries one request at a time. `is_free` while it is open and nothing is awaited; `deadline` of what is."""

    __slots__ = (
        "_body",
        "_is_kept",
        "_on_lost",
        "_parser",
        "_raw",
        "_size",
        "_transport",
        "_waiter",
        "deadline",
        "idle_since",
        "is_open",
    )

    def __init__(self, on_lost: Callable[["Connection"], None]) -> None:
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._raw: Raw = []
        self._body: list[bytes] = []
        self._size = 0
        self._is_kept = True
        self.is_open = True
        self.deadline = 0.0
        self.idle_since = 0.0

    @property
    def is_free(self) -> bool:
        """Whether another request may be sent."""
        return self.is_open and self._waiter is None

    def ask(self, data: bytes, waiter: "asyncio.Future[Response]", deadline: float) -> "asyncio.Future[Response]":
        """Send a whole request; the future gets its answer, or Unavailable. One at a time."""
        assert self._transport is not None
        self._waiter = waiter
        self.deadline = deadline
        self._transport.write(data)
        return waiter

    def abort(self, refusal: Unavailable | None = None) -> None:
        """Close without waiting; whoever awaits an answer gets this refusal."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()
        self._fail(refusal or Unavailable("connection_lost", code="aborted", may_be_sent=True))

    # --- what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, which is no subclass
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer. Bytes that nobody asked for, or that are no HTTP, end the connection."""
        if self._waiter is None:
            self.abort()
            return
        assert self._parser is not None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.abort(Unavailable("connection_lost", code=type(error).__name__, may_be_sent=True))

    def eof_received(self) -> None:
        """The other side says no more; the transport closes itself."""
        if self._waiter is None:
            self.is_open = False

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed: the end of an answer that names no length, and in doubt everything else."""
        self.is_open = False
        if self._waiter is not None and self._ends_with_connection():
            self._answer()
        code = type(error).__name__ if error else "ServerDisconnected"
        self._fail(Unavailable("connection_lost", code=code, may_be_sent=True))
        self._on_lost(self)

    # --- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._raw.append((name, value))

    def on_body(self, piece: bytes) -> None:
        """A piece of the body; one without end is cut off."""
        self._body.append(piece)
        self._size += len(piece)
        if self._size > LARGEST_ANSWER:
            self.abort(Unavailable("connection_lost", code="answer_too_large", may_be_sent=True))

    def on_message_complete(self) -> None:
        """The whole answer is there; an interim one (1xx) is followed by the real one."""
        assert self._parser is not None
        if self._parser.get_status_code() < 200:
            self._forget()
            return
        self._is_kept = self._parser.should_keep_alive()
        self._answer()
        if not self._is_kept:
            self.is_open = False
            assert self._transport is not None
            self._transport.close()

    def _answer(self) -> None:
        assert self._parser is not None
        waiter, self._waiter = self._waiter, None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        response = Response(self._parser.get_status_code(), self._raw, body)
        self._forget()
        if waiter is not None and not waiter.done():
            waiter.set_result(response)

    def _forget(self) -> None:
        self._raw, self._body, self._size = [], [], 0

    def _fail(self, refusal: Unavailable) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(refusal)

    def _ends_with_connection(self) -> bool:
        """Its head came, and no length: then it ends where the connection does (RFC 9112, 6.3)."""
        return bool(self._raw) and not any(name.lower() in LENGTHS for name, _ in self._raw)
