"""What every channel promises of hearing, of choices, edits and receipts."""

from dataclasses import replace
from typing import Any

import pytest

from channels.contract import (
    Channel,
    Choice,
    Forged,
    Heard,
    Hook,
    Inbound,
    Malformed,
    Message,
    Receipt,
    Rejected,
)
from tests.channels.contract_base import TWO, ContractBase, with_channel
from tests.channels.listening import Door
from tests.simulated import Simulator


class HearingContract(ContractBase):
    """What people say and tap arrives as ours, and what they were told can be followed."""

    # --- hearing

    def test_what_a_person_says_is_heard_from_an_address_one_can_answer(
        self, simulator: Simulator, channel: Channel, door: Door, bot: str
    ) -> None:
        person = simulator.new_phone(self.name, name="Aisyah")
        simulator.say(person["id"], bot, "Salam 👋")
        (event,) = door.events(channel, at_least=1)
        assert isinstance(event, Inbound)
        assert (event.text, event.choice) == ("Salam 👋", None)
        assert "Aisyah" in (event.name or "")
        with_channel(channel, lambda c: c.send(Message(event.address, "Salam, Aisyah")))
        assert simulator.heard(person["id"]) == ["Salam, Aisyah"]

    def test_a_call_repeated_by_the_provider_has_the_same_event_id(
        self, simulator: Simulator, channel: Channel, door: Door, bot: str
    ) -> None:
        simulator.fault("hooks_duplicate", channel=self.name)
        person = simulator.new_phone(self.name)
        simulator.say(person["id"], bot, "once")
        first, second = door.events(channel, at_least=2)
        assert first.event_id == second.event_id

    def test_a_forged_call_is_known_as_one(self, simulator: Simulator, channel: Channel, door: Door, bot: str) -> None:
        person = simulator.new_phone(self.name)
        simulator.say(person["id"], bot, "genuine")
        door.events(channel, at_least=1)
        genuine = door.hooks[0]
        for headers in ({}, {name: value[:-1] + "#" for name, value in genuine.headers.items()}):
            with pytest.raises(Forged):
                channel.verify(Hook(genuine.url, headers, genuine.body))

    def test_a_call_nobody_can_read_is_malformed(self, channel: Channel, door: Door) -> None:
        for body in (self.malformed_body, b"", b"\xff\xfe\x00"):
            with pytest.raises(Malformed):
                channel.parse(Hook(door.url, {}, body))

    # --- choices

    @pytest.mark.parametrize("count", [1, 2, 3, 5, 10])
    def test_a_tapped_choice_comes_back_as_its_key(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str, count: int
    ) -> None:
        door.channel = channel
        choices = tuple(Choice(f"topic:{n}", f"Topic {n}") for n in range(1, count + 1))
        said = self.message(phone, "Which\n\ntopics?", choices=choices, columns=2, list_label="Choose")
        accepted = with_channel(channel, lambda c: c.send(said))
        simulator.tap(phone["id"], bot, accepted.provider_id, f"topic:{count}")
        (event,) = door.events(channel, at_least=1)
        assert isinstance(event, Inbound)
        assert (event.choice, event.tapped_id) == (f"topic:{count}", accepted.provider_id)
        assert event.address == self.address(phone)

    def test_more_choices_than_fit_are_all_to_be_seen(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        choices = tuple(Choice(f"t:{n}", f"Topic {n}") for n in range(1, 15))
        with_channel(channel, lambda c: c.send(self.message(phone, choices=choices)))
        (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert all(choice.label in str(shown) for choice in choices)

    def test_a_selected_toggle_looks_different_from_one_that_is_not(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        toggles = (Choice("a", "Floods", True), Choice("b", "Haze", False))
        with_channel(channel, lambda c: c.send(self.message(phone, choices=toggles)))
        (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        floods, haze = (button["label"] for row in shown["buttons"] for button in row)
        assert floods.endswith("Floods")
        assert haze.endswith("Haze")
        assert floods.removesuffix("Floods") != haze.removesuffix("Haze")

    # --- changing what was said

    def test_an_edit_is_seen_or_not_offered(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        message = self.message(phone, "Draft", choices=TWO)

        async def twice(c: Channel) -> None:
            accepted = await c.send(message)
            for _ in range(2):  # the second changes nothing, and is no error
                assert await c.edit(accepted.provider_id, replace(message, text="Final", choices=TWO[:1])) == accepted

        if not channel.limits.can_edit:
            with pytest.raises(Rejected):
                with_channel(channel, twice)
            return
        with_channel(channel, twice)
        (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert shown["text"] == "Final"
        assert [button["label"] for row in shown["buttons"] for button in row] == ["English"]

    def test_an_edit_of_nothing_is_rejected(self, channel: Channel, phone: dict[str, Any]) -> None:
        for provider_id in ("999999", "no number"):
            with pytest.raises(Rejected):
                with_channel(channel, lambda c, p=provider_id: c.edit(p, self.message(phone)))  # type: ignore[misc]

    def test_a_deletion_is_seen_or_not_offered(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        async def twice(c: Channel) -> None:
            accepted = await c.send(self.message(phone))
            for _ in range(2):  # the second finds nothing any more, and is no error
                await c.delete(self.address(phone), accepted.provider_id)

        if channel.limits.delete_within is None:
            with pytest.raises(Rejected):
                with_channel(channel, twice)
            return
        with_channel(channel, twice)
        assert simulator.heard(phone["id"]) == []

    # --- receipts

    def test_receipts_bring_our_reference_back_where_there_are_any(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        accepted = with_channel(channel, lambda c: c.send(self.message(phone, reference="b7:42.s/+=")))
        if not channel.limits.has_receipts:
            assert door.hooks == []
            return
        simulator.wait_for(lambda: len(door.hooks) >= 2)
        simulator.act(phone["id"], "read", bot=bot)
        events = door.events(channel, at_least=3)
        assert all(isinstance(event, Receipt) for event in events)
        receipts = [event for event in events if isinstance(event, Receipt)]
        assert {(r.reference, r.provider_id) for r in receipts} == {("b7:42.s/+=", accepted.provider_id)}
        assert {r.heard for r in receipts} >= {Heard.DELIVERED, Heard.READ}
        assert len({r.event_id for r in receipts}) == len(receipts)
