"""Every word of Twilio's that we know and what follows from it."""

from datetime import timedelta

import orjson
import pytest
from structlog.testing import capture_logs

from channels import twilio_api
from channels.contract import (
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
    (21620, Unavailable, False),
    (20001, Rejected, "bad_parameter"),
    (21655, Rejected, "no_such_content"),
    (21656, Rejected, "bad_variables"),
    (30007, Rejected, "filtered"),
    (63005, Rejected, "bad_content"),
    (63013, Rejected, "against_policy"),
    (63016, Rejected, "outside_window"),
    (63019, Unavailable, False),
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
