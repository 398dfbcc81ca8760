"""A small web server that stands where the agency's webhooks would: it keeps what it was told and answers as asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Knock:
    """One call of a webhook."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Read the body as JSON, as Telegram sends it."""
        update: dict[str, Any] = json.loads(self.body)
        return update

    def form(self) -> dict[str, str]:
        """Read the body as a form, as Twilio sends it."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Saying:
    """What the door answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Door:
    """Answers with the next of `sayings` (the last goes on), after `pause` seconds."""

    def __init__(self) -> None:
        self.knocks: list[Knock] = []
        self.sayings: list[Saying] = [Saying()]
        self.pause = 0.0
        self.inside = 0
        self.most_inside = 0
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answers(self, *sayings: Saying) -> None:
        """Say what to answer from now on."""
        self.sayings = list(sayings)

    def hear(self, knock: Knock) -> Saying:
        """Keep a call and choose the answer."""
        with self.lock:
            self.knocks.append(knock)
            self.inside += 1
            self.most_inside = max(self.inside, self.most_inside)
            saying = self.sayings.pop(0) if len(self.sayings) > 1 else self.sayings[0]
        time.sleep(self.pause)
        with self.lock:
            self.inside -= 1
        return saying

    def updates(self, kind: str) -> list[dict[str, Any]]:
        """Give what Telegram's updates of one kind held."""
        return [knock.json()[kind] for knock in self.knocks if kind in knock.json()]

    def statuses(self, sid: str) -> list[str]:
        """Give the statuses Twilio told of one message, in the order they came."""
        forms = [knock.form() for knock in self.knocks]
        return [form["MessageStatus"] for form in forms if form.get("MessageSid") == sid and "MessageStatus" in form]

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


def _handler(door: Door) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            saying = door.hear(Knock(time.monotonic(), self.path, dict(self.headers.items()), body))
            with contextlib.suppress(ConnectionError):  # who called may have hung up meanwhile
                self.answer(saying)

        def answer(self, saying: Saying) -> None:
            self.send_response(saying.status)
            for name, value in saying.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(saying.body)))
            self.end_headers()
            self.wfile.write(saying.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    return Handler
