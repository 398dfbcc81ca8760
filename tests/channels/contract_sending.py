"""What every channel promises of sending, refusing, and of its own life."""

import asyncio
import gc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels import registry
from channels.contract import (
    Accepted,
    Channel,
    Inbound,
    Message,
    Misconfigured,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from tests.channels.contract_base import NOBODY_LISTENS, ContractBase, refused, with_channel
from tests.channels.listening import Door
from tests.simulated import Simulator


class SendingContract(ContractBase):
    """Every message arrives once, or ends in one of the five refusals, and nothing is tried twice."""

    # --- sending

    def test_the_registry_builds_it_and_knows_what_it_can_do(self, simulator: Simulator, door: Door) -> None:
        channel = registry.build(self.name, self.line(simulator, door.url))
        assert channel.name == self.name
        assert registry.limits(self.name) == channel.limits
        assert set(registry.credential_fields(self.name)) == set(self.line(simulator, door.url).credentials)

    def test_connecting_gives_the_senders_public_name(self, simulator: Simulator, door: Door, bot: str) -> None:
        line = self.line(simulator, door.url)
        assert with_channel(self.made(line), lambda c: c.connect()) == line.handle

    def test_a_check_finds_a_connected_sender_well(self, channel: Channel, simulator: Simulator, door: Door) -> None:
        assert with_channel(channel, lambda c: c.check()) == self.line(simulator, door.url).handle

    def test_what_was_said_to_a_closed_door_is_said_again(
        self, simulator: Simulator, channel: Channel, door: Door
    ) -> None:
        bot = self.register(simulator, channel.hook_address())
        phone = simulator.new_phone(self.name)["id"]
        door.closed = 2
        simulator.say(phone, bot, "hello?")
        (said,) = door.events(channel, at_least=1)
        assert isinstance(said, Inbound)
        assert (said.text, door.closed < 0) == ("hello?", True)

    def test_a_link_leads_to_the_sender_and_says_the_payload(
        self, simulator: Simulator, channel: Channel, door: Door, bot: str
    ) -> None:
        phone = simulator.new_phone(self.name)
        assert simulator.open(phone["id"], channel.link("o-Ab_9")) == bot
        (said,) = door.events(channel, at_least=1)
        assert isinstance(said, Inbound)
        assert said.text == "/start o-Ab_9"

    @pytest.mark.parametrize("text", ["Hello", "水位上升。\n\n请避开河边。", "வெள்ளம் 🌊 & <b>5 > 3</b> _so_ *it* goes"])
    def test_a_text_reaches_the_person_as_it_was_written(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], text: str
    ) -> None:
        accepted = with_channel(channel, lambda c: c.send(self.message(phone, text)))
        assert [(m["id"], m["text"]) for m in simulator.messages(phone["id"]) if m["from"] == "bot"] == [
            (accepted.provider_id, text)
        ]

    def test_the_longest_text_is_taken_and_one_longer_is_rejected_unsent(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        longest = "x" * channel.limits.text_length
        with_channel(channel, lambda c: c.send(self.message(phone, longest)))
        assert isinstance(refused(channel, self.message(phone, longest + "x")), Rejected)
        assert [entry["accepted"] for entry in self.sends(simulator)] == [True]

    def test_many_at_once_all_arrive_once(self, simulator: Simulator, channel: Channel, bot: str) -> None:
        people = [simulator.phone(i) for i in simulator.new_phones(150, self.name, started_with=bot)]

        async def everybody(c: Channel) -> list[Accepted]:
            return await asyncio.gather(*(c.send(self.message(person)) for person in people))

        accepted = with_channel(channel, everybody)
        assert len({(one.provider_id, p["id"]) for one, p in zip(accepted, people, strict=True)}) == 150
        got = simulator.summary()["recipients"][self.name]
        assert sorted(got.values()) == [1] * 150

    @pytest.mark.parametrize("text", ["Hello", "水位上升。\n\n请避开河边。", 'வெள்ளம் 🌊 & <b>5 > 3</b> "_so_" 100% +1'])
    def test_a_prepared_message_reaches_each_person_once_as_it_was_written(
        self, simulator: Simulator, channel: Channel, bot: str, text: str
    ) -> None:
        people = [simulator.phone(i) for i in simulator.new_phones(20, self.name, started_with=bot)]

        async def everybody(c: Channel) -> list[Accepted]:
            prepared = await c.prepare(Message("", text))
            sent = [prepared.send(self.address(person), f"1-{n}-1") for n, person in enumerate(people)]
            return await asyncio.gather(*sent)

        accepted = with_channel(channel, everybody)
        for one, person in zip(accepted, people, strict=True):
            heard = [(m["id"], m["text"]) for m in simulator.messages(person["id"]) if m["from"] == "bot"]
            assert heard == [(one.provider_id, text)]

    def test_preparing_sends_nothing_and_refuses_what_sending_would(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        async def twice(c: Channel) -> None:
            await c.prepare(self.message(phone, "Hello"))
            with pytest.raises(Rejected):
                await c.prepare(self.message(phone, "x" * (c.limits.text_length + 1)))

        with_channel(channel, twice)
        assert self.sends(simulator) == []

    def test_a_prepared_message_is_refused_in_the_same_words(self, simulator: Simulator, channel: Channel) -> None:
        async def lost(c: Channel) -> None:
            await (await c.prepare(Message("", "Hello?"))).send(self.unreachable_address, "1-1-1")

        with pytest.raises(Unreachable):
            with_channel(channel, lost)

    # --- refusals

    def test_an_address_nobody_can_be_reached_at_is_unreachable(self, channel: Channel) -> None:
        assert isinstance(refused(channel, Message(self.unreachable_address, "Hello?")), Unreachable)

    def test_too_fast_is_throttled_for_as_long_as_the_provider_says(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        simulator.fault("throttle", channel=self.name, seconds=7)
        refusal = refused(channel, self.message(phone))
        assert isinstance(refusal, Throttled)
        assert refusal.retry_after == timedelta(seconds=7)

    @pytest.mark.parametrize(("status", "may_be_sent"), [(500, True), (503, False)])
    def test_a_provider_in_trouble_is_unavailable_and_asked_only_once(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], status: int, may_be_sent: bool
    ) -> None:
        simulator.fault("server_error", channel=self.name, status=status)
        refusal = refused(channel, self.message(phone))
        assert isinstance(refusal, Unavailable)
        assert refusal.may_be_sent is may_be_sent
        assert len(self.sends(simulator)) == 1

    @pytest.mark.parametrize(
        ("kind", "arrived"),
        [("timeout_before", False), ("timeout_after", True), ("drop_before", False), ("drop_after", True)],
    )
    def test_no_answer_leaves_a_doubt_and_is_never_tried_again_from_here(
        self, simulator: Simulator, door: Door, channel: Channel, phone: dict[str, Any], kind: str, arrived: bool
    ) -> None:
        impatient = self.made(self.line(simulator, door.url), seconds=0.4)
        simulator.fault(kind, channel=self.name, seconds=2)
        refusal = refused(impatient, self.message(phone))
        assert isinstance(refusal, Unavailable)
        assert refusal.may_be_sent
        assert len(simulator.heard(phone["id"])) == arrived
        assert len(self.sends(simulator)) == 1

    def test_a_provider_that_cannot_be_reached_surely_sent_nothing(
        self, simulator: Simulator, door: Door, phone: dict[str, Any]
    ) -> None:
        line = self.line(simulator, door.url)
        away = replace(line, endpoints=dict.fromkeys(line.endpoints, NOBODY_LISTENS))
        refusal = refused(self.made(away), self.message(phone))
        assert isinstance(refusal, Unavailable)
        assert not refusal.may_be_sent

    def test_a_provider_without_a_name_surely_sent_nothing(
        self, simulator: Simulator, door: Door, phone: dict[str, Any]
    ) -> None:
        line = self.line(simulator, door.url)
        away = replace(line, endpoints=dict.fromkeys(line.endpoints, "http://nowhere.invalid"))
        refusal = refused(self.made(away), self.message(phone))
        assert isinstance(refusal, Unavailable)
        assert not refusal.may_be_sent

    def test_wrong_credentials_stop_the_sender_when_sending_and_when_connecting(
        self, simulator: Simulator, door: Door, bot: str, phone: dict[str, Any]
    ) -> None:
        line = self.line(simulator, door.url)
        wrong = replace(line, credentials={**line.credentials, **self.wrong_credentials})
        assert isinstance(refused(self.made(wrong), self.message(phone)), Misconfigured)
        with pytest.raises(Misconfigured):
            with_channel(self.made(wrong), lambda c: c.connect())

    def test_missing_credentials_are_noticed_before_anything_is_sent(self, simulator: Simulator, door: Door) -> None:
        line = self.line(simulator, door.url)
        for field in line.credentials:
            with pytest.raises(Misconfigured):
                registry.build(self.name, replace(line, credentials={**line.credentials, field: ""}))

    def test_no_refusal_says_a_credential_or_a_text(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], door: Door
    ) -> None:
        simulator.fault("drop_before", channel=self.name)
        refusal = refused(channel, self.message(phone, "a secret text"))
        told = f"{refusal!r} {refusal.reason} {refusal.code} {refusal.__cause__!r}"
        secrets = self.line(simulator, door.url).credentials.values()
        assert not any(secret in told for secret in [*secrets, "a secret text"])

    # --- its life

    def test_the_menu_of_commands_can_be_filled_wherever_there_is_one(self, channel: Channel) -> None:
        menu = {"en": [("start", "Begin")], "zh_Hans": [("start", "开始")], "ta": [("start", "தொடங்கு")]}
        with_channel(channel, lambda c: c.describe(menu))

    def test_one_that_was_let_go_works_again_in_another_loop(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        for text in ("one", "two"):
            with_channel(channel, lambda c, t=text: c.send(self.message(phone, t)))  # type: ignore[misc]
        assert simulator.heard(phone["id"]) == ["one", "two"]
        gc.collect()

    def test_letting_go_of_one_never_used_or_twice_is_no_error(self, channel: Channel) -> None:
        with_channel(channel, lambda c: c.aclose())
        with_channel(channel, lambda c: c.connect())
        with_channel(channel, lambda c: c.aclose())

    def test_one_in_use_says_that_it_belongs_to_its_loop(self, channel: Channel, phone: dict[str, Any]) -> None:
        """The programmer's mistake, not a refusal: it must not look like an outage and be tried again for ever."""
        first = asyncio.new_event_loop()
        try:
            first.run_until_complete(channel.send(self.message(phone)))
            with pytest.raises(RuntimeError, match="one event loop"):
                asyncio.run(channel.send(self.message(phone)))
        finally:
            first.run_until_complete(channel.aclose())
            first.close()
