"""What every channel promises, over real HTTP against the simulator. A channel's test class inherits ChannelContract.

To add a channel: inherit, say how its sender is registered with the simulator and what its calls look like, done.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from channels import registry
from channels.contract import (
    Accepted,
    Channel,
    Choice,
    Forged,
    Heard,
    Hook,
    Inbound,
    Line,
    Malformed,
    Message,
    Misconfigured,
    Receipt,
    Refusal,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from tests.channels.listening import Door
from tests.simulated import Simulator

T = TypeVar("T")
Work = Callable[[Channel], Awaitable[T]]
NOBODY_LISTENS = "http://127.0.0.1:9"
TWO = (Choice("lang:en", "English"), Choice("lang:ta", "தமிழ்"))
SENDS = ("sendMessage", "Messages.create")


def with_channel(channel: Channel, work: Work[T]) -> T:
    """Do something with a channel in an event loop of its own, and let it go afterwards."""

    async def life() -> T:
        try:
            return await work(channel)
        finally:
            await channel.aclose()

    return asyncio.run(life())


def refused(channel: Channel, message: Message) -> Refusal:
    """The refusal with which a send ends."""
    with pytest.raises(Refusal) as caught:
        with_channel(channel, lambda c: c.send(message))
    return caught.value


class ChannelContract:
    """The promises. A subclass names the channel, its simulator, and one address nobody can ever be reached at."""

    name: str
    wrong_credentials: dict[str, str]
    unreachable_address: str
    malformed_body: bytes

    # --- what a channel's tests bring along

    def register(self, simulator: Simulator, hook_url: str) -> str:
        """Make the sender known to the simulator; its id there."""
        raise NotImplementedError

    def line(self, simulator: Simulator, hook_url: str) -> Line:
        """The line of that sender."""
        raise NotImplementedError

    def address(self, phone: dict[str, Any]) -> str:
        """The address at which this phone is reached."""
        raise NotImplementedError

    # --- fixtures

    @pytest.fixture
    def bot(self, simulator: Simulator, door: Door) -> str:
        """The sender, known to the platform."""
        return self.register(simulator, door.url)

    @pytest.fixture
    def channel(self, simulator: Simulator, door: Door, bot: str) -> Channel:
        """The channel of that sender, connected."""
        channel = self.made(self.line(simulator, door.url))
        with_channel(channel, lambda c: c.connect())
        return channel

    @pytest.fixture
    def phone(self, simulator: Simulator, bot: str) -> dict[str, Any]:
        """A person who has already written to the sender."""
        (phone_id,) = simulator.new_phones(1, self.name, started_with=bot)
        return simulator.phone(phone_id)

    def made(self, line: Line, *, seconds: float = 5.0) -> Channel:
        """A channel that waits less long than in earnest."""
        channel_class = registry._load(self.name)
        channel: Channel = type("Impatient", (channel_class,), {"timeout_seconds": seconds})(line)
        return channel

    def message(self, phone: dict[str, Any], text: str = "Dam level is rising.", **parts: Any) -> Message:
        return Message(self.address(phone), text, **parts)

    def sends(self, simulator: Simulator) -> list[dict[str, Any]]:
        """Every attempt to send that reached the platform."""
        return [entry for entry in simulator.record() if entry["method"] in SENDS]

    # --- sending

    def test_the_registry_builds_it_and_knows_what_it_can_do(self, simulator: Simulator, door: Door) -> None:
        channel = registry.build(self.name, self.line(simulator, door.url))
        assert channel.name == self.name
        assert registry.limits(self.name) == channel.limits
        assert set(registry.credential_fields(self.name)) == set(self.line(simulator, door.url).credentials)

    def test_connecting_gives_the_senders_public_name(self, simulator: Simulator, door: Door, bot: str) -> None:
        line = self.line(simulator, door.url)
        assert with_channel(self.made(line), lambda c: c.connect()) == line.handle

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
