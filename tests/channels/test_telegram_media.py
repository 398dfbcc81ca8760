"""A Telegram bot's files: uploaded once, and never the reason why somebody goes without the text."""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from channels import registry
from channels.contract import (
    TEXT,
    Accepted,
    Attachment,
    Channel,
    Line,
    Media,
    MediaKind,
    Message,
    Rejected,
    Unavailable,
)
from tests.channels.contract_base import refused, with_channel
from tests.simulated import TELEGRAM_TOKEN, Simulator

PNG = b"\x89PNG\r\n\x1a\n" + b"the dam"
PICTURE = Media(
    MediaKind.PHOTO,
    hashlib.sha256(PNG).hexdigest(),
    alternative="A full dam",
    name='the "dam".png',
    mime_type="image/png",
    size=len(PNG),
    content=PNG,
)


@pytest.fixture
def bot(simulator: Simulator) -> str:
    return simulator.add_bot(TELEGRAM_TOKEN)


@pytest.fixture
def channel(simulator: Simulator, bot: str) -> Channel:
    credentials = {"token": TELEGRAM_TOKEN, "webhook_secret": "a-secret_of-the-door"}
    line = Line("sim_bot", "https://a.sg/hooks/1", credentials, {"telegram": f"{simulator.url}/telegram"})
    channel_class = registry._load("telegram")
    made: Channel = type("Impatient", (channel_class,), {"timeout_seconds": 5.0})(line)
    return made


@pytest.fixture
def phone(simulator: Simulator, bot: str) -> dict[str, Any]:
    (phone_id,) = simulator.new_phones(1, "telegram", started_with=bot)
    return simulator.phone(phone_id)


@pytest.fixture(autouse=True)
def _no_faults(simulator: Simulator) -> Iterator[None]:
    yield
    simulator.clear_faults()


def uploads(simulator: Simulator) -> int:
    return sum((entry["media"] or "").startswith("upload") for entry in simulator.record())


def to(phone: dict[str, Any], media: Media = PICTURE, **parts: Any) -> Message:
    return Message(str(phone["number"]), "The dam", media=media, **parts)


def test_a_second_message_of_the_same_process_uploads_nothing(
    simulator: Simulator, channel: Channel, phone: dict[str, Any]
) -> None:
    async def twice(c: Channel) -> list[Accepted]:
        return [await c.send(to(phone)), await c.send(to(phone))]

    first, second = with_channel(channel, twice)
    assert (first.handle is not None, second.handle, uploads(simulator)) == (True, None, 1)


def test_what_is_one_persons_alone_is_uploaded_each_time_and_nothing_of_it_is_remembered(
    simulator: Simulator, channel: Channel, phone: dict[str, Any]
) -> None:
    file = Media(
        MediaKind.DOCUMENT, "letter-7", name="my-data.txt", mime_type=TEXT, content="நீர்".encode(), is_private=True
    )

    async def twice(c: Channel) -> list[Accepted]:
        return [await c.send(to(phone, file)), await c.send(to(phone, file))]

    accepted = with_channel(channel, twice)
    assert all(each.handle is not None for each in accepted)
    assert uploads(simulator) == 2
    sent = [message["media"] for message in simulator.messages(phone["id"]) if message["media"]]
    assert {(each["kind"], each["name"], simulator.file(each["file"])) for each in sent} == {
        ("document", "my-data.txt", "நீர்".encode())
    }
    assert channel._shelf.handles == {}  # type: ignore[attr-defined]


def test_a_handle_that_is_good_no_more_is_uploaded_anew_where_the_content_is_at_hand(
    simulator: Simulator, channel: Channel, phone: dict[str, Any]
) -> None:
    accepted = with_channel(channel, lambda c: c.send(to(phone, replace(PICTURE, handle="of-another-bot"))))
    assert accepted.handle is not None
    assert uploads(simulator) == 1
    assert simulator.heard(phone["id"]) == ["The dam"]


def test_without_the_content_the_next_attempt_has_to_bring_it(channel: Channel, phone: dict[str, Any]) -> None:
    refusal = refused(channel, to(phone, replace(PICTURE, handle="of-another-bot", content=None)))
    assert isinstance(refusal, Unavailable)
    assert (refusal.reason, refusal.may_be_sent) == ("stale_handle", False)


def test_a_picture_telegram_will_not_take_leaves_everybody_the_words(
    simulator: Simulator, channel: Channel, bot: str
) -> None:
    people = [simulator.phone(i) for i in simulator.new_phones(5, "telegram", started_with=bot)]
    broken = replace(PICTURE, content=b"no picture", key="broken")

    async def everybody(c: Channel) -> None:
        prepared = await c.prepare(Message("", "The dam", media=broken, without_media="The dam: it is full"))
        await asyncio.gather(*(prepared.send(str(person["number"]), "") for person in people))

    with_channel(channel, everybody)
    assert [simulator.heard(person["id"]) for person in people] == [["The dam: it is full"]] * 5


