"""A simulator for tests: started as a program of its own on a free port, spoken to over HTTP."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
TELEGRAM_TOKEN = "700100:simulated-token"
ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "simulated-auth-token"
WHATSAPP_NUMBER = "+6560000001"


class SimulatorError(Exception):
    """The simulator refused a wish; the status, its reason and the headers."""

    def __init__(self, status: int, reason: str, headers: dict[str, str]) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.headers = headers


class Simulator:
    """One simulator process. Use it as a context manager, or start() and stop() it."""

    def __init__(self, *options: str, seed: int = 7) -> None:
        """Take command-line options such as "--no-limits"; receipts and retries come at once."""
        self._command = [sys.executable, "-m", "simulator", "--port", "0", "--no-delays", "--seed", str(seed), *options]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> Self:
        """Start it and wait until it answers; `url` is its address."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if "http" not in line:
            raise RuntimeError(f"the simulator did not start: {line!r}")
        self.url = line.split()[-1]
        return self

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def telegram_url(self) -> str:
        """What python-telegram-bot takes as base_url."""
        return f"{self.url}/telegram/bot"

    @property
    def twilio_url(self) -> str:
        """What takes the place of api.twilio.com."""
        return f"{self.url}/twilio"

    @property
    def content_url(self) -> str:
        """What takes the place of content.twilio.com."""
        return f"{self.url}/twilio-content"

    @property
    def media_url(self) -> str:
        """What takes the place of mms.twiliocdn.com."""
        return f"{self.url}/twilio-media"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the simulator's JSON and give the answer; a refusal raises SimulatorError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as problem:
            with problem:
                raise SimulatorError(problem.code, problem.read().decode(), dict(problem.headers.items())) from None

    def post(self, path: str, **body: Any) -> Any:
        """POST a JSON object."""
        return self.call("POST", path, body)

    def add_bot(self, token: str = TELEGRAM_TOKEN, username: str = "sim_bot", name: str = "Simulated Bot") -> str:
        """Register a Telegram bot; gives its id."""
        return str(self.post("/control/bots", token=token, username=username, name=name)["id"])

    def add_whatsapp_sender(
        self,
        number: str = WHATSAPP_NUMBER,
        webhook_url: str = "",
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        name: str = "Simulated Agency",
    ) -> str:
        """Register a WhatsApp number (or change its webhook); gives its id."""
        wish = {"account_sid": account_sid, "auth_token": auth_token, "number": number, "name": name}
        return str(self.post("/control/senders", webhook_url=webhook_url, **wish)["id"])

    def new_phone(
        self, channel: str, language_code: str = "en", name: str | None = None, *, is_hidden: bool = False
    ) -> dict[str, Any]:
        """Make a phone ("telegram" or "whatsapp"); gives it, with its id and number (hidden: a user id instead)."""
        wish = {"channel": channel, "language_code": language_code, "name": name, "is_hidden": is_hidden}
        phone: dict[str, Any] = self.post("/api/phones", **wish)
        return phone

    def new_phones(
        self, count: int, channel: str, languages: list[str] | None = None, started_with: str | None = None
    ) -> list[str]:
        """Make many phones; with `started_with` they have already written to that bot. Gives their ids."""
        wish = {"count": count, "channel": channel, "languages": languages or ["en"], "started_with": started_with}
        return list(self.post("/api/phones/bulk", **wish)["ids"])

    def phone(self, phone: str) -> dict[str, Any]:
        """Give a phone as it is now."""
        found: dict[str, Any] = self.call("GET", f"/api/phones/{phone}")
        return found

    def say(self, phone: str, bot: str, text: str) -> str:
        """Let the phone's owner write; gives the message's id."""
        return str(self.act(phone, "say", bot=bot, text=text)["message"])

    def send(self, phone: str, bot: str, kind: str, content: bytes = b"", text: str = "", **parts: Any) -> str:
        """Let the phone's owner send a photo, a document (name=) or a location (latitude=, longitude=, name=)."""
        sent = {"kind": kind, "content": base64.b64encode(content).decode(), "text": text, **parts}
        return str(self.act(phone, "send", bot=bot, **sent)["message"])

    def tap(self, phone: str, bot: str, message: str, key: str) -> str | None:
        """Let the phone's owner tap a button or a list row; gives the address a link button opens."""
        opened: str | None = self.act(phone, "tap", bot=bot, message=message, key=key).get("open")
        return opened

    def open(self, phone: str, url: str) -> str:
        """Let the phone's owner follow a t.me, tg: or wa.me link; gives the bot it led to."""
        return str(self.act(phone, "open", url=url)["bot"])

    def act(self, phone: str, act: str, **body: Any) -> dict[str, Any]:
        """Do something else with a phone: block, unblock, deactivate, read, language."""
        done: dict[str, Any] = self.post(f"/api/phones/{phone}/{act}", **body)
        return done

    def file(self, file: str) -> bytes:
        """Give the content of a picture or a document that stands in a chat."""
        with urllib.request.urlopen(f"{self.url}/api/files/{file}", timeout=30) as response:
            content: bytes = response.read()
            return content

    def new_group(self, bot: str, title: str = "Duty room") -> str:
        """Make a Telegram group with this bot in it; gives the chat's id."""
        return str(self.post("/control/groups", bot=bot, title=title)["id"])

    def in_group(self, group: str, act: str, bot: str, **body: Any) -> dict[str, Any]:
        """Do something in a group: say (phone, text), tap (phone, key), put-out, upgrade (gives the new id)."""
        done: dict[str, Any] = self.post(f"/control/groups/{group}/{act}", bot=bot, **body)
        return done

    def group(self, group: str) -> list[str]:
        """Give what the bot said in a group."""
        said = self.call("GET", f"/control/groups/{group}")["messages"]
        return [each["text"] for each in said if each["from"] == "bot"]

    def messages(self, phone: str, bot: str | None = None) -> list[dict[str, Any]]:
        """Give the messages on a phone, of one bot or of all."""
        chats = [chat for chat in self.phone(phone)["chats"] if bot in (None, chat["bot"])]
        return [message for chat in chats for message in chat["messages"]]

    def heard(self, phone: str, bot: str | None = None) -> list[str]:
        """Give the texts a phone got, those of deleted messages left out."""
        return [m["text"] for m in self.messages(phone, bot) if m["from"] == "bot" and not m["deleted"]]

    def record(self, after: int = 0) -> list[dict[str, Any]]:
        """Give every call the platforms received after that entry, in order."""
        entries: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"/control/record?after={after + len(entries)}&limit=5000")["entries"]
            entries += page
            if len(page) < 5000:
                return entries

    def summary(self) -> dict[str, Any]:
        """Give the accepted messages by channel and recipient, and totals."""
        found: dict[str, Any] = self.call("GET", "/control/record/summary")
        return found

    def fault(self, kind: str, **wish: Any) -> int:
        """Put a fault in force (channel, bot, chat, method, probability, count, duration, seconds); gives its id."""
        return int(self.post("/control/faults", kind=kind, **wish)["id"])

    def clear_faults(self) -> None:
        """End every fault."""
        self.call("DELETE", "/control/faults")

    def timing(self, **wish: Any) -> None:
        """Set delays and shares, by the names in simulator/timing.py; certain=True takes out chance."""
        self.post("/control/timing", **wish)

    def limits(self, **wish: Any) -> None:
        """Switch or set the brakes: enabled, chat_rate, chat_burst, or bot with rate and burst."""
        self.post("/control/limits", **wish)

    def close_windows(self, bot: str, phone: str | None = None) -> None:
        """Let the 24-hour window with a WhatsApp sender end, of one phone or of all."""
        self.post("/control/windows", bot=bot, seconds=0, **({"phone": phone} if phone else {}))

    def reset(self) -> None:
        """Forget everybody and everything; limits and timing stay."""
        self.call("POST", "/control/reset")

    def wait_for(self, predicate: Callable[[], T], seconds: float = 30.0, every: float = 0.02) -> T:
        """Ask again and again until the answer is true; give it, or fail with AssertionError."""
        deadline = time.monotonic() + seconds
        while True:
            if answer := predicate():
                return answer
            assert time.monotonic() < deadline, f"did not happen within {seconds} s"
            time.sleep(every)
