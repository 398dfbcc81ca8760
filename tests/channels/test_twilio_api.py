"""Every word of Twilio's that we know and what follows from it, and which calls are Twilio's."""

import hmac
from base64 import b64encode
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from channels import twilio_api
from channels.contract import (
    Forged,
    Hook,
    Misconfigured,
    Refusal,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)

# Written down by hand from platforms.md B4 (its "action" column is the comment), never derived from the tables: a row
# that gets lost, or changes its meaning, fails here. The last column is our reason, the seconds to wait where Twilio
# names none, or whether the message may have gone out.
KNOWN: list[tuple[int, type[Refusal], str | int | bool]] = [
    # permanent, of the address
    (21211, Unreachable, "not_a_number"),
    (21610, Unreachable, "opted_out"),  # mark unsubscribed
    (21612, Unreachable, "no_route"),
    (21614, Unreachable, "not_mobile"),
    (30004, Unreachable, "blocked"),  # suppress
    (30005, Unreachable, "unknown_number"),  # permanent after n
    (30006, Unreachable, "landline"),
    (63003, Unreachable, "not_found"),
    (63015, Unreachable, "not_in_sandbox"),  # "config" there: but of one person, who joins by a word of theirs
    (63024, Unreachable, "not_on_whatsapp"),
    # permanent, of the message
    (21408, Rejected, "country_not_enabled"),  # "config" there: but of one country
    (21602, Rejected, "empty"),
    (21617, Rejected, "too_long"),
    (21619, Rejected, "empty"),
    (21620, Rejected, "bad_media"),
    (21655, Rejected, "no_such_content"),
    (21656, Rejected, "bad_variables"),
    (30007, Rejected, "filtered"),
    (63005, Rejected, "bad_content"),
    (63013, Rejected, "against_policy"),
    (63016, Rejected, "outside_window"),
    (63019, Rejected, "bad_media"),
    (63021, Rejected, "bad_content"),
    (63028, Rejected, "bad_variables"),
    (63030, Rejected, "bad_variables"),
    (63031, Rejected, "to_ourselves"),  # drop
    (63032, Rejected, "in_an_experiment"),  # skip
    (63033, Rejected, "opted_out_of_marketing"),  # never retry
    (63049, Rejected, "held_back_by_meta"),  # retry >= 24 h later: then it is too late
    # stop, and tell somebody
    (20003, Misconfigured, "bad_credentials"),
    (20005, Misconfigured, "account_not_active"),
    (20006, Misconfigured, "access_denied"),
    (20008, Misconfigured, "test_credentials"),
    (20404, Misconfigured, "not_found"),
    (21212, Misconfigured, "bad_sender"),
    (21603, Misconfigured, "bad_sender"),
    (21606, Misconfigured, "bad_sender"),
    (21609, Misconfigured, "bad_callback"),
    (30002, Misconfigured, "account_suspended"),
    (63001, Misconfigured, "sender_not_authenticated"),
    (63007, Misconfigured, "bad_sender"),
    (63020, Misconfigured, "invitation_not_accepted"),
    (63027, Misconfigured, "template_missing"),
    (63040, Misconfigured, "template_rejected"),
    (63041, Misconfigured, "template_paused"),  # may resume
    (63042, Misconfigured, "template_disabled"),
    (63051, Misconfigured, "account_locked"),
    (63062, Misconfigured, "marketing_terms_not_accepted"),
    # back off
    (14107, Throttled, 30),  # more than 15 replies in 30 s
    (20429, Throttled, 1),
    (21611, Throttled, 60),
    (30001, Throttled, 60),
    (63017, Throttled, 5),
    (63018, Throttled, 10),
    (63038, Throttled, 3600),
    # later, or who knows
    (20500, Unavailable, True),
    (20503, Unavailable, False),
    (30003, Unavailable, False),
    (30008, Unavailable, True),  # do not duplicate
    (30410, Unavailable, True),  # likewise
    (30450, Unavailable, False),
]


def error(code: int, status: int = 400) -> bytes:
    return orjson.dumps(
        {"code": code, "message": "why", "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    )


@pytest.mark.parametrize(("code", "expected", "detail"), KNOWN)
def test_each_code_means_the_same_in_an_answer_and_in_a_receipt(
    code: int, expected: type[Refusal], detail: str | int | bool
) -> None:
    answered = twilio_api.translate(400, {}, error(code))
    reported = twilio_api.failure(str(code))
    assert type(answered) is type(reported) is expected
    assert answered.code == reported.code == str(code)
    assert [_detail(answered), _detail(reported)] == [detail, detail]


def _detail(refusal: Refusal) -> str | int | bool:
    match refusal:
        case Throttled():
            return round(refusal.retry_after.total_seconds())
        case Unavailable():
            return refusal.may_be_sent
    return refusal.reason


def test_no_code_of_the_tables_is_without_its_line() -> None:
    tables = (
        twilio_api.UNREACHABLE,
        twilio_api.REJECTED,
        twilio_api.MISCONFIGURED,
        twilio_api.THROTTLED,
        twilio_api.UNAVAILABLE,
    )
    told = sorted(code for table in tables for code in table)
    assert told == sorted(code for code, *_ in KNOWN)
    assert len(told) == len(set(told))


def test_a_problem_report_of_the_content_api_is_understood_too() -> None:
    body = orjson.dumps({"type": "https://x.example/20003", "title": "Auth", "status": 401, "code": 20003})
    assert isinstance(twilio_api.translate(401, {}, body), Misconfigured)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 1), ({"Retry-After": "7"}, 7), ({"Retry-After": "soon"}, 1), ({"Retry-After": "0"}, 1)],
)
def test_too_many_requests_waits_as_long_as_twilio_says(headers: dict[str, str], seconds: int) -> None:
    refusal = twilio_api.translate(429, headers, error(20429, 429))
    assert isinstance(refusal, Throttled)
    assert refusal.retry_after == timedelta(seconds=seconds)


