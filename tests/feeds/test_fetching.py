"""Whatever stands at its address, fetching ends soon, holds little, goes nowhere it should not, and says why."""

import gzip
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.fetching import LARGEST, SECONDS, Fetcher, Source, Unfetched
from feeds.gate import Why
from tests.feeds import servers
from tests.feeds.servers import Act, says, sends, serving

HERE = "127.0.0.1"


def fetched(act: Act, *, hosts: tuple[str, ...] = (HERE,), seconds: float = 0.7) -> bytes:
    with serving(act) as port:
        return Fetcher(hosts=hosts, seconds=seconds).fetch_now(Source(f"http://{HERE}:{port}/feed", "floods"))


def refused(act: Act, *, hosts: tuple[str, ...] = (HERE,)) -> Unfetched:
    begun = time.monotonic()
    with pytest.raises(Unfetched) as caught:
        fetched(act, hosts=hosts)
    assert time.monotonic() - begun < SECONDS
    return caught.value


def leads_to(address: str, status: int = 302) -> Act:
    return sends(f"HTTP/1.1 {status} Elsewhere\r\nLocation: {address}\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize(
    "act",
    [
        says(b"{}"),
        says(gzip.compress(b"{}"), "Content-Encoding: gzip"),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        sends(b"HTTP/1.0 200 OK\r\n\r\n{}"),
    ],
)
def test_a_document_comes_as_it_is(act: Act) -> None:
    assert fetched(act, seconds=5) == b"{}"


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (servers.hangs, Why.UNREACHABLE),
        (servers.drips, Why.UNREACHABLE),
        (servers.drips_body, Why.UNREACHABLE),
        (servers.floods_interim, Why.UNREACHABLE),
        (servers.floods_headers, Why.REFUSED),
        (servers.floods, Why.TOO_LARGE),
        (says(b"", length=100 * LARGEST), Why.TOO_LARGE),
        (says(b"{}", length=1000), Why.UNREACHABLE),
        (says(b"{}" * 1000, length=-5), Why.REFUSED),
        (says(gzip.compress(b"0" * 50 * LARGEST), "Content-Encoding: gzip"), Why.TOO_LARGE),
        (says(gzip.compress(b"{}")[:-4], "Content-Encoding: gzip"), Why.UNREADABLE),
        (says(b"no gzip", "Content-Encoding: gzip"), Why.UNREADABLE),
        (says(b"{}", "Content-Encoding: br"), Why.UNREADABLE),
        (sends(b"\x00\xff" * 1000), Why.REFUSED),
        (sends(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"), Why.REFUSED),
        (sends(b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}"), Why.REFUSED),
        (sends(b""), Why.UNREACHABLE),
    ],
)
def test_what_hangs_lies_or_floods_ends_soon_and_says_why(act: Act, why: Why) -> None:
    assert refused(act).why is why


@pytest.mark.parametrize("hosts", [(), ("localhost",), (f"{HERE}:1",), ("other.example",)])
def test_an_address_inside_is_asked_only_if_the_operator_allows_it(hosts: tuple[str, ...]) -> None:
    asked = list[int]()
    found = refused(lambda _: asked.append(1), hosts=hosts)
    assert found.why is Why.REFUSED
    assert "FEED_HOSTS" in found.detail
    assert asked == []


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "localhost.", "10.0.0.1"],
)
def test_no_way_of_writing_leads_inside(host: str) -> None:
    with pytest.raises(Unfetched) as caught:
        Fetcher(seconds=2).fetch_now(Source(f"http://{host}:9/", "floods"))
    assert caught.value.why in (Why.REFUSED, Why.UNREACHABLE)  # what is no address at all is not looked up elsewhere
    assert caught.value.detail != "ClientConnectorError"


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:1/",  # only 127.0.0.1 is allowed
        "http://[::1]:1/",
        "http://169.254.169.254/latest/meta-data/",
        "file:/etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[/",
    ],
)
def test_a_redirect_leads_no_further_inside_than_the_feed_itself(address: str) -> None:
    assert refused(leads_to(address)).why is Why.REFUSED


def test_a_redirect_to_where_it_may_is_followed_three_times_and_no_more() -> None:
    with serving(says(b"{}")) as last:
        hops = f"http://{HERE}:{last}/"
        assert fetched(leads_to(hops, 307), seconds=5) == b"{}"
    assert refused(leads_to("/again")).why is Why.REFUSED


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says something else the second time (rebinding) finds nobody who asks."""
    asked = list[str]()
    genuine = socket.getaddrinfo

    def look_up(host: str, port: int, *args: object, **options: object) -> object:
        asked.append(host)
        return genuine(HERE if asked.count(host) == 1 else "192.0.2.1", port, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with serving(says(b"{}")) as port:
        fetcher = Fetcher(hosts=("sensors.example",), seconds=5)
        assert fetcher.fetch_now(Source(f"http://sensors.example:{port}/", "floods")) == b"{}"
    assert asked.count("sensors.example") == 1


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetched(says(b"{}"), seconds=5) == b"{}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds" / "floods").mkdir(parents=True)
    (tmp_path / "feeds" / "others").mkdir()
    (tmp_path / "feeds" / "floods" / "river.csv").write_bytes(b"level\n1\n")
    (tmp_path / "feeds" / "others" / "secret.csv").write_bytes(b"level\n2\n")
    return tmp_path / "feeds"


def file(folder: Path | None, name: str) -> bytes:
    return Fetcher(folder=folder, seconds=2).fetch_now(Source(f"file:{name}", "floods"))


def test_a_file_of_the_agencys_own_folder_is_read(folder: Path) -> None:
    assert file(folder, "river.csv") == b"level\n1\n"
    assert file(folder, "/river.csv") == b"level\n1\n"


def _link(folder: Path) -> None:
    (folder / "floods" / "link").symlink_to(folder / "others" / "secret.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "floods" / "link")


def _large(folder: Path) -> None:
    (folder / "floods" / "link").write_bytes(b"0" * (LARGEST + 1))


def _folder(folder: Path) -> None:
    (folder / "floods" / "link").mkdir()


@pytest.mark.parametrize(
    ("make", "name", "why"),
    [
        (_link, "link", Why.REFUSED),
        (_pipe, "link", Why.REFUSED),
        (_large, "link", Why.TOO_LARGE),
        (_folder, "link", Why.UNREACHABLE),
        (None, "../others/secret.csv", Why.REFUSED),
        (None, "../../../../etc/passwd", Why.REFUSED),
        (None, "none.csv", Why.UNREACHABLE),
    ],
)
def test_no_other_file_is(folder: Path, make: Callable[[Path], None] | None, name: str, why: Why) -> None:
    if make is not None:
        make(folder)
    with pytest.raises(Unfetched) as caught:
        file(folder, name)
    assert caught.value.why is why


def test_without_a_folder_no_file_is_read() -> None:
    with pytest.raises(Unfetched, match="FEEDS_DIR"):
        file(None, "river.csv")
