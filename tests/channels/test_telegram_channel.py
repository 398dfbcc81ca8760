"""Telegram keeps the contract, and what only Telegram has."""

from dataclasses import replace
from typing import Any

import pytest

from channels.contract import (
    Accepted,
    Channel,
    Choice,
    GroupChanged,
    GroupSaid,
    Inbound,
    Line,
    Membership,
    Message,
    Rejected,
    Throttled,
    Unreachable,
)
from tests.channels.contract_cases import ChannelContract, refused, with_channel
from tests.channels.listening import Door
from tests.simulated import TELEGRAM_TOKEN, Simulator


class TestTelegram(ChannelContract):
    """The contract, and Telegram's own."""

    name = "telegram"
    wrong_credentials = {"token": "700100:wrong"}
    unreachable_address = "4242424242"
    malformed_body = b'{"message": {}}'

    def register(self, simulator: Simulator, hook_url: str) -> str:
        return simulator.add_bot(TELEGRAM_TOKEN, "sim_bot")

    def line(self, simulator: Simulator, hook_url: str) -> Line:
        credentials = {"token": TELEGRAM_TOKEN, "webhook_secret": "a-secret_of-the-door"}
        return Line("sim_bot", hook_url, credentials, {"telegram": f"{simulator.url}/telegram"})

    def address(self, phone: dict[str, Any]) -> str:
        return str(phone["number"])

    def test_someone_who_blocked_the_bot_is_unreachable_and_we_are_told(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.act(phone["id"], "block", bot=bot)
        (event,) = door.events(channel, at_least=1)
        assert isinstance(event, Membership)
        assert (event.address, event.is_reachable) == (self.address(phone), False)
        refusal = refused(channel, self.message(phone))
        assert isinstance(refusal, Unreachable)
        assert refusal.reason == "blocked"

    def test_a_closed_account_and_one_that_never_wrote_are_unreachable(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        stranger = simulator.new_phone("telegram")
        assert isinstance(refused(channel, self.message(stranger)), Unreachable)
        simulator.act(phone["id"], "deactivate")
        refusal = refused(channel, self.message(phone))
        assert isinstance(refusal, Unreachable)
        assert refusal.reason == "deactivated"

    def test_a_message_that_is_paid_for_is_let_through_where_a_free_one_is_too_fast(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.limits(enabled=True, bot=bot, rate=0.01, burst=1, chat_rate=100, chat_burst=100)
        free = self.message(phone)
        paid = replace(free, is_paid=True)

        async def prepared(opened: Channel) -> Accepted:
            return await (await opened.prepare(paid)).send(paid.to, paid.reference)

        assert with_channel(channel, lambda opened: opened.send(free)).provider_id
        assert isinstance(refused(channel, free), Throttled)
        assert with_channel(channel, lambda opened: opened.send(paid)).provider_id
        assert with_channel(channel, prepared).provider_id
        simulator.limits(enabled=False)

    @pytest.mark.parametrize("key", ["", "x" * 65, "ä" * 33])
    def test_a_key_telegram_would_not_carry_is_rejected_unsent(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], key: str
    ) -> None:
        assert isinstance(refused(channel, self.message(phone, choices=(Choice(key, "x"),))), Rejected)
        assert self.sends(simulator) == []

    def test_a_key_of_64_bytes_comes_back_whole(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        key = "ä" * 32
        accepted = with_channel(channel, lambda c: c.send(self.message(phone, choices=(Choice(key, "x"),))))
        simulator.tap(phone["id"], bot, accepted.provider_id, key)
        (event,) = door.events(channel, at_least=1)
        assert isinstance(event, Inbound)
        assert event.choice == key

    def test_more_than_a_hundred_choices_are_rejected_unsent(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        choices = tuple(Choice(f"t:{n}", str(n)) for n in range(101))
        assert isinstance(refused(channel, self.message(phone, choices=choices)), Rejected)
        assert self.sends(simulator) == []

    def test_the_limit_counts_emoji_as_telegram_does(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        with_channel(channel, lambda c: c.send(self.message(phone, "🌊" * 2048)))
        assert isinstance(refused(channel, self.message(phone, "🌊" * 2048 + "x")), Rejected)

    def test_choices_stand_in_rows(self, simulator: Simulator, channel: Channel, phone: dict[str, Any]) -> None:
        choices = tuple(Choice(f"t:{n}", str(n)) for n in range(5))
        with_channel(channel, lambda c: c.send(self.message(phone, choices=choices, columns=2)))
        (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert [len(row) for row in shown["buttons"]] == [2, 2, 1]

    def test_a_tap_is_acknowledged_in_the_answer_to_the_webhook(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        door.channel = channel
        said = self.message(phone, choices=(Choice("t:1", "Floods"),))
        accepted = with_channel(channel, lambda c: c.send(said))
        simulator.tap(phone["id"], bot, accepted.provider_id, "t:1")
        answered = simulator.wait_for(
            lambda: [entry for entry in simulator.record() if entry["method"] == "answerCallbackQuery"]
        )
        assert [entry["accepted"] for entry in answered] == [True]

    def test_the_language_of_the_app_is_a_hint(
        self, simulator: Simulator, channel: Channel, door: Door, bot: str
    ) -> None:
        person = simulator.new_phone("telegram", language_code="zh-hans")
        simulator.open(person["id"], "https://t.me/sim_bot?start=floods")
        (event,) = door.events(channel, at_least=1)
        assert isinstance(event, Inbound)
        assert (event.text, event.locale_hint) == ("/start floods", "zh-hans")
        assert event.said_at is not None

    def test_in_a_group_we_write_and_hear_the_commands_that_are_ours(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        group = simulator.new_group(bot, "Duty room")
        for text in ("hello everybody", "/status@another_bot", "/status@SIM_bot  B7K2"):
            simulator.in_group(group, "say", bot, phone=phone["id"], text=text)
        [said] = [event for event in door.events(channel, at_least=1) if isinstance(event, GroupSaid)]
        assert (said.address, said.person, said.title) == (group, self.address(phone), "Duty room")
        assert said.text == "/status  B7K2"
        with_channel(channel, lambda c: c.send(Message(group, "Nothing is going out.")))
        assert simulator.group(group)[-1] == "Nothing is going out."

    def test_a_group_that_moves_or_puts_us_out_says_so(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        group = simulator.new_group(bot)
        new = str(simulator.in_group(group, "upgrade", bot)["id"])
        moves = [event for event in door.events(channel, at_least=2) if isinstance(event, GroupChanged)]
        assert [(each.address, each.moved_to) for each in moves] == [(group, new), (group, new)]
        assert refused(channel, Message(group, "x")).reason == "chat_migrated"
        simulator.in_group(new, "put-out", bot)
        gone = [event for event in door.events(channel, at_least=3) if isinstance(event, GroupChanged)][-1]
        assert (gone.address, gone.moved_to) == (new, None)
        refusal = refused(channel, Message(new, "x"))
        assert isinstance(refusal, Unreachable)
        assert refusal.reason == "removed"
