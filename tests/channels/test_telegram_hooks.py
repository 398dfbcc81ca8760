"""What Telegram tells us, read from recorded updates."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Forged, Hook, Inbound, Line, Malformed, Membership, Misconfigured
from channels.telegram import hooks
from channels.telegram.channel import SECRET_HEADER, TelegramChannel
from tests.channels.recorded import payload

SECRET = "s3cret_of-the-hook"


def made(*, token: str = "7100000001:AAtoken", secret: str = SECRET) -> TelegramChannel:
    return TelegramChannel(
        Line("loudhailer_bot", "https://a.example/h", {"token": token, "webhook_secret": secret}, {})
    )


def hook(body: bytes, *, secret: str | None = SECRET) -> Hook:
    return Hook("https://a.example/h", {SECRET_HEADER: secret} if secret is not None else {}, body)


def test_a_deep_link_arrives_as_its_start_command() -> None:
    assert hooks.read(payload("telegram/start_with_payload.json")) == [
        Inbound(
            event_id="829100101",
            address="5400112233",
            text="/start floods-qr7",
            provider_id="40",
            locale_hint="ta",
            name="Meena Raj",
            said_at=datetime(2026, 11, 23, 10, 34, 59, tzinfo=UTC),
        )
    ]


def test_a_text_in_chinese_arrives_with_the_apps_language_as_it_is() -> None:
    (event,) = hooks.read(payload("telegram/text_zh.json"))
    assert isinstance(event, Inbound)
    assert (event.text, event.locale_hint, event.name) == ("停止", "zh-hans", "伟明")


def test_the_caption_of_a_photo_is_its_text() -> None:
    (event,) = hooks.read(payload("telegram/photo_with_caption.json"))
    assert isinstance(event, Inbound)
    assert event.text == "Is this road open?"


def test_pictures_of_one_album_say_so() -> None:
    update = orjson.loads(payload("telegram/photo_with_caption.json"))
    update["message"]["media_group_id"] = "13579"
    (event,) = hooks.read(orjson.dumps(update))
    assert isinstance(event, Inbound)
    assert event.attachment is not None
    assert event.attachment.album == "13579"


def test_a_sticker_is_something_said_without_words() -> None:
    (event,) = hooks.read(payload("telegram/sticker.json"))
    assert isinstance(event, Inbound)
    assert event.text == ""
    assert event.choice is None


def test_a_tap_says_the_choice_the_message_and_what_to_acknowledge() -> None:
    (event,) = hooks.read(payload("telegram/callback_query.json"))
    assert event == Inbound(
        event_id="829100105",
        address="5400112233",
        text="",
        choice="lang:ta",
        tapped_id="41",
        locale_hint="ta",
        name="Meena Raj",
        ack="4382071122334455",
    )


def test_a_tap_on_a_message_too_old_to_be_shown_still_counts() -> None:
    (event,) = hooks.read(payload("telegram/callback_query_on_inaccessible_message.json"))
    assert isinstance(event, Inbound)
    assert (event.choice, event.tapped_id) == ("topic:floods", "12")


@pytest.mark.parametrize(("file", "is_reachable"), [("blocked", False), ("unblocked", True)])
def test_blocking_and_unblocking_the_bot_is_noticed(file: str, is_reachable: bool) -> None:
    (event,) = hooks.read(payload(f"telegram/{file}.json"))
    assert isinstance(event, Membership)
    assert (event.address, event.is_reachable) == ("5400112233", is_reachable)
    assert event.at is not None


@pytest.mark.parametrize(
    "file", ["edited_message", "group_message", "added_to_group", "pinned_by_telegram", "channel_post"]
)
def test_what_is_no_conversation_is_no_event(file: str) -> None:
    assert hooks.read(payload(f"telegram/{file}.json")) == []


def test_a_message_without_its_sender_is_still_heard() -> None:
    (event,) = hooks.read(payload("telegram/message_without_sender.json"))
    assert isinstance(event, Inbound)
    assert (event.text, event.name, event.locale_hint) == ("help", None, None)


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[1]", b'"text"', b"{}", b'{"update_id": "7"}', b"\xff\xfe"])
def test_what_is_no_update_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        hooks.read(body)


rubbish = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "type", "chat", "from", "text", "date", "data", "message", "message_id", "new_chat_member", "status"]
    ), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(part=rubbish, kind=st.sampled_from(["message", "callback_query", "my_chat_member", "inline_query"]))
def test_an_update_of_any_shape_is_read_without_an_error(part: object, kind: str) -> None:
    assert len(hooks.read(orjson.dumps({"update_id": 1, kind: part}))) <= 1


def test_the_answer_to_a_tap_stops_the_spinner() -> None:
    channel = made()
    answer = channel.answer(channel.parse(hook(payload("telegram/callback_query.json"))))
    assert answer.content_type == "application/json"
    assert orjson.loads(answer.body) == {"method": "answerCallbackQuery", "callback_query_id": "4382071122334455"}


def test_the_answer_to_anything_else_is_empty() -> None:
    channel = made()
    assert channel.answer(channel.parse(hook(payload("telegram/text_zh.json")))).body == b""


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "ünïcode"])
def test_a_call_without_our_secret_is_forged(secret: str | None) -> None:
    with pytest.raises(Forged):
        made().verify(hook(b"{}", secret=secret))


def test_a_call_with_our_secret_is_genuine() -> None:
    made().verify(hook(b"{}"))


@pytest.mark.parametrize(("token", "secret"), [("", SECRET), ("1:a", ""), ("1:a", "has space"), ("1:a", "x" * 257)])
def test_a_bot_without_usable_credentials_is_misconfigured(token: str, secret: str) -> None:
    with pytest.raises(Misconfigured):
        made(token=token, secret=secret)
