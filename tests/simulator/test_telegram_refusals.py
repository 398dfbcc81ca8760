"""What Telegram refuses is refused in Telegram's words."""

from collections.abc import Callable
from typing import Any

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, EndPointNotFound, Forbidden

from tests.simulated import Simulator, SimulatorError
from tests.simulator.conftest import Ask
from tests.simulator.door import Door
from tests.simulator.test_telegram import MENU, started

Act = Callable[[telegram.Bot, int], Any]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda b, n: b.send_message(n, " "), "Message text is empty"),
        (lambda b, n: b.send_message(n, "x" * 4097), "Message is too long"),
        (lambda b, n: b.send_message(n, "😀" * 2049), "Message is too long"),
        (lambda b, n: b.send_photo(n, "f", caption="x" * 1025), "Message caption is too long"),
        (lambda b, n: b.send_message(1, "hi"), "Chat not found"),
        (lambda b, n: b.send_message(n, "<b>hi", "HTML"), 'Can\'t find end tag corresponding to start tag "b"'),
        (lambda b, n: b.send_message(n, "<p>hi</p>", "HTML"), 'Unsupported start tag "p" at byte offset 0'),
        (lambda b, n: b.send_message(n, "<b>a</i>", "HTML"), 'Unmatched end tag at byte offset 4, expected "</b>"'),
        (lambda b, n: b.send_message(n, "1 < 2 and", "HTML"), 'Unsupported start tag "" at byte offset 2'),
        (lambda b, n: b.send_message(n, "so <b", "HTML"), "Unclosed start tag at byte offset 3"),
        (lambda b, n: b.send_message(n, "Hello!", "MarkdownV2"), "Character '!' is reserved and must be escaped"),
        (lambda b, n: b.send_message(n, "*Hello", "MarkdownV2"), "Can't find end of Bold entity at byte offset 0"),
        (lambda b, n: b.send_message(n, "hi", "BBCode"), "Unsupported parse_mode"),
        (lambda b, n: b.edit_message_text("hi", n, 999), "Message to edit not found"),
        (lambda b, n: b.edit_message_text("hi", n, 1), "Message can't be edited"),
        (lambda b, n: b.delete_message(n, 999), "Message to delete not found"),
        (lambda b, n: b.answer_callback_query("5"), "Query is too old and response timeout expired"),
        (lambda b, n: b.set_my_commands([("Stop!", "x")]), "Bot_command_invalid"),
    ],
)
def test_a_bad_request_is_named(sim: Simulator, bot: str, ask: Ask, act: Act, words: str) -> None:
    number = int(started(sim, bot)["number"])
    with pytest.raises(BadRequest) as refused:
        ask(lambda b: act(b, number))
    assert words.lower() in refused.value.message.lower()


def test_4096_units_are_not_too_long(sim: Simulator, bot: str, ask: Ask) -> None:
    number = int(started(sim, bot)["number"])
    assert ask(lambda b: b.send_message(number, "😀" * 2048)).text


def test_callback_data_may_be_64_bytes_and_no_more(sim: Simulator, bot: str, ask: Ask) -> None:
    number = int(started(sim, bot)["number"])

    def menu(data: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data=data)]])

    ask(lambda b: b.send_message(number, "hi", reply_markup=menu("x" * 64)))
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        ask(lambda b: b.send_message(number, "hi", reply_markup=menu("ந" * 22)))


def test_an_edit_that_changes_nothing_is_refused(sim: Simulator, bot: str, ask: Ask) -> None:
    number = int(started(sim, bot)["number"])
    sent = ask(lambda b: b.send_message(number, "same", reply_markup=MENU))
    with pytest.raises(BadRequest, match="Message is not modified"):
        ask(lambda b: b.edit_message_text("same", number, sent.message_id, reply_markup=MENU))
    with pytest.raises(BadRequest, match="Message is not modified"):
        ask(lambda b: b.edit_message_reply_markup(number, sent.message_id, reply_markup=MENU))


def test_nobody_is_written_to_before_they_press_start(sim: Simulator, bot: str, ask: Ask) -> None:
    number = int(sim.new_phone("telegram")["number"])
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        ask(lambda b: b.send_message(number, "hi"))


def test_who_blocked_the_bot_is_not_reached_until_they_come_back(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sim.act(phone["id"], "block", bot=bot)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        ask(lambda b: b.send_message(int(phone["number"]), "hi"))
    with pytest.raises(SimulatorError, match="unblock"):
        sim.say(phone["id"], bot, "hello?")
    sim.open(phone["id"], "https://t.me/sim_bot?start=again")
    assert ask(lambda b: b.send_message(int(phone["number"]), "hi")).text == "hi"


def test_a_closed_account_is_not_reached(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sim.act(phone["id"], "deactivate")
    with pytest.raises(Forbidden, match="user is deactivated"):
        ask(lambda b: b.send_message(int(phone["number"]), "hi"))


def test_an_unregistered_token_is_unauthorized(sim: Simulator) -> None:
    with pytest.raises(SimulatorError, match=r"401 .*\"description\":\"Unauthorized\"") as refused:
        sim.post("/telegram/bot1:wrong/getMe")
    assert refused.value.status == 401


def test_an_unknown_method_is_not_found(ask: Ask) -> None:
    with pytest.raises(EndPointNotFound):
        ask(lambda b: b.do_api_request("sendHologram"))


def test_polling_conflicts_with_a_webhook(ask: Ask, door: Door) -> None:
    ask(lambda b: b.set_webhook(door.url))
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        ask(lambda b: b.get_updates())


def test_a_tap_can_only_be_answered_once_and_in_time(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), "choose", reply_markup=MENU))
    sim.tap(phone["id"], bot, str(sent.message_id), "ta")
    query = ask(lambda b: b.get_updates())[-1].callback_query
    ask(lambda b: b.answer_callback_query(query.id, "Saved"))
    assert sim.messages(phone["id"])[-1]["toast"] == "Saved"
    with pytest.raises(BadRequest, match="Query is too old"):
        ask(lambda b: b.answer_callback_query(query.id))
    sim.timing(callback_expires=0)
    sim.tap(phone["id"], bot, str(sent.message_id), "ta")
    late = ask(lambda b: b.get_updates())[-1].callback_query
    with pytest.raises(BadRequest, match="Query is too old"):
        ask(lambda b: b.answer_callback_query(late.id))
