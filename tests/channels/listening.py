"""A door for webhooks in tests: a small real HTTP server that keeps what it was called with."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from channels.contract import Channel, Event, Hook


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    door: "Door"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        content, mime_type = self.server.door.shelf.get(self.path.removeprefix("/media/"), (b"", ""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", mime_type or "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.server.door.is_closed_once_more():
            self.send_error(503)
            return
        answer = self.server.door.take(Hook(self.server.door.origin + self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Type", answer[1])
        self.send_header("Content-Length", str(len(answer[0])))
        self.end_headers()
        self.wfile.write(answer[0])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on standard error."""


class Door:
    """Keeps hooks, and shows the media on its `shelf`; where a `channel` is set, answers as that channel would.

    `closed` calls are answered 503 first.
    """

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.door = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/hooks/7"
        self.media_url = f"{self.origin}/media"
        self.hooks: list[Hook] = []
        self.channel: Channel | None = None
        self.closed = 0
        self.shelf: dict[str, tuple[bytes, str]] = {}

    def is_closed_once_more(self) -> bool:
        """Whether this call finds the door closed; counts it."""
        self.closed -= 1
        return self.closed >= 0

    def take(self, hook: Hook) -> tuple[bytes, str]:
        """Keep a call; the body and content type to answer it with."""
        self.hooks.append(hook)
        if self.channel is None:
            return b"", "text/plain"
        answer = self.channel.answer(self.channel.parse(hook))
        return answer.body, answer.content_type

    def events(self, channel: Channel, *, at_least: int, seconds: float = 30.0) -> list[Event]:
        """Everything heard so far, verified and parsed, once there are so many events; fails after a while."""
        deadline = time.monotonic() + seconds
        while True:
            events = [event for hook in list(self.hooks) for event in _read(channel, hook)]
            if len(events) >= at_least:
                return events
            assert time.monotonic() < deadline, f"heard only {events}"
            time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _read(channel: Channel, hook: Hook) -> list[Event]:
    channel.verify(hook)
    return channel.parse(hook)
