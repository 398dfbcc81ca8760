"""The door as providers meet it: on a real web server, called over HTTP with real signatures."""

import contextlib
import http.client
import itertools
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from waitress.server import create_server

from channels import registry
from db.crypto import Vault
from db.engine import Sessions
from delivery import consignments, senders
from delivery.models import Letter, Sender
from delivery.states import DoubtPolicy, Lane
from delivery.switchboard import Switchboard, hook_path
from staff.models import Agency
from tests.bot import people
from tests.channels.recorded import payload
from webhooks import door, hearing, known
from webhooks.journal import Journal
from webhooks.models import Call, CallState

PUBLIC_URL = "https://city.example"  # the address providers know; the server itself listens on loopback
SECRET, TOKEN = "a-secret-for-the-hook", "twilio-auth-token"
CONSIGNMENT = 7
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Gate:
    """A door that is open, and everything behind it. `wakes` holds the wake-ups nobody has followed yet."""

    sessions: Sessions
    patience: float = 10.0
    memory: float = known.MEMORY_SECONDS
    wakes: list[tuple[str, int]] = field(default_factory=list)
    vault: Vault = field(default_factory=lambda: Vault([Fernet.generate_key().decode()]))
    port: int = 0
    app: Flask = field(init=False)
    entrance: door.Door = field(init=False)

    def __post_init__(self) -> None:
        self.sessions.configure(info={"waker": lambda task, subject: self.wakes.append((task, subject))})
        self.board = Switchboard(
            build=registry.build, limits_of=registry.limits, vault=self.vault, public_url=PUBLIC_URL, endpoints={}
        )

    # --- who owns what

    def agency(self, slug: str) -> Agency:
        """A new agency with three topics."""
        with self.sessions.begin() as session:
            owner = people.agency(session, slug)
            people.three_topics(session, owner)
            return owner

    def bot(self, owner: Agency, secret: str = SECRET) -> Sender:
        """A Telegram bot of the agency."""
        token = f"{next(_numbers)}:{secrets.token_hex(8)}"
        return self._sender(owner, "telegram", {"token": token, "webhook_secret": secret})

    def number(self, owner: Agency, token: str = TOKEN) -> Sender:
        """A WhatsApp number of the agency."""
        return self._sender(owner, "whatsapp", {"account_sid": "AC" + "1" * 32, "auth_token": token})

    def _sender(self, owner: Agency, channel: str, credentials: dict[str, str]) -> Sender:
        with self.sessions.begin() as session:
            return senders.add(
                session,
                agency_id=owner.id,
                channel=channel,
                handle=f"handle{next(_numbers)}",
                credentials=self.vault.seal(credentials),
                now=utc_now(),
            )

    def announce(self, sender: Sender) -> None:
        """A consignment of the sender's agency, numbered CONSIGNMENT."""
        now = utc_now()
        with self.sessions.begin() as session:
            consignments.open(
                session,
                CONSIGNMENT,
                agency_id=sender.agency_id,
                lane=Lane.NOTICE,
                policy=DoubtPolicy.RESEND,
                topic_id=None,
                cadences=[],
                deadline_at=now + timedelta(hours=1),
                now=now,
            )

    # --- calling

    def telegram(self, sender: Sender, body: bytes, *, secret: str = SECRET, chunked: bool = False) -> Answer:
        """Call as Telegram does."""
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
        return self.post(hook_path("telegram", sender.key), body, headers, chunked=chunked)

    def whatsapp(self, sender: Sender, body: bytes, *, token: str = TOKEN, query: str = "") -> Answer:
        """Call as Twilio does."""
        path = hook_path("whatsapp", sender.key) + query
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, fields(body))
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return self.post(path, body, headers)

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, chunked: bool = False) -> Answer:
        """One call on a connection of its own; chunked: without saying the length beforehand."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            sent = iter([body]) if chunked else body
            connection.request("POST", path, sent, {**headers, "Connection": "close"}, encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), dict(answer.headers))

    # --- what became of it

    def work(self) -> None:
        """Follow every wake-up to hear, and those that come of it, as a worker would."""
        while self.wakes:
            task, subject = self.wakes.pop(0)
            if task == "hear":
                self.hear(subject)

    def hear(self, call_id: int) -> None:
        """What the task `hear` does."""
        hearing.hear(self.sessions, self.board, call_id, now=utc_now())

    def calls(self, state: CallState | None = None) -> list[Call]:
        """The calls kept, by arrival."""
        with self.sessions() as session:
            found = session.scalars(select(Call).order_by(Call.received_at, Call.id)).all()
        return [call for call in found if state is None or call.state is state]

    def answers(self, to: str) -> list[str]:
        """The texts of the letters to an address, in the order in which they leave."""
        with self.sessions() as session:
            return list(session.scalars(select(Letter.text).where(Letter.to == to).order_by(Letter.id)))

    def count(self, model: Any) -> int:
        """How many rows a table has."""
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@contextlib.contextmanager
def opened(gate: Gate) -> Iterator[Gate]:
    """Open the door on a free port of this machine."""
    journal = Journal(gate.sessions, patience=gate.patience)
    app = Flask("gate", static_folder=None)
    gate.entrance = door.Door(gate.sessions, gate.board, journal, PUBLIC_URL, utc_now, memory=gate.memory)
    app.register_blueprint(door.blueprint(gate.entrance))
    gate.app = app
    server = create_server(app, host="127.0.0.1", port=0, threads=16, asyncore_loop_timeout=0.05)
    serving = threading.Thread(target=server.run)
    serving.start()
    gate.port = server.effective_port
    try:
        yield gate
    finally:
        with contextlib.suppress(OSError):  # another's pull woke it first, and it has closed what we would write to
            server.trigger.pull_trigger(server.close)  # in the server's own thread: nobody looks at its socket then
        serving.join(10)
        server.task_dispatcher.shutdown()
        journal.close()


def utc_now() -> datetime:
    """The clock of a running process."""
    return datetime.now(UTC)


def update(number: int, chat: int, text: str) -> bytes:
    """A recorded update of Telegram, with another id, chat and text."""
    said = json.loads(payload("telegram/text_zh.json"))
    said["update_id"] = number
    said["message"] |= {"text": text, "message_id": number}
    said["message"]["from"]["id"] = said["message"]["chat"]["id"] = chat
    said["message"]["from"]["language_code"] = "en"
    return json.dumps(said).encode()


def tap(number: int, chat: int, key: str) -> bytes:
    """A recorded tap on a button, with another id, chat and key."""
    said = json.loads(payload("telegram/callback_query.json"))
    said["update_id"] = number
    said["callback_query"]["data"] = key
    said["callback_query"]["from"]["id"] = said["callback_query"]["message"]["chat"]["id"] = chat
    return json.dumps(said).encode()


def form(name: str, **changes: str) -> bytes:
    """A recorded call of Twilio, with some fields changed."""
    return urlencode(fields(payload(f"whatsapp/{name}.form")) | changes).encode()


def receipt(number: int, status: str) -> bytes:
    """A status callback about a message."""
    return form("status_delivered", MessageSid=f"SM{number:032x}", SmsSid=f"SM{number:032x}", MessageStatus=status)


def fields(body: bytes) -> dict[str, str]:
    """What a form says."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True))
