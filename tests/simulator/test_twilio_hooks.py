"""How Twilio calls webhooks: what was written, what became of a message."""

import time

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from tests.simulated import AUTH_TOKEN, Simulator
from tests.simulator.door import Door, Knock, Saying
from tests.simulator.test_twilio import FROM, address, written
from tests.simulator.test_twilio_content import make


def is_genuine(door: Door, knock: Knock) -> bool:
    """Ask twilio's own validator."""
    signature = knock.headers["X-Twilio-Signature"]
    return bool(RequestValidator(AUTH_TOKEN).validate(door.url + knock.path, knock.form(), signature))


def test_what_a_person_writes_arrives_signed(sim: Simulator, sender: str, door: Door) -> None:
    phone = sim.new_phone("whatsapp", "ta")
    message = sim.say(phone["id"], sender, "வணக்கம் & hi")
    knock = sim.wait_for(lambda: door.knocks)[0]
    form = knock.form()
    assert is_genuine(door, knock)
    assert (form["Body"], form["From"], form["To"]) == ("வணக்கம் & hi", address(phone), FROM)
    assert (form["MessageSid"], form["ProfileName"], form["NumMedia"]) == (message, phone["name"], "0")
    assert form["WaId"] == phone["number"].lstrip("+")
    sim.wait_for(lambda: sim.messages(phone["id"])[0]["ticks"] == "read")


def test_who_shows_no_number_has_a_user_id_and_can_be_written_to(
    sim: Simulator, sender: str, twilio: Client, door: Door
) -> None:
    phone = sim.new_phone("whatsapp", is_hidden=True)
    sim.say(phone["id"], sender, "hi")
    form = sim.wait_for(lambda: door.knocks)[0].form()
    assert form["From"] == address(phone)
    assert form["From"].startswith("whatsapp:SG.")
    assert "WaId" not in form
    twilio.messages.create(to=address(phone), from_=FROM, body="hello")
    sim.wait_for(lambda: sim.heard(phone["id"]) == ["hello"])


def test_twiml_in_the_answer_is_sent(sim: Simulator, sender: str, door: Door) -> None:
    answer = MessagingResponse()
    answer.message("Thank you")
    door.answers(Saying(200, str(answer).encode(), {"Content-Type": "text/xml"}), Saying())
    phone = written(sim, sender)
    sim.wait_for(lambda: sim.heard(phone["id"]) == ["Thank you"])


def test_an_empty_twiml_says_nothing(sim: Simulator, sender: str, door: Door) -> None:
    door.answers(Saying(200, b"<Response/>", {"Content-Type": "text/xml"}))
    phone = written(sim, sender)
    sim.wait_for(lambda: sim.messages(phone["id"])[0]["ticks"] == "read")
    assert sim.heard(phone["id"]) == []


def test_statuses_come_signed_with_the_reference_of_the_callback(
    sim: Simulator, sender: str, twilio: Client, door: Door
) -> None:
    phone = written(sim, sender)
    sent = twilio.messages.create(
        to=address(phone), from_=FROM, body="hi", status_callback=f"{door.url}/receipts?ref=b7-12"
    )
    sim.wait_for(lambda: len(door.statuses(sent.sid)) == 3)
    assert sorted(door.statuses(sent.sid)) == ["delivered", "read", "sent"]
    knock = door.knocks[-1]
    assert knock.path == "/receipts?ref=b7-12"
    assert is_genuine(door, knock)
    assert {"AccountSid", "ApiVersion", "ChannelPrefix", "SmsSid", "To", "From"} <= knock.form().keys()
    assert sim.record()[-1]["reference"] == "b7-12"


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"skip_delivered_share": 1}, ["sent", "read"]),
        ({"read_share": 0}, ["sent", "delivered"]),
    ],
)
def test_not_every_message_reports_every_status(
    sim: Simulator, sender: str, twilio: Client, door: Door, timing: dict[str, float], expected: list[str]
) -> None:
    sim.timing(sent=0.05, delivered=0.05, read=0.05, **timing)
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="hi", status_callback=door.url)
    sim.wait_for(lambda: len(door.statuses(sent.sid)) == len(expected))
    time.sleep(0.2)
    assert door.statuses(sent.sid) == expected


