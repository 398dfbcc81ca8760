"""The record of everything received."""

import pytest
from telegram.error import BadRequest, Forbidden
from twilio.rest import Client

from tests.simulated import Simulator
from tests.simulator.conftest import Ask
from tests.simulator.test_telegram import started
from tests.simulator.test_twilio import FROM, address, written


def test_who_got_what_and_how_often(sim: Simulator, bot: str, sender: str, twilio: Client, ask: Ask) -> None:
    phone, other = started(sim, bot), written(sim, sender)
    number = int(phone["number"])
    for _ in range(2):
        ask(lambda b: b.send_message(number, "one"))
    callback = "http://127.0.0.1:9/receipts?ref=7"
    twilio.messages.create(to=address(other), from_=FROM, body="satu", status_callback=callback)
    summary = sim.summary()
    assert summary["recipients"] == {"telegram": {phone["number"]: 2}, "whatsapp": {other["number"]: 1}}
    assert summary["totals"]["accepted"] == 3
    sends = [entry for entry in sim.record() if entry["method"] in ("sendMessage", "Messages.create")]
    assert [(e["bot"], e["to"], e["phone"], e["text"], e["reference"]) for e in sends[1:]] == [
        (bot, phone["number"], phone["id"], "one", None),
        (sender, other["number"], other["id"], "satu", "7"),
    ]
    assert all(entry["accepted"] and entry["message_id"] for entry in sends)


def test_what_was_refused_is_there_too(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    with pytest.raises(BadRequest):
        ask(lambda b: b.send_message(5, "hi"))
    sim.act(phone["id"], "block", bot=bot)
    with pytest.raises(Forbidden):
        ask(lambda b: b.send_message(int(phone["number"]), "hi"))
    refused = [entry for entry in sim.record() if not entry["accepted"]]
    errors = ["400 Bad Request: chat not found", "403 Forbidden: bot was blocked by the user"]
    assert [entry["error"] for entry in refused] == errors
    assert sim.summary()["totals"]["errors"] == dict.fromkeys(errors, 1)
    assert sim.summary()["recipients"] == {}


def test_the_record_is_read_from_any_point(sim: Simulator, ask: Ask) -> None:
    for _ in range(3):
        ask(lambda b: b.get_webhook_info())
    everything = sim.record()
    assert [entry["seq"] for entry in everything] == list(range(1, len(everything) + 1))
    assert sim.record(after=2) == everything[2:]
    assert sim.call("GET", "/control/record?after=1&limit=2")["entries"] == everything[1:3]


def test_after_a_reset_nothing_is_left(sim: Simulator, bot: str) -> None:
    started(sim, bot)
    sim.reset()
    assert sim.record() == []
    state = sim.call("GET", "/api/state")
    assert (state["bots"], state["phones"]) == ([], [])