def test_an_upload_that_fails_fails_for_all_who_wait_and_only_one_of_them_is_in_doubt(
    simulator: Simulator, channel: Channel, bot: str
) -> None:
    people = [simulator.phone(i) for i in simulator.new_phones(5, "telegram", started_with=bot)]
    simulator.fault("server_error", channel="telegram", status=500, count=1)

    async def everybody(c: Channel) -> list[Any]:
        prepared = await c.prepare(Message("", "The dam", media=PICTURE))
        sends = (prepared.send(str(person["number"]), "") for person in people)
        return await asyncio.gather(*sends, return_exceptions=True)

    outcomes = with_channel(channel, everybody)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert [outcome.may_be_sent for outcome in outcomes] == [True, False, False, False, False]
    assert uploads(simulator) == 1


def test_an_upload_that_hangs_ends(
    simulator: Simulator, channel: Channel, phone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.telegram.transport.UPLOAD_SECONDS", 0.4)
    simulator.fault("timeout_before", channel="telegram", seconds=3)
    refusal = refused(channel, to(phone))
    assert isinstance(refusal, Unavailable)
    assert refusal.may_be_sent


def test_a_picture_that_fails_below_its_text_never_repeats_the_text(
    simulator: Simulator, channel: Channel, phone: dict[str, Any]
) -> None:
    simulator.fault("server_error", channel="telegram", method="sendPhoto", status=500)
    text = "x" * 2000
    accepted = with_channel(channel, lambda c: c.send(Message(str(phone["number"]), text, media=PICTURE)))
    assert accepted.provider_id
    assert simulator.heard(phone["id"]) == [text]


def test_a_picture_below_its_text_waits_a_moment_where_telegram_asks_for_it(
    simulator: Simulator, channel: Channel, phone: dict[str, Any]
) -> None:
    simulator.fault("throttle", channel="telegram", method="sendPhoto", seconds=1, count=1)
    with_channel(channel, lambda c: c.send(Message(str(phone["number"]), "x" * 2000, media=PICTURE)))
    assert simulator.heard(phone["id"]) == ["x" * 2000, "A full dam"]


def test_a_handle_that_looks_like_a_path_is_never_opened(channel: Channel, phone: dict[str, Any]) -> None:
    refusal = refused(channel, to(phone, replace(PICTURE, handle="/etc/hostname", content=None)))
    assert isinstance(refusal, Unavailable)


def test_a_document_larger_than_we_take_is_not_downloaded(
    simulator: Simulator, channel: Channel, phone: dict[str, Any], bot: str
) -> None:
    simulator.send(phone["id"], bot, "document", b"%PDF-" + b"x" * (10 * 1024 * 1024), name="big.pdf")
    (update,) = simulator.call("GET", f"/telegram/bot{TELEGRAM_TOKEN}/getUpdates")["result"]

    attachment = Attachment(MediaKind.DOCUMENT, update["message"]["document"]["file_id"])
    with pytest.raises(Rejected) as caught:
        with_channel(channel, lambda c: c.fetch(attachment))
    assert caught.value.reason == "media_too_large"


@pytest.mark.parametrize("has_preview", [True, False])
def test_whether_a_link_shows_where_it_leads_is_told(
    simulator: Simulator, channel: Channel, phone: dict[str, Any], has_preview: bool
) -> None:
    with_channel(channel, lambda c: c.send(Message(str(phone["number"]), "https://a.sg", has_preview=has_preview)))
    (shown,) = (m for m in simulator.messages(phone["id"]) if m["from"] == "bot")
    assert shown["has_preview"] is has_preview


def messages(simulator: Simulator, phone: dict[str, Any], bot: str) -> list[dict[str, Any]]:
    return [each for each in simulator.messages(phone["id"], bot) if each["from"] == "bot"]


def test_a_text_and_the_picture_below_it_are_taken_back_together(
    simulator: Simulator, channel: Channel, bot: str, phone: dict[str, Any]
) -> None:
    async def sent_and_taken_back(c: Channel) -> Accepted:
        accepted = await c.send(replace(to(phone), text="x" * 1500))
        await c.delete(str(phone["number"]), accepted.provider_id)
        await c.delete(str(phone["number"]), accepted.provider_id)  # gone already is no error
        return accepted

    accepted = with_channel(channel, sent_and_taken_back)
    assert len(accepted.provider_id.split("+")) == 2
    assert [each["deleted"] for each in messages(simulator, phone, bot)] == [True, True]


def test_the_words_below_a_picture_are_rewritten_and_those_of_two_messages_too(
    simulator: Simulator, channel: Channel, bot: str, phone: dict[str, Any]
) -> None:
    async def rewritten(c: Channel) -> None:
        for text in ("short", "x" * 1500):
            accepted = await c.send(replace(to(phone), text=text))
            for _ in range(2):  # done again it changes nothing
                await c.edit(accepted.provider_id, Message(str(phone["number"]), "The dam holds."))

    with_channel(channel, rewritten)
    shown = [each["text"] for each in messages(simulator, phone, bot)]
    assert shown[:2] == ["The dam holds.", "The dam holds."]


def test_words_too_long_for_a_caption_are_said_anew_by_whoever_asked(channel: Channel, phone: dict[str, Any]) -> None:
    async def rewritten(c: Channel) -> None:
        accepted = await c.send(to(phone))
        with pytest.raises(Rejected, match="too_long"):
            await c.edit(accepted.provider_id, Message(str(phone["number"]), "x" * 1500))

    with_channel(channel, rewritten)