def test_a_429_without_a_body_is_too_fast_too() -> None:
    assert isinstance(twilio_api.translate(429, {}, b""), Throttled)


@pytest.mark.parametrize(("status", "may_be_sent"), [(500, True), (502, True), (503, False), (504, True)])
def test_a_server_that_is_down_is_unavailable_and_only_503_is_sure(status: int, may_be_sent: bool) -> None:
    refusal = twilio_api.translate(status, {}, b"<html>Bad Gateway</html>")
    assert isinstance(refusal, Unavailable)
    assert refusal.may_be_sent is may_be_sent


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_without_a_code_means_wrong_credentials(status: int) -> None:
    assert isinstance(twilio_api.translate(status, {}, b"[]"), Misconfigured)


def test_an_unknown_code_loses_nothing_and_is_logged_once() -> None:
    twilio_api._report_unknown.cache_clear()
    with capture_logs() as logs:
        first, second = (twilio_api.translate(400, {}, error(99999)) for _ in range(2))
    assert isinstance(first, Unavailable)
    assert isinstance(second, Unavailable)
    assert not first.may_be_sent
    assert [entry["event"] for entry in logs] == ["twilio_word_unknown"]


@pytest.mark.parametrize("code", ["", "99999", "abc", "٣"])
def test_a_failure_without_a_known_reason_was_surely_not_delivered(code: str) -> None:
    refusal = twilio_api.failure(code)
    assert isinstance(refusal, Unavailable)
    assert not refusal.may_be_sent


# Twilio's own published examples: https://www.twilio.com/docs/usage/security#validating-requests
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_URL = URL + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON = b'{"property": "value", "boolean": true}'
JSON_SIGNED = "a9nBmqA0ju/hNViExpshrM61xv4="


def hook(url: str = URL, body: bytes = FORM, signature: str | None = SIGNED) -> Hook:
    return Hook(url, {} if signature is None else {twilio_api.SIGNATURE: signature}, body)


@pytest.mark.parametrize("genuine", [hook(), hook(JSON_URL, JSON, JSON_SIGNED)])
def test_twilios_own_signatures_are_genuine(genuine: Hook) -> None:
    twilio_api.verify(genuine, TOKEN)


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
        Hook(URL, {twilio_api.SIGNATURE: SIGNED, twilio_api.SIGNATURE_SETTINGS: "key=k,algorithm=MD5"}, FORM),
    ],
)
def test_a_call_that_is_not_signed_as_it_stands_is_forged(forged: Hook) -> None:
    with pytest.raises(Forged):
        twilio_api.verify(forged, TOKEN)


def test_the_newer_signature_with_sha256_is_understood() -> None:
    newer = {twilio_api.SIGNATURE_SETTINGS: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    signature = RequestValidator(TOKEN).compute_signature(URL, twilio_api.form(hook()), algorithm="HMAC_SHA256")
    twilio_api.verify(Hook(URL, newer | {twilio_api.SIGNATURE: signature}, FORM), TOKEN)


def test_a_field_given_twice_is_signed_twice() -> None:
    body = b"MediaUrl=b&MediaUrl=a&Empty="
    signature = RequestValidator(TOKEN).compute_signature(
        URL, MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
    )
    twilio_api.verify(hook(body=body, signature=signature), TOKEN)
    with pytest.raises(Forged):
        twilio_api.verify(hook(body=b"MediaUrl=a&Empty=", signature=signature), TOKEN)


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
    assert twilio_api.fields(said) == parse_qsl(said, keep_blank_values=True)


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
        twilio_api.verify(call, TOKEN)
    else:
        with pytest.raises(Forged):
            twilio_api.verify(call, TOKEN)


def test_an_ordinary_status_callback_is_recognised_without_the_sdk() -> None:
    url = "https://city.example/hooks/whatsapp/k-_3?ref=7-1000-1"
    signature = RequestValidator(TOKEN).compute_signature(url, MultiDict(parse_qsl(FORM.decode())))
    assert twilio_api._is_signed_plainly(hook(url, FORM, signature), TOKEN, signature)
    assert not twilio_api._is_signed_plainly(hook(url + "1", FORM, signature), TOKEN, signature)
