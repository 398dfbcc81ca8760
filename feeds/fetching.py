"""Fetching a feed: whatever stands at its address, we are done after ten seconds and hold a megabyte at most.

The name is resolved once, its addresses are checked and connected to as resolved, and so are each redirect's. No proxy
of the environment is asked, no cookie kept, no password sent.
"""

import asyncio
import os
import socket
import stat
import zlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urljoin, urlsplit

from feeds import guard
from feeds.defining import FILE
from feeds.gate import Why

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 10.0
LARGEST = 1024 * 1024
REDIRECTS = 3
AT_ONCE = 32
RESOLVING = 8  # threads: a name server that hangs holds one
HEADERS = {"User-Agent": "Loudhailer", "Accept": "application/json, text/csv, */*;q=0.1", "Accept-Encoding": "identity"}
PORTS = {"http": 80, "https": 443}
PLAIN, PACKED = frozenset({"", "identity"}), frozenset({"gzip", "x-gzip", "deflate"})

T = TypeVar("T")


class Unfetched(Exception):
    """There is nothing of it: `why`, and a word for operators about where it failed."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Source:
    """Where a feed is, and the slug of the agency whose files it may read."""

    address: str
    owner: str


class Fetcher:
    """Fetches from public addresses, from `hosts` wherever they are, and from files below `folder`/<agency>."""

    def __init__(
        self, *, hosts: Collection[str] = (), folder: Path | str | None = None, seconds: float = SECONDS
    ) -> None:
        self._hosts = frozenset(each.casefold() for each in hosts)
        self._folder = Path(folder) if folder else None
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(RESOLVING, "feeds")  # not the loop's own: its end would wait for them

    async def fetch(self, source: Source) -> bytes:
        """The document; at most `LARGEST` bytes, within `SECONDS`. Raises Unfetched."""
        try:
            async with asyncio.timeout(self._seconds):
                if source.address.startswith(FILE):
                    return await self._in_thread(partial(self._file, source))
                return await self._followed(source.address)
        except TimeoutError as error:
            raise Unfetched(Why.UNREACHABLE, "it took too long") from error

    def fetch_now(self, source: Source) -> bytes:
        """The same for who waits, outside of any event loop."""
        return asyncio.run(self.fetch(source))

    async def _followed(self, address: str) -> bytes:
        """What stands there or where it sends us; from https never to http."""
        for _ in range(REDIRECTS + 1):
            found = await self._asked(address)
            if isinstance(found, bytes):
                return found
            if urlsplit(address).scheme == "https" and urlsplit(found).scheme != "https":
                raise Unfetched(Why.REFUSED, "it leads from https to http")
            address = found
        raise Unfetched(Why.REFUSED, f"it leads on more than {REDIRECTS} times")

    async def _asked(self, address: str) -> bytes | str:
        """The document, or the address where it is."""
        import aiohttp  # here: a worker fetches nothing and holds no client

        host, port = _parts(address)
        pinned = cast("AbstractResolver", _Pinned(await self._resolved(host, port)))
        connector = aiohttp.TCPConnector(resolver=pinned, force_close=True, use_dns_cache=False, limit=1)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    auto_decompress=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    trust_env=False,
                    timeout=aiohttp.ClientTimeout(total=self._seconds),
                    read_bufsize=64 * 1024,
                ) as session,
                session.get(address, headers=HEADERS, allow_redirects=False) as response,
            ):
                return await _read(response, address)
        except (aiohttp.ClientResponseError, ValueError) as error:
            raise Unfetched(Why.REFUSED, "it does not speak HTTP, or leads to no address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unfetched(Why.UNREACHABLE, type(error).__name__) from error

    async def _resolved(self, host: str, port: int) -> "list[ResolveResult]":
        try:
            found = await self._in_thread(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            raise Unfetched(Why.UNREACHABLE, f"there is no host {host}") from error
        addresses = {str(entry[4][0]): entry[0] for entry in found}
        if not guard.is_allowed(host, port, self._hosts) and not all(map(guard.is_public, addresses)):
            raise Unfetched(Why.REFUSED, f"{host} is no public address: FEED_HOSTS may allow it")
        return [_result(host, address, port, family) for address, family in addresses.items()]

    async def _in_thread(self, do: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do)

    def _file(self, source: Source) -> bytes:
        """A file of this agency's folder, and of no other, whatever links stand in it."""
        if self._folder is None:
            raise Unfetched(Why.REFUSED, "FEEDS_DIR is not set")
        home = (self._folder / source.owner).resolve()
        path = (home / source.address.removeprefix(FILE).lstrip("/")).resolve()
        if not path.is_relative_to(home):
            raise Unfetched(Why.REFUSED, f"the file is not below FEEDS_DIR/{source.owner}")
        try:
            return _contents(path)
        except OSError as error:
            raise Unfetched(Why.UNREACHABLE, type(error).__name__) from error


class _Pinned:
    """Gives the connector the addresses that were checked, and asks nobody again.

    An AbstractResolver in all but name: to inherit from it this module would have to import aiohttp.
    """

    def __init__(self, found: "list[ResolveResult]") -> None:
        self._found = found

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> "list[ResolveResult]":
        """What was resolved, whatever is asked."""
        return self._found

    async def close(self) -> None:
        """Nothing to let go of."""


def _result(host: str, address: str, port: int, family: int) -> "ResolveResult":
    return {
        "hostname": host,
        "host": address,
        "port": port,
        "family": family,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    }


def _parts(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unfetched(Why.REFUSED, "it leads to no address") from error
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise Unfetched(Why.REFUSED, "it leads to no address of http or https")
    return host, port if port is not None else PORTS[parts.scheme]


async def _read(response: "ClientResponse", address: str) -> bytes | str:
    if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
        return urljoin(address, response.headers["Location"])
    if response.status != 200:
        raise Unfetched(Why.REFUSED, f"status {response.status}")
    if (response.content_length or 0) > LARGEST:
        raise Unfetched(Why.TOO_LARGE, f"{response.content_length} bytes")
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise Unfetched(Why.TOO_LARGE, f"more than {LARGEST} bytes")
    return _unpacked(bytes(body), response.headers.get("Content-Encoding", "").strip().lower())


def _unpacked(body: bytes, encoding: str) -> bytes:
    """The document, unpacked to no more than we would read."""
    if encoding in PLAIN:
        return body
    if encoding not in PACKED:
        raise Unfetched(Why.UNREADABLE, "packed in a way that we did not ask for")
    packer = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # the header says whether gzip or zlib
    try:
        found = packer.decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise Unfetched(Why.UNREADABLE, "cannot be unpacked") from error
    if len(found) > LARGEST:
        raise Unfetched(Why.TOO_LARGE, f"more than {LARGEST} bytes when unpacked")
    if not packer.eof:
        raise Unfetched(Why.UNREADABLE, "ends before it should")
    return found


def _contents(path: Path) -> bytes:
    with open(path, "rb", opener=_opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unfetched(Why.REFUSED, "it is no file")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Unfetched(Why.TOO_LARGE, f"more than {LARGEST} bytes")
    return content


def _opened(path: str, flags: int) -> int:
    # Not blocking: a pipe nobody writes into would hang us.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
