"""Which calls are Twilio's, and what their fields are."""

import hmac
from base64 import b64encode
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from channels import twilio_hooks
from channels.contract import Forged, Hook

# Twilio's own published examples: https://www.twilio.com/docs/usage/security#validating-requests
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_URL = URL + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON = b'{"property": "value", "boolean": true}'
JSON_SIGNED = "a9nBmqA0ju/hNViExpshrM61xv4="


def hook(url: str = URL, body: bytes = FORM, signature: str | None = SIGNED) -> Hook:
    return Hook(url, {} if signature is None else {twilio_hooks.SIGNATURE: signature}, body)


@pytest.mark.parametrize("genuine", [hook(), hook(JSON_URL, JSON, JSON_SIGNED)])
def test_twilios_own_signatures_are_genuine(genuine: Hook) -> None:
    twilio_hooks.verify(genuine, TOKEN)


@pytest.mark.parametrize(
    "forged",
    [
        hook(signature=None),
        hook(signature=""),
        hook(signature="RSOYDt4T1cUTdK1PDd93/VVr8B9="),
        hook(signature="ünïcode"),
        hook(body=FORM + b"&More=1"),
        hook(body=b""),
        hook(body=b"\xff\xfe"),
        hook(url=URL + "&baz=3"),
        hook(JSON_URL, JSON + b" ", JSON_SIGNED),
        hook(JSON_URL, JSON, SIGNED),
        Hook(URL, {twilio_hooks.SIGNATURE: SIGNED, twilio_hooks.SIGNATURE_SETTINGS: "key=k,algorithm=MD5"}, FORM),
    ],
)
def test_a_call_that_is_not_signed_as_it_stands_is_forged(forged: Hook) -> None:
    with pytest.raises(Forged):
        twilio_hooks.verify(forged, TOKEN)


def test_the_newer_signature_with_sha256_is_understood() -> None:
    newer = {twilio_hooks.SIGNATURE_SETTINGS: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    signature = RequestValidator(TOKEN).compute_signature(URL, twilio_hooks.form(hook()), algorithm="HMAC_SHA256")
    twilio_hooks.verify(Hook(URL, newer | {twilio_hooks.SIGNATURE: signature}, FORM), TOKEN)


def test_a_field_given_twice_is_signed_twice() -> None:
    body = b"MediaUrl=b&MediaUrl=a&Empty="
    signature = RequestValidator(TOKEN).compute_signature(
        URL, MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
    )
    twilio_hooks.verify(hook(body=body, signature=signature), TOKEN)
    with pytest.raises(Forged):
        twilio_hooks.verify(hook(body=b"MediaUrl=a&Empty=", signature=signature), TOKEN)


encoded = st.text(st.sampled_from("ab=&+%0C3é€~ ;#?"), max_size=24) | st.text(max_size=12)
paths = (
    st.text(st.sampled_from("ab/?=&;#%5+.:3-"), max_size=16) | st.just("a?bodySHA256=0") | st.just("?body%53HA256=0")
)
addresses = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["city.example", "City.example", "127.0.0.1", "[::1]"]),
    st.sampled_from(["", ":", ":80", ":443", ":8000", ":65535", ":0"]),
    paths,
)


@given(encoded)
def test_fields_are_read_as_the_standard_library_reads_them(said: str) -> None:
    assert list(twilio_hooks.fields(said)) == parse_qsl(said, keep_blank_values=True)


@settings(max_examples=400)
@given(addresses, encoded, st.sampled_from(["as it stands", "by the SDK"]))
def test_whatever_is_recognised_at_once_the_sdk_would_accept_too(url: str, said: str, signed: str) -> None:
    body = said.encode("utf-8", "replace")
    fields = MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
    if signed == "by the SDK":
        signature = RequestValidator(TOKEN).compute_signature(url, fields)
    else:
        text = url + "".join(name + value for name, value in sorted(set(fields.items())))
        signature = b64encode(hmac.digest(TOKEN.encode(), text.encode(), "sha1")).decode()
    call = hook(url, body, signature)
    is_hashed = "bodySHA256" in parse_qs(urlsplit(url).query)
    judged = RequestValidator(TOKEN).validate(url, body.decode() if is_hashed else fields, signature)
    if judged:
        twilio_hooks.verify(call, TOKEN)
    else:
        with pytest.raises(Forged):
            twilio_hooks.verify(call, TOKEN)


def test_an_ordinary_status_callback_is_recognised_without_the_sdk() -> None:
    url = "https://city.example/hooks/whatsapp/k-_3?ref=7-1000-1"
    signature = RequestValidator(TOKEN).compute_signature(url, MultiDict(parse_qsl(FORM.decode())))
    assert twilio_hooks._is_signed_plainly(hook(url, FORM, signature), TOKEN, signature)
    assert not twilio_hooks._is_signed_plainly(hook(url + "1", FORM, signature), TOKEN, signature)
