"""The wire that channels over HTTP share: one keep-alive pool, short timeouts, never a retry of its own.

What it knows is the question that decides between sending again and doubting: when a call fails, had its request
left the house? Everything before the first byte is certain ("not sent"), everything after is not.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from channels.contract import Unavailable

CONNECTIONS = 512
TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whatever its status. Header names keep the case the provider gave them but compare without."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """A pool of connections, opened at the first call and bound to the event loop of that call until `aclose`."""

    def __init__(self, *, connect_seconds: float = CONNECT_SECONDS, total_seconds: float = TOTAL_SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=connect_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """One request, once. Raises Unavailable when no answer came, with `may_be_sent` as far as can be known."""
        session = self._opened()
        try:
            async with session.request(
                method, url, data=body, headers=headers, params=params, allow_redirects=False
            ) as answer:
                return Response(answer.status, answer.headers, await answer.read())
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _unavailable(error) from None  # theirs may quote the URL, and a URL may hold a token

    async def aclose(self) -> None:
        """Let go of the connections. A later call opens new ones, in whatever loop it runs."""
        session, self._session, self._loop = self._session, None, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout, cookie_jar=_no_cookies())
            self._loop = loop
        if self._loop is not loop:
            raise RuntimeError("a channel belongs to one event loop; build another one for this loop")
        return self._session


def _no_cookies() -> aiohttp.abc.AbstractCookieJar:
    return aiohttp.DummyCookieJar()


def _unavailable(error: BaseException) -> Unavailable:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Unavailable("no_connection_in_time", code="connect_timeout", may_be_sent=False)
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            return Unavailable("no_connection", code=type(error).__name__, may_be_sent=False)
        case TimeoutError():
            return Unavailable("no_answer_in_time", code="timeout", may_be_sent=True)
        case _:
            return Unavailable("connection_lost", code=type(error).__name__, may_be_sent=True)
