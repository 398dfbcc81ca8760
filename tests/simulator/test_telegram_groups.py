"""What a real telegram.Bot can do in a group, and what its webhook is told of one."""

import pytest
import telegram

from tests.simulated import Simulator
from tests.simulator.conftest import Ask
from tests.simulator.door import Door
from tests.simulator.spec_check import telegram_faults
from tests.simulator.test_telegram import started


def test_a_bot_with_privacy_mode_is_told_of_commands_for_it_and_of_the_group(
    sim: Simulator, bot: str, ask: Ask, door: Door
) -> None:
    ask(lambda b: b.set_webhook(door.url))
    phone = started(sim, bot)
    group = sim.new_group(bot, "Duty room")
    for text in ("hello", "/status@other_bot", "/status@sim_bot", "/status"):
        sim.in_group(group, "say", bot, phone=phone["id"], text=text)
    sent = ask(lambda b: b.send_message(int(group), "Nothing is going out."))
    assert (sent.chat.type, sent.chat.title) == ("group", "Duty room")
    sim.in_group(group, "tap", bot, phone=phone["id"], key="x")
    new = str(sim.in_group(group, "upgrade", bot)["id"])
    sim.in_group(new, "put-out", bot)
    updates = sim.wait_for(lambda: [knock.json() for knock in door.knocks] if len(door.knocks) >= 8 else None)
    assert updates is not None
    said = [each["message"].get("text") for each in updates if "message" in each]
    assert said.count("/status") == said.count("/status@sim_bot") == 1
    assert "hello" not in said
    assert "/status@other_bot" not in said
    assert [fault for each in updates for fault in telegram_faults(each, ["Update"])] == []


def test_what_telegram_refuses_in_a_group_is_refused(sim: Simulator, bot: str, ask: Ask) -> None:
    group = sim.new_group(bot)
    new = str(sim.in_group(group, "upgrade", bot)["id"])
    with pytest.raises(telegram.error.ChatMigrated) as moved:
        ask(lambda b: b.send_message(int(group), "x"))
    assert moved.value.new_chat_id == int(new)
    assert ask(lambda b: b.send_message(int(new), "x")).chat.type == "supergroup"
    sim.in_group(new, "put-out", bot)
    with pytest.raises(telegram.error.Forbidden, match="kicked"):
        ask(lambda b: b.send_message(int(new), "x"))


def test_the_page_shows_a_group_that_was_made_on_a_phone_and_what_is_said_there(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    elsewhere = sim.new_group(bot, "Elsewhere")
    group = str(sim.post("/control/groups", bot=bot, phone=phone["id"], title="Duty room")["id"])
    for each in (elsewhere, group):
        sim.in_group(each, "say", bot, phone=phone["id"], text="hello")
    [shown] = [each for each in sim.call("GET", "/api/state")["phones"] if each["held_by"]]
    assert (shown["name"], shown["number"], shown["held_by"]) == ("Duty room", group, phone["id"])
    assert [(said["from"], said["text"]) for said in shown["chats"][0]["messages"]] == [("phone", "hello")]