def test_statuses_can_come_in_another_order(sim: Simulator, sender: str, twilio: Client, door: Door) -> None:
    sim.timing(sent=0.05, delivered=0.05, read=0.05, scramble_share=1)
    phone = written(sim, sender)
    sids = [
        twilio.messages.create(to=address(phone), from_=FROM, body="hi", status_callback=door.url).sid for _ in range(8)
    ]
    sim.wait_for(lambda: all(len(door.statuses(sid)) == 3 for sid in sids))
    assert any(door.statuses(sid) != ["sent", "delivered", "read"] for sid in sids)
    assert all(twilio.messages(sid).fetch().status == "read" for sid in sids)


def test_reading_a_chat_reports_read(sim: Simulator, sender: str, twilio: Client, door: Door) -> None:
    sim.timing(read_share=0)
    phone = written(sim, sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="hi", status_callback=door.url)
    sim.wait_for(lambda: sent.fetch().status == "delivered")
    sim.act(phone["id"], "read", bot=sender)
    sim.wait_for(lambda: "read" in door.statuses(sent.sid))
    assert sent.fetch().status == "read"


def test_who_blocked_the_number_leaves_messages_at_sent(
    sim: Simulator, sender: str, twilio: Client, door: Door
) -> None:
    phone = written(sim, sender)
    sim.act(phone["id"], "block", bot=sender)
    sent = twilio.messages.create(to=address(phone), from_=FROM, body="hi", status_callback=door.url)
    sim.wait_for(lambda: door.statuses(sent.sid) == ["sent"])
    assert sim.heard(phone["id"]) == []
    assert sent.fetch().error_code is None


def test_a_callback_is_retried_as_its_fragment_says(sim: Simulator, sender: str, twilio: Client, door: Door) -> None:
    sim.timing(read_share=0, delivered=5)
    phone = written(sim, sender)
    sim.wait_for(lambda: door.knocks)
    door.knocks.clear()
    door.answers(Saying(503), Saying(503), Saying(204))
    callback = f"{door.url}/receipts#rc=3&rp=all"
    twilio.messages.create(to=address(phone), from_=FROM, body="hi", status_callback=callback)
    sim.wait_for(lambda: len(door.knocks) == 3)
    assert len({knock.headers["I-Twilio-Idempotency-Token"] for knock in door.knocks}) == 1
    assert all(is_genuine(door, knock) for knock in door.knocks)


def test_a_5xx_is_not_retried_without_being_asked(sim: Simulator, sender: str, door: Door) -> None:
    door.answers(Saying(500))
    written(sim, sender)
    sim.wait_for(lambda: door.knocks)
    time.sleep(0.3)
    assert len(door.knocks) == 1


def test_quick_replies_and_rows_are_told_as_whatsapp_does(
    sim: Simulator, sender: str, twilio: Client, door: Door
) -> None:
    phone = written(sim, sender)
    reply = {"body": "Language?", "actions": [{"type": "QUICK_REPLY", "title": "Melayu", "id": "lang:ms"}]}
    rows = [{"id": "topic:1", "item": "Haze", "description": "Air quality"}]
    picker = {"body": "Topics", "button": "Choose", "items": rows}
    for types in ({"twilio/quick-reply": reply}, {"twilio/list-picker": picker}):
        twilio.messages.create(to=address(phone), from_=FROM, content_sid=make(twilio, types))
    menu, topics = sim.messages(phone["id"])[-2:]
    assert menu["buttons"] == [[{"label": "Melayu", "key": "lang:ms"}]]
    assert topics["list"] == {
        "button": "Choose",
        "items": [{"key": "topic:1", "title": "Haze", "description": "Air quality"}],
    }
    sim.tap(phone["id"], sender, menu["id"], "lang:ms")
    sim.tap(phone["id"], sender, topics["id"], "topic:1")
    sim.wait_for(lambda: len(door.knocks) == 3)
    button = next(k.form() for k in door.knocks if "ButtonPayload" in k.form())
    row = next(k.form() for k in door.knocks if "ListId" in k.form())
    assert (button["ButtonPayload"], button["ButtonText"], button["Body"]) == ("lang:ms", "Melayu", "Melayu")
    assert (row["ListId"], row["ListTitle"], row["Body"]) == ("topic:1", "Haze", "Haze")
    assert button["OriginalRepliedMessageSid"] == menu["id"]


def test_a_door_that_answers_too_late_is_called_again(sim: Simulator, sender: str, door: Door) -> None:
    sim.add_whatsapp_sender(webhook_url=f"{door.url}/whatsapp#tt=200&rc=1&rp=rt")
    door.pause = 0.5
    phone = written(sim, sender)
    sim.wait_for(lambda: len(door.knocks) == 2)
    assert door.knocks[0].form() == door.knocks[1].form()
    assert sim.messages(phone["id"])[0]["ticks"] == "sent"
