"""What we put on the wire, held against the platforms' machine-readable specifications."""

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import orjson
import pytest

from channels import registry
from channels.contract import Channel, Choice, Line, Message, Template, Templating

SPECS = Path(os.environ.get("LOUDHAILER_SPECS", Path(__file__).parents[3] / "shared" / "specs"))
SENT = {"message_id": 5, "date": 1795430100, "chat": {"id": 7, "type": "private"}, "text": "hi"}
RESULTS = {"getMe": {"id": 1, "is_bot": True, "first_name": "L", "username": "lh"}, "sendMessage": SENT}
RESULTS["editMessageText"] = SENT
MADE = {
    "sid": "SM1",
    "status": "queued",
    "whatsapp": {"status": "approved"},
    "contents": [],
    "meta": {"key": "contents"},
}
FULL = Message(
    "whatsapp:+6591234567", "Hello\n\nthere", "b1.2", (Choice("k:1", "Yes"), Choice("k:2", "No")), is_silent=True
)


def spec(name: str) -> Any:
    """A platform's specification; skips where it is not to be had."""
    if not (SPECS / name).exists():
        pytest.skip(f"not provided: the specification {name} (LOUDHAILER_SPECS)")
    return orjson.loads((SPECS / name).read_bytes())


class Recorder(BaseHTTPRequestHandler):
    """Answers everything well and keeps what it was asked."""

    calls: ClassVar[list[tuple[str, str, dict[str, Any], str]]] = []

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_json = self.headers["Content-Type"] == "application/json"
        self._answer(orjson.loads(body) if is_json else dict(parse_qsl(body.decode(), strict_parsing=True)))

    def _answer(self, said: dict[str, Any]) -> None:
        path = self.path.partition("?")[0]
        self.calls.append((self.command, path, said, self.headers.get("Content-Type", "")))
        is_telegram = path.startswith("/bot")
        body = orjson.dumps(
            {"ok": True, "result": RESULTS.get(path.rsplit("/", 1)[1], True)} if is_telegram else MADE | _status(path)
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on standard error."""


def _status(path: str) -> dict[str, str]:
    return {"status": "active"} if path.endswith("Accounts/AC1.json") else {}


@pytest.fixture
def recorder() -> Iterator[str]:
    """The address of a provider that takes everything."""
    Recorder.calls.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


async def everything(channel: Channel) -> None:
    """Every call a channel can make."""
    try:
        await channel.connect()
        await channel.send(FULL)
        await channel.describe({"en": [("start", "Begin")]})
        if channel.limits.can_edit:
            await channel.edit("5", FULL)
        if channel.limits.delete_within:
            await channel.delete(FULL.to, "5")
        if isinstance(channel, Templating):
            sid = await channel.create_template("notice", "zh_Hans", "Notice: {{1}} ends.", {"1": "x"})
            await channel.template_standing(sid)
            await channel.send(Message(FULL.to, "t", "b1.3", template=Template(sid, {"1": "a\nb"})))
    finally:
        await channel.aclose()


SAID = [
    Message("whatsapp:+6591234567", 'Hello\n\n"there" & 100% +1 \\ வெள்ளம் 🌊', "7-8-1"),
    Message("whatsapp:+6591234567", "Hush", "7-8-1", is_silent=True),
    Message("whatsapp:+6591234567", "t", "7-8-1", template=Template("HX1", {"1": "a\nb", "2": "c & d"})),
    FULL,
]


@pytest.mark.parametrize("message", SAID)
@pytest.mark.parametrize("name", ["telegram", "whatsapp"])
def test_a_prepared_message_is_the_call_that_sending_makes(recorder: str, name: str, message: Message) -> None:
    endpoints = {"telegram": recorder, "twilio": recorder, "twilio_content": recorder}
    credentials = {"token": "1:A", "webhook_secret": "s", "account_sid": "AC1", "auth_token": "t"}
    channel = registry.build(name, Line("+6531580000", "https://a.example/h?x=1", credentials, endpoints))

    async def both() -> None:
        try:
            await channel.send(message)
            prepared = await channel.prepare(message)
            for to in (message.to, "-10042", "whatsapp:SG.1349120865530274"):
                await prepared.send(to, message.reference)
            await channel.send(replace(message, to="-10042"))
            await channel.send(replace(message, to="whatsapp:SG.1349120865530274"))
        finally:
            await channel.aclose()

    asyncio.run(both())
    one, same, *others = [call for call in Recorder.calls if call[1].endswith(("/sendMessage", "/Messages.json"))]
    assert one == same
    assert others[:2] == others[2:]


def test_telegram_is_asked_only_what_its_specification_knows(recorder: str) -> None:
    methods = spec("telegram-bot-api.json")["methods"]
    line = Line("lh", "https://a.example/h", {"token": "1:A", "webhook_secret": "s"}, {"telegram": recorder})
    asyncio.run(everything(registry.build("telegram", line)))
    asked = {path.rsplit("/", 1)[1]: said for _, path, said, _ in Recorder.calls}
    assert set(asked) == {"getMe", "setWebhook", "sendMessage", "setMyCommands", "editMessageText", "deleteMessage"}
    for method, said in asked.items():
        fields = {field["name"]: field["required"] for field in methods[method].get("fields", [])}
        assert said.keys() <= fields.keys()
        assert said.keys() >= {name for name, is_required in fields.items() if is_required}
    assert "parse_mode" not in asked["sendMessage"]
    assert asked["sendMessage"]["disable_notification"] is True
    assert asked["setWebhook"]["allowed_updates"] == ["message", "callback_query", "my_chat_member"]


@pytest.fixture
def twilio_calls(recorder: str) -> list[tuple[str, str, dict[str, Any], str]]:
    """What the WhatsApp channel asked of Twilio."""
    credentials = {"account_sid": "AC1", "auth_token": "t"}
    line = Line("+6531580000", "https://a.example/h", credentials, {"twilio": recorder, "twilio_content": recorder})
    asyncio.run(everything(registry.build("whatsapp", line)))
    return Recorder.calls


def test_twilio_messages_are_created_as_its_specification_says(
    twilio_calls: list[tuple[str, str, dict[str, Any], str]],
) -> None:
    path = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    operation = spec("twilio_api_v2010.json")["paths"][path]["post"]
    fields = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
    menu, template = (
        said for method, where, said, _ in twilio_calls if (method, where[-14:]) == ("POST", "/Messages.json")
    )
    assert menu.keys() | template.keys() <= fields.keys()
    assert menu["StatusCallback"] == "https://a.example/h?ref=b1.2#rc=5&rp=all"
    assert menu["From"] == "whatsapp:+6531580000"
    assert menu["ValidityPeriod"] == "14400"
    assert "Body" not in menu
    assert orjson.loads(template["ContentVariables"]) == {"1": "a b"}


def test_contents_are_sent_as_json_in_the_shape_of_the_specification(
    twilio_calls: list[tuple[str, str, dict[str, Any], str]],
) -> None:
    schemas = spec("twilio_content_v1.json")["components"]["schemas"]
    created = [(said, kind) for method, where, said, kind in twilio_calls if (method, where) == ("POST", "/v1/Content")]
    assert [kind for _, kind in created] == ["application/json"] * 2
    for said, _ in created:
        assert said.keys() <= schemas["ContentCreateRequest"]["properties"].keys()
        assert said.keys() >= set(schemas["ContentCreateRequest"]["required"])
    menu, template = (said for said, _ in created)
    (quick_reply,) = menu["types"].values()
    assert quick_reply.keys() == set(schemas["twilioQuickReply"]["required"])
    assert all(a.keys() <= schemas["quickReplyAction"]["properties"].keys() for a in quick_reply["actions"])
    assert template["language"] == "zh_CN"
    (approval,) = (said for _, where, said, _ in twilio_calls if where.endswith("/ApprovalRequests/whatsapp"))
    assert approval == {"name": "notice", "category": "UTILITY"}
