"""What Twilio tells us, read from recorded calls."""

import pytest

from channels.contract import (
    Heard,
    Hook,
    Inbound,
    Line,
    Malformed,
    Misconfigured,
    Receipt,
    Rejected,
    Unreachable,
)
from channels.whatsapp import hooks
from channels.whatsapp.channel import WhatsAppChannel
from tests.channels.recorded import payload

URL = "https://a.example/hooks/whatsapp/7"


def heard(file: str, url: str = URL) -> Hook:
    return Hook(url, {}, payload(f"whatsapp/{file}.form"))


def receipt(file: str, url: str = URL) -> Receipt:
    (event,) = hooks.read(heard(file, url))
    assert isinstance(event, Receipt)
    return event


def test_a_text_arrives_with_its_line_breaks_its_name_and_a_hint_from_the_country() -> None:
    assert hooks.read(heard("text")) == [
        Inbound(
            event_id="SM11111111111111111111111111111101",
            address="whatsapp:+60123456789",
            text="Salam 👋\nSaya mahu langgan",
            provider_id="SM11111111111111111111111111111101",
            locale_hint="ms",
            name="Aisyah",
        )
    ]


@pytest.mark.parametrize(
    ("file", "choice", "tapped"),
    [
        ("button", "lang:ta", "SM22222222222222222222222222222201"),
        ("list", "topic:floods", "SM22222222222222222222222222222202"),
    ],
)
def test_a_tap_says_the_choice_and_the_message(file: str, choice: str, tapped: str) -> None:
    (event,) = hooks.read(heard(file))
    assert isinstance(event, Inbound)
    assert (event.choice, event.tapped_id) == (choice, tapped)
    assert event.locale_hint is None


def test_the_caption_of_an_image_is_its_text() -> None:
    (event,) = hooks.read(heard("image_with_caption"))
    assert isinstance(event, Inbound)
    assert event.text == "Is this road open?"


def test_a_person_without_a_phone_number_keeps_the_address_whatsapp_gave() -> None:
    (event,) = hooks.read(heard("without_phone_number"))
    assert isinstance(event, Inbound)
    assert event.address == "whatsapp:SG.13491208655302741918"


def test_the_platforms_own_id_of_a_person_is_read_where_there_is_one() -> None:
    def key(addition: bytes) -> str | None:
        (event,) = hooks.read(Hook(URL, {}, payload("whatsapp/text.form") + addition))
        assert isinstance(event, Inbound)
        return event.person_key

    assert key(b"") is None
    assert key(b"&ExternalUserId=") is None
    assert key(b"&ExternalUserId=SG.13491208655302741918") == "SG.13491208655302741918"
    assert key(b"&UserId=SG.1") == "SG.1"
    assert key(b"&UserId=" + b"x" * 151) is None  # no such id: nothing is concluded from it


def test_two_fields_are_enough_to_hear_somebody() -> None:
    (event,) = hooks.read(heard("only_from_and_sid"))
    assert isinstance(event, Inbound)
    assert (event.text, event.name, event.choice) == ("", None, None)


@pytest.mark.parametrize(
    ("file", "said"),
    [("status_sent", Heard.SENT), ("status_delivered", Heard.DELIVERED), ("status_read", Heard.READ)],
)
def test_a_receipt_carries_our_reference_back(file: str, said: Heard) -> None:
    event = receipt(file, URL + "?ref=b12%3A34.sig-_%2F")
    assert (event.heard, event.reference, event.refusal) == (said, "b12:34.sig-_/", None)
    assert event.provider_id == "SM33333333333333333333333333333301"
    assert event.event_id == f"SM33333333333333333333333333333301:{said}"


def test_a_receipt_for_a_message_without_a_reference_still_names_it() -> None:
    event = receipt("status_sent")
    assert (event.reference, event.provider_id) == (None, "SM33333333333333333333333333333301")


def test_a_failed_message_says_why() -> None:
    unknown, late = receipt("status_undelivered_63024"), receipt("status_failed_63016")
    assert unknown.heard is late.heard is Heard.FAILED
    assert isinstance(unknown.refusal, Unreachable)
    assert isinstance(late.refusal, Rejected)


def test_a_status_nobody_knows_yet_is_no_event() -> None:
    assert hooks.read(heard("status_of_tomorrow")) == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"Body=hi", b"\xff\xfe=%zz", b"From=whatsapp%3A%2B65", b"MessageSid=SM1&Body=hi"]
)
def test_a_call_that_names_no_message_or_nobody_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        hooks.read(Hook(URL, {}, body))


def made(*, handle: str = "+6531580000", url: str = URL, sid: str = "AC1", token: str = "t") -> WhatsAppChannel:
    return WhatsAppChannel(Line(handle, url, {"account_sid": sid, "auth_token": token}, {}))


def test_the_answer_to_every_call_says_nothing_in_twiml() -> None:
    answer = made().answer(hooks.read(heard("text")))
    assert (answer.body, answer.content_type) == (b"<Response/>", "application/xml")


@pytest.mark.parametrize(
    "wrong", [{"handle": ""}, {"sid": ""}, {"token": ""}, {"url": "https://under_score.example/hook"}]
)
def test_a_number_without_usable_settings_is_misconfigured(wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        made(**wrong)
