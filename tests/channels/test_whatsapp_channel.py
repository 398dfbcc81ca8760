"""WhatsApp keeps the contract, and what only WhatsApp has."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from twilio.base import values

from channels import twilio_api
from channels.contract import (
    Channel,
    Choice,
    Heard,
    Line,
    Message,
    Misconfigured,
    Receipt,
    Rejected,
    Standing,
    Template,
    TemplateState,
    Templating,
    Throttled,
    Unavailable,
    Unreachable,
)
from channels.whatsapp.channel import WhatsAppChannel
from tests.channels.contract_cases import TWO, ChannelContract, refused, with_channel
from tests.channels.listening import Door
from tests.simulated import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, Simulator

BODY = "Agency notice: {{1}} Reply STOP to end."


def templating(channel: Channel) -> Templating:
    assert isinstance(channel, Templating)
    return channel


class TestWhatsApp(ChannelContract):
    """The contract, and WhatsApp's own."""

    name = "whatsapp"
    wrong_credentials = {"auth_token": "wrong"}
    unreachable_address = "whatsapp:nobody"
    malformed_body = b"Body=hello"

    def register(self, simulator: Simulator, hook_url: str) -> str:
        return simulator.add_whatsapp_sender(webhook_url=hook_url)

    def line(self, simulator: Simulator, hook_url: str) -> Line:
        endpoints = {"twilio": simulator.twilio_url, "twilio_content": simulator.content_url}
        endpoints["twilio_media"] = simulator.media_url
        credentials = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
        media_url = hook_url.partition("/hooks/")[0] + "/media"
        return Line(WHATSAPP_NUMBER, hook_url, credentials, endpoints, media_url)

    def address(self, phone: dict[str, Any]) -> str:
        return f"whatsapp:{phone['number']}"

    def contents(self, simulator: Simulator) -> list[dict[str, Any]]:
        """Every stored Content, as Twilio's own client lists it."""

        async def listed(channel: Any) -> list[dict[str, Any]]:
            found = await channel._contents().list_async()
            return [{"sid": content.sid, "name": content.friendly_name} for content in found]

        return with_channel(self.made(self.line(simulator, "http://127.0.0.1:1/")), listed)

    def failed(self, simulator: Simulator, door: Door, channel: Channel) -> Receipt:
        """The receipt of a message that did not arrive, once it has come."""

        def failures() -> list[Receipt]:
            events = door.events(channel, at_least=1)
            return [event for event in events if isinstance(event, Receipt) and event.heard is Heard.FAILED]

        (receipt,) = simulator.wait_for(failures)
        return receipt

    def test_a_free_text_outside_the_window_comes_back_as_rejected(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.close_windows(bot)
        with_channel(channel, lambda c: c.send(self.message(phone, reference="b1:1")))
        receipt = self.failed(simulator, door, channel)
        assert receipt.reference == "b1:1"
        assert isinstance(receipt.refusal, Rejected)
        assert receipt.refusal.reason == "outside_window"

    def test_a_number_without_whatsapp_comes_back_as_unreachable(
        self, simulator: Simulator, channel: Channel, door: Door
    ) -> None:
        stranger = {"number": "+6599999999"}
        with_channel(channel, lambda c: c.send(self.message(stranger, reference="b1:2")))
        assert isinstance(self.failed(simulator, door, channel).refusal, Unreachable)

    def test_an_approved_template_arrives_outside_the_window(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], bot: str
    ) -> None:
        simulator.close_windows(bot)

        async def announce(c: Channel) -> Standing:
            sid = await templating(c).create_template("notice_en", "en", BODY, {"1": "The dam is full."})
            template = Template(sid, {"1": "Dam level\n\nis  rising."})
            await c.send(self.message(phone, "for the record", template=template))
            return await templating(c).template_standing(sid)

        assert with_channel(channel, announce) == Standing(TemplateState.APPROVED)
        assert simulator.heard(phone["id"]) == ["Agency notice: Dam level is rising. Reply STOP to end."]

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("pending", TemplateState.PENDING),
            ("received", TemplateState.PENDING),
            ("rejected", TemplateState.REJECTED),
            ("paused", TemplateState.PAUSED),
            ("disabled", TemplateState.DISABLED),
            ("a new word", None),
        ],
    )
    def test_the_state_of_a_template_is_told_in_our_words(
        self, simulator: Simulator, channel: Channel, status: str, state: TemplateState | None
    ) -> None:
        simulator.post("/control/approvals", status=status)

        async def submit(c: Channel) -> Standing:
            sid = await templating(c).create_template("notice_zh", "zh_Hans", BODY, {"1": "x"})
            return await templating(c).template_standing(sid)

        try:
            assert with_channel(channel, submit).state is state
        finally:
            simulator.post("/control/approvals", status="approved")

    def test_a_template_nobody_knows_stops_the_sender_or_is_rejected(
        self, channel: Channel, phone: dict[str, Any]
    ) -> None:
        template = Template("HX" + "0" * 32, {"1": "x"})
        assert isinstance(refused(channel, self.message(phone, template=template)), Rejected)
        with pytest.raises(Misconfigured):
            with_channel(channel, lambda c: templating(c).template_standing(template.provider_id))

    def test_why_a_template_was_rejected_is_told_in_whatsapps_words(
        self, simulator: Simulator, channel: Channel
    ) -> None:
        async def submit(c: Channel) -> Standing:
            sid = await templating(c).create_template("notice_no", "en", BODY, {"1": "x"})
            simulator.post("/control/approvals", content=sid, status="rejected", reason="Too\nvague.")
            return await templating(c).template_standing(sid)

        assert with_channel(channel, submit) == Standing(TemplateState.REJECTED, "Too vague.")

    def test_wording_whose_answer_was_lost_is_found_by_its_name_and_not_made_twice(
        self, simulator: Simulator, channel: Channel
    ) -> None:
        async def put(c: Channel) -> list[str]:
            room = templating(c)
            first = await room.put_template("notice_a", "en", BODY, {"1": "x"}, may_be_there=True)
            assert (await room.template_standing(first)).state is TemplateState.UNSUBMITTED
            return [first, await room.put_template("notice_a", "en", BODY, {"1": "x"}, may_be_there=True)]

        first, second = with_channel(channel, put)
        assert first == second
        assert self.contents(simulator) == [{"sid": first, "name": "notice_a"}]

    def test_a_template_is_forgotten_once_and_again(self, simulator: Simulator, channel: Channel) -> None:
        async def twice(c: Channel) -> None:
            sid = await templating(c).put_template("notice_b", "en", BODY, {"1": "x"})
            await templating(c).remove_template(sid)
            await templating(c).remove_template(sid)

        with_channel(channel, twice)
        assert self.contents(simulator) == []

    @pytest.mark.parametrize(
        ("kind", "options", "refusal"),
        [
            ("server_error", {"status": 503}, Unavailable),
            ("throttle", {"seconds": 7}, Throttled),
            ("garbage", {}, Unavailable),
        ],
    )
    def test_a_provider_in_trouble_leaves_the_standing_unknown(
        self, simulator: Simulator, channel: Channel, kind: str, options: dict[str, Any], refusal: type[Exception]
    ) -> None:
        sid = with_channel(channel, lambda c: templating(c).put_template("notice_c", "en", BODY, {"1": "x"}))
        simulator.fault(kind, channel=self.name, method="Content.approvals", **options)
        with pytest.raises(refusal):
            with_channel(channel, lambda c: templating(c).template_standing(sid))

    def test_a_name_whatsapp_would_not_take_is_rejected_before_anything_is_made(
        self, simulator: Simulator, channel: Channel
    ) -> None:
        with pytest.raises(Rejected):
            with_channel(channel, lambda c: templating(c).create_template("Notice EN", "en", BODY, {"1": "x"}))
        assert self.contents(simulator) == []

    def test_menus_in_every_language_share_the_stored_contents_of_their_shapes(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], door: Door
    ) -> None:
        texts = ["Choose:\n\nyour language", "选择：\n\n您的语言", "Pilih:\n\nbahasa anda"]

        async def at_once(c: Channel) -> None:
            await asyncio.gather(*(c.send(self.message(phone, text, choices=TWO)) for text in texts))

        with_channel(channel, at_once)
        another_process = self.made(self.line(simulator, door.url))
        with_channel(another_process, at_once)
        assert [content["name"] for content in self.contents(simulator)] == ["loudhailer_menu1_buttons_2_x-x"]
        assert sorted(simulator.heard(phone["id"])) == sorted(texts * 2)

    def test_a_menu_whose_content_was_deleted_is_made_anew_at_the_next_try(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        async def with_a_loss(c: Any) -> None:
            await c.send(self.message(phone, "one", choices=TWO))
            (content,) = await c._contents().list_async()
            await c._contents()(content.sid).delete_async()
            with pytest.raises(Unavailable) as caught:
                await c.send(self.message(phone, "two", choices=TWO))
            assert not caught.value.may_be_sent
            await c.send(self.message(phone, "two", choices=TWO))

        with_channel(channel, with_a_loss)
        assert simulator.heard(phone["id"]) == ["one", "two"]

    def test_contents_beyond_the_first_page_are_found(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("channels.whatsapp.menus.PAGE_SIZE", 2)
        texts = ["x", "x\nx", "x\nx\nx", "x\n\nx", "x\n\nx\nx"]

        async def each(c: Channel) -> None:
            for text in texts:
                await c.send(self.message(phone, text, choices=TWO))

        with_channel(channel, each)
        with_channel(self.made(self.line(simulator, "http://127.0.0.1:1/")), each)
        assert len(self.contents(simulator)) == len(texts)

    def test_a_list_opens_with_its_label(self, simulator: Simulator, channel: Channel, phone: dict[str, Any]) -> None:
        choices = tuple(Choice(f"t:{n}", f"Topic {n}", n == 2) for n in range(1, 7))
        said = self.message(phone, choices=choices, list_label="Choose your topics here please")
        with_channel(channel, lambda c: c.send(said))
        (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
        assert shown["list"]["button"] == "Choose your topics…"
        assert [item["title"] for item in shown["list"]["items"]][:3] == ["Topic 1", "✓ Topic 2", "Topic 3"]

    def test_choices_with_more_text_than_buttons_allow_are_numbered_up_to_the_texts_own_limit(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        with_channel(channel, lambda c: c.send(self.message(phone, "x" * 1100, choices=TWO)))
        assert simulator.heard(phone["id"]) == ["x" * 1100 + "\n\n1. English\n2. தமிழ்"]
        assert isinstance(refused(channel, self.message(phone, "x" * 1590, choices=TWO)), Rejected)

    def test_variables_longer_than_a_template_are_rejected_unsent(
        self, simulator: Simulator, channel: Channel, phone: dict[str, Any]
    ) -> None:
        template = Template("HX1", {"1": "x" * 1000, "2": "x" * 25})
        assert isinstance(refused(channel, self.message(phone, template=template)), Rejected)
        assert self.sends(simulator) == []

    def test_a_number_of_another_account_stops_the_sender(
        self, simulator: Simulator, channel: Channel, door: Door, phone: dict[str, Any]
    ) -> None:
        other = replace(self.line(simulator, door.url), handle="+6560000009")
        assert isinstance(refused(self.made(other), self.message(phone)), Misconfigured)


@pytest.mark.parametrize("template", [None, Template("HX" + "0" * 32, {"1": "floods"})])
def test_our_call_for_a_message_is_the_one_that_twilios_own_method_makes(template: Template | None) -> None:
    credentials = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
    made = WhatsAppChannel(Line(WHATSAPP_NUMBER, "https://city.example/hooks/whatsapp/x", credentials, {}))
    message = Message("whatsapp:+6591234567", "Pasir Ris: 100 % & more", "b1.2", template=template)

    async def both() -> tuple[twilio_api.Written, twilio_api.Written]:
        wording = await made._wording(message)
        theirs = made._client.messages.create_async(
            to=message.to,
            from_=f"whatsapp:{WHATSAPP_NUMBER}",
            status_callback=made._callback("b1.2"),
            validity_period=14_400,
            body=wording.get("Body", values.unset),
            content_sid=wording.get("ContentSid", values.unset),
            content_variables=wording.get("ContentVariables", values.unset),
        )
        return await twilio_api.written(made._create(message, wording)), await twilio_api.written(theirs)

    ours, theirs = asyncio.run(both())
    assert ours == theirs
