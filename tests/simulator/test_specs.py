"""The simulator's answers have the shape the platforms' specifications give."""

import base64
import json
import urllib.parse
import urllib.request
from typing import Any

import pytest
from twilio.rest import Client

from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, TELEGRAM_TOKEN, WHATSAPP_NUMBER, Simulator
from tests.simulator.conftest import Ask
from tests.simulator.door import Door
from tests.simulator.spec_check import telegram_faults, telegram_method, twilio_faults, twilio_form
from tests.simulator.test_telegram import MENU, started
from tests.simulator.test_twilio import address, written
from tests.simulator.test_twilio_content import TEXT, approve, make

BUTTONS = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "Web", "url": "https://a.sg"}]]}
HELLO = {"text": "<b>Hello</b> <a href='https://a.sg'>web</a>", "parse_mode": "HTML", "reply_markup": BUTTONS}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("getMe", {}),
    ("setWebhook", {"url": "", "allowed_updates": ["message"]}),
    ("getWebhookInfo", {}),
    ("deleteWebhook", {"drop_pending_updates": True}),
    ("setMyCommands", {"commands": [{"command": "stop", "description": "Stop"}]}),
    ("getMyCommands", {}),
    ("deleteMyCommands", {}),
    ("setMyDescription", {"description": "What we do", "language_code": "ms"}),
    ("setMyShortDescription", {"short_description": "We"}),
    ("sendMessage", HELLO),
    ("editMessageText", {"message_id": 2, "text": "Hello again"}),
    ("editMessageReplyMarkup", {"message_id": 2, "reply_markup": {"inline_keyboard": []}}),
    ("deleteMessage", {"message_id": 2}),
    ("deleteMessages", {"message_ids": [2, 3]}),
    ("sendChatAction", {"action": "typing"}),
    ("sendPhoto", {"photo": "https://a.sg/x.png", "caption": "<i>x</i>", "parse_mode": "HTML"}),
    ("sendDocument", {"document": "https://a.sg/x.pdf", "caption": "x"}),
    ("getUpdates", {"timeout": 0}),
]


@pytest.mark.parametrize(("method", "wish"), CALLS, ids=[method for method, _ in CALLS])
def test_a_bot_api_answer_is_what_the_method_returns(
    sim: Simulator, bot: str, method: str, wish: dict[str, Any]
) -> None:
    spec = telegram_method(method)
    phone = started(sim, bot)
    path = f"/telegram/bot{TELEGRAM_TOKEN}"
    if "message_id" in wish:
        sim.post(f"{path}/sendMessage", chat_id=int(phone["number"]), **HELLO)
    known = {field["name"]: field for field in spec.get("fields", [])}
    chat = {"chat_id": int(phone["number"])} if "chat_id" in known else {}
    assert (wish | chat).keys() <= known.keys()
    answer = sim.post(f"{path}/{method}", **wish, **chat)
    assert answer["ok"] is True
    assert telegram_faults(answer["result"], spec["returns"]) == []


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText", "sendChatAction", "deleteMessage", "sendPhoto"])
def test_what_the_bot_api_requires_is_required(sim: Simulator, bot: str, method: str) -> None:
    phone = started(sim, bot)
    required = {field["name"] for field in telegram_method(method)["fields"] if field["required"]}
    whole = {"chat_id": int(phone["number"]), "text": "x", "action": "typing", "message_id": 1, "photo": "x"}
    for name in required:
        wish = {key: value for key, value in whole.items() if key in required and key != name}
        body = json.dumps(wish).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{sim.telegram_url}{TELEGRAM_TOKEN}/{method}", body, headers)
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            urllib.request.urlopen(request, timeout=5)
        refused.value.close()


def test_updates_are_what_the_bot_api_says(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    phone = started(sim, bot, "zh-hans")
    sent = ask(lambda b: b.send_message(int(phone["number"]), "choose", reply_markup=MENU))
    sim.tap(phone["id"], bot, str(sent.message_id), "ta")
    sim.act(phone["id"], "block", bot=bot)
    sim.act(phone["id"], "unblock", bot=bot)
    sim.wait_for(lambda: len(door.knocks) == 4)
    for knock in door.knocks:
        assert telegram_faults(knock.json(), ["Update"]) == []


def test_the_checker_notices_what_does_not_fit() -> None:
    user = {"id": 1, "is_bot": True, "first_name": "x"}
    assert telegram_faults(user, ["User"]) == []
    assert telegram_faults(user | {"id": "1"}, ["User"]) == ["result.id: '1' is no Integer"]
    assert telegram_faults([{"id": 1, "is_bot": 1}], ["Array of User"])
    assert telegram_faults(user | {"nickname": "y"}, ["User"]) == ["result.nickname: unknown to User"]
    assert len(twilio_faults({"sid": "SMx", "num_media": 0}, "twilio_api_v2010.json", "api.v2010.account.message")) > 5


def test_a_message_resource_is_twilios(sim: Simulator, sender: str, twilio: Client) -> None:
    phone = written(sim, sender)
    path = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    form = {"To": address(phone), "From": f"whatsapp:{WHATSAPP_NUMBER}", "Body": "hi", "StatusCallback": sim.url}
    assert form.keys() <= twilio_form(path)
    made = authorized(f"{sim.twilio_url}{path.format(AccountSid=ACCOUNT_SID)}", form)
    assert twilio_faults(made, "twilio_api_v2010.json", "api.v2010.account.message") == []
    account = authorized(f"{sim.twilio_url}/2010-04-01/Accounts/{ACCOUNT_SID}.json")
    assert twilio_faults(account, "twilio_api_v2010.json", "api.v2010.account") == []
    page = authorized(f"{sim.twilio_url}{path.format(AccountSid=ACCOUNT_SID)}?PageSize=1")
    assert page.keys() >= {"end", "first_page_uri", "next_page_uri", "page", "page_size", "start", "uri", "messages"}
    assert twilio_faults(page["messages"][0], "twilio_api_v2010.json", "api.v2010.account.message") == []
    assert twilio.messages(made["sid"]).fetch().sid == made["sid"]


def test_content_resources_are_twilios(sim: Simulator, twilio: Client) -> None:
    sid = make(twilio, TEXT, {"1": "x"})
    url = f"{sim.content_url}/v1/Content/{sid}"
    assert twilio_faults(authorized(url), "twilio_content_v1.json", "content.v1.content") == []
    approve(twilio, sid)
    found = authorized(f"{url}/ApprovalRequests")
    assert twilio_faults(found, "twilio_content_v1.json", "content.v1.content.approval_fetch") == []
    body = {"name": "again", "category": "UTILITY"}
    asked = authorized(f"{url}/ApprovalRequests/whatsapp", body, as_json=True)
    assert twilio_faults(asked, "twilio_content_v1.json", "content.v1.content.approval_create") == []
    page = authorized(f"{sim.content_url}/v1/Content")
    assert page["meta"]["key"] == "contents"


def authorized(url: str, form: dict[str, str] | None = None, *, as_json: bool = False) -> dict[str, Any]:
    """Call Twilio's API with the account's credentials and no client in between."""
    credentials = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    body = None
    if form is not None:
        body = json.dumps(form).encode() if as_json else urllib.parse.urlencode(form).encode()
        headers["Content-Type"] = "application/json" if as_json else "application/x-www-form-urlencoded"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=5) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
