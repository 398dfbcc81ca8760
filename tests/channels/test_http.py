"""The wire: what is known of a call that failed."""

import asyncio
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Awaitable, Callable

import pytest

from channels import http
from channels.contract import Unavailable

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def served(answer: Callable[[Reader, Writer], Awaitable[None]], work: Callable[[str], Awaitable[None]]) -> None:
    """Run a server of bare bytes while the work goes on."""
    writers: list[Writer] = []

    async def each(reader: Reader, writer: Writer) -> None:
        writers.append(writer)
        await answer(reader, writer)

    server = await asyncio.start_server(each, "127.0.0.1", 0)
    try:
        await work(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot1:SECRET/sendMessage")
    finally:
        for writer in writers:
            writer.close()
        server.close()
        await server.wait_closed()


async def silence(reader: Reader, writer: Writer) -> None:
    """Read and never answer."""
    await reader.read(1)


def test_waiting_too_long_for_a_free_connection_is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECTIONS", 1)

    async def crowd(url: str) -> None:
        wire = http.Wire(connect_seconds=0.1, total_seconds=0.4)
        first, second = await asyncio.gather(*(wire.call("POST", url) for _ in range(2)), return_exceptions=True)
        await wire.aclose()
        assert isinstance(first, Unavailable)
        assert isinstance(second, Unavailable)
        assert (first.reason, first.may_be_sent) == ("no_answer_in_time", True)
        assert (second.reason, second.may_be_sent) == ("no_connection_in_time", False)

    asyncio.run(served(silence, crowd))


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", b"rubbish\r\n\r\n"])
def test_an_answer_that_breaks_off_leaves_a_doubt_and_names_no_url(said: bytes) -> None:
    async def half(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async def one(url: str) -> None:
        wire = http.Wire()
        with pytest.raises(Unavailable) as caught:
            await wire.call("POST", url, body=b"{}")
        await wire.aclose()
        assert caught.value.may_be_sent
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        assert "SECRET" not in f"{caught.value!r}{caught.value.code}"

    asyncio.run(served(half, one))


def test_the_answers_of_the_provider_come_back_as_they_are_over_one_connection() -> None:
    opened: list[Writer] = []

    async def answering(reader: Reader, writer: Writer) -> None:
        opened.append(writer)
        while not reader.at_eof():
            head = await reader.read(65536)
            if head:
                writer.write(ANSWER)

    async def thrice(url: str) -> None:
        wire = http.Wire()
        answers = [await wire.call("GET", url) for _ in range(3)]
        await wire.aclose()
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"ok")] * 3

    asyncio.run(served(answering, thrice))
    assert len(opened) == 1
