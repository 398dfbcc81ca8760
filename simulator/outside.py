"""The simulator's own HTTP client: posts webhooks to whoever registered for them."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from simulator.world import Answer

CONNECT_SECONDS = 10
CONNECTIONS = 256


class Outside:
    """Posts bodies; a broken connection or a timeout is an Answer with status 0, never an exception."""

    def __init__(self) -> None:
        """Open the connection pool; must be called inside the running loop."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def post(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        """Post and read the whole answer within some seconds; redirects are not followed, as neither platform does.

        A post waits its turn before its time begins, so that a long queue loses nobody's webhook.
        """
        async with self._slots:
            return await self._post(url, body, headers, seconds)

    async def _post(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        as_given = URL(url, encoded=True)  # signatures cover it to the letter
        try:
            async with self._session.post(
                as_given, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                content = await response.read()
                return Answer(response.status, content, response.content_type, _retry_after(response))
        except aiohttp.ClientConnectorError:
            return Answer(0, fault="ct")
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return Answer(0, fault="rt")

    async def get(self, url: str, seconds: float) -> Answer:
        """Get the whole of what is at an address, as both platforms fetch media; a failure is status 0."""
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        try:
            async with self._slots, self._session.get(url, timeout=timeout) as response:
                return Answer(response.status, await response.read(), response.content_type)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return Answer(0, fault="rt")

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
