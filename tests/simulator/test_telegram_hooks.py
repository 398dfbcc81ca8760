"""How Telegram calls a webhook."""

import json
import time

from tests.simulated import Simulator
from tests.simulator.conftest import Ask
from tests.simulator.door import Door, Saying
from tests.simulator.test_telegram import MENU, started


def test_an_update_carries_the_secret_and_turns_the_tick(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(f"{door.url}/telegram", secret_token="s3cret"))
    phone = started(sim, bot, "ta")
    sim.wait_for(lambda: sim.messages(phone["id"])[0]["ticks"] == "read")
    knock = door.knocks[0]
    assert knock.headers["X-Telegram-Bot-Api-Secret-Token"] == "s3cret"
    assert knock.path == "/telegram"
    assert knock.json()["message"]["from"]["language_code"] == "ta"
    assert knock.json()["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_update_ids_grow(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    phone = started(sim, bot)
    sim.say(phone["id"], bot, "two")
    sim.wait_for(lambda: len(door.knocks) == 2)
    first, second = (knock.json()["update_id"] for knock in door.knocks)
    assert second == first + 1


def test_a_tap_is_told_with_its_message_and_data(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), "choose", reply_markup=MENU))
    ask(lambda b: b.set_webhook(door.url, drop_pending_updates=True))
    assert sim.tap(phone["id"], bot, str(sent.message_id), "ta") is None
    query = sim.wait_for(lambda: door.updates("callback_query"))[0]
    assert (query["data"], query["message"]["message_id"]) == ("ta", sent.message_id)
    assert sim.tap(phone["id"], bot, str(sent.message_id), "url:https://example.sg") == "https://example.sg"


def test_what_waited_is_delivered_once_there_is_a_webhook(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    started(sim, bot)
    assert ask(lambda b: b.get_webhook_info()).pending_update_count == 1
    ask(lambda b: b.set_webhook(door.url))
    sim.wait_for(lambda: len(door.knocks) == 1)


def test_pending_updates_can_be_dropped(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    phone = started(sim, bot)
    ask(lambda b: b.set_webhook(door.url, drop_pending_updates=True))
    sim.say(phone["id"], bot, "after")
    sim.wait_for(lambda: len(door.knocks) == 1)
    assert door.updates("message")[0]["text"] == "after"


def test_a_failed_webhook_is_retried_until_it_answers_2xx(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    door.answers(Saying(500), Saying(302), Saying(204))
    ask(lambda b: b.set_webhook(door.url))
    phone = started(sim, bot)
    sim.wait_for(lambda: sim.messages(phone["id"])[0]["ticks"] == "read")
    assert len({knock.json()["update_id"] for knock in door.knocks}) == 1
    assert len(door.knocks) == 3
    assert "302" in ask(lambda b: b.get_webhook_info()).last_error_message


def test_retry_after_is_honoured(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    door.answers(Saying(503, headers={"Retry-After": "1"}), Saying())
    ask(lambda b: b.set_webhook(door.url))
    started(sim, bot)
    sim.wait_for(lambda: len(door.knocks) == 2)
    assert door.knocks[1].at - door.knocks[0].at >= 1.0


def test_one_chat_is_told_in_order_while_others_go_on(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    door.pause = 0.3
    ask(lambda b: b.set_webhook(door.url))
    first, second = started(sim, bot), started(sim, bot)
    for text in ("a", "b"):
        sim.say(first["id"], bot, text)
    sim.wait_for(lambda: len(door.knocks) == 4)
    texts = [m["text"] for m in door.updates("message") if str(m["chat"]["id"]) == first["number"]]
    assert texts == ["/start", "a", "b"]
    assert door.most_inside == 2
    assert second["id"] != first["id"]


def test_only_allowed_updates_are_told(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url, allowed_updates=["my_chat_member"]))
    phone = started(sim, bot)
    sim.act(phone["id"], "block", bot=bot)
    sim.act(phone["id"], "unblock", bot=bot)
    sim.wait_for(lambda: len(door.knocks) == 2)
    changes = [m["new_chat_member"]["status"] for m in door.updates("my_chat_member")]
    assert changes == ["kicked", "member"]


def test_a_method_in_the_answer_is_carried_out(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    phone = started(sim, bot)
    wish = {"method": "sendMessage", "chat_id": int(phone["number"]), "text": "by the way"}
    door.answers(Saying(200, json.dumps(wish).encode(), {"Content-Type": "application/json"}), Saying())
    ask(lambda b: b.set_webhook(door.url))
    sim.wait_for(lambda: sim.heard(phone["id"]) == ["by the way"])


def test_a_deleted_webhook_hears_nothing(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    ask(lambda b: b.delete_webhook())
    started(sim, bot)
    time.sleep(0.2)
    assert door.knocks == []
    assert ask(lambda b: b.get_webhook_info()).pending_update_count == 1


def test_no_more_calls_are_under_way_than_the_webhook_allows(sim: Simulator, bot: str, ask: Ask, door: Door) -> None:
    door.pause = 0.05
    ask(lambda b: b.set_webhook(door.url, max_connections=2))
    for _ in range(8):
        started(sim, bot)
    sim.wait_for(lambda: len(door.knocks) == 8)
    assert door.most_inside == 2
