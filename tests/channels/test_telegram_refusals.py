"""Every word of Telegram's that we know, and what follows from it."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from channels.contract import Misconfigured, Refusal, Rejected, Throttled, Unavailable, Unreachable
from channels.telegram import refusals

# Whole descriptions as Telegram's server writes them (tdlib/telegram-bot-api Client.cpp), and what we make of them.
KNOWN: list[tuple[int, str, type[Refusal], str]] = [
    (403, "Forbidden: bot was blocked by the user", Unreachable, "blocked"),
    (403, "Forbidden: user is deactivated", Unreachable, "deactivated"),
    (403, "Forbidden: bot can't initiate conversation with a user", Unreachable, "never_started"),
    (403, "Forbidden: bot can't send messages to bots", Unreachable, "is_a_bot"),
    (403, "Forbidden: bot was kicked from the group chat", Unreachable, "removed"),
    (403, "Forbidden: bot was kicked from the supergroup chat", Unreachable, "removed"),
    (403, "Forbidden: bot was kicked from the channel chat", Unreachable, "removed"),
    (403, "Forbidden: bot is not a member of the supergroup chat", Unreachable, "removed"),
    (403, "Forbidden: bot is not a member of the channel chat", Unreachable, "removed"),
    (403, "Forbidden: the group chat was deleted", Unreachable, "deleted"),
    (400, "Bad Request: USER_IS_BLOCKED", Unreachable, "blocked"),
    (400, "Bad Request: INPUT_USER_DEACTIVATED", Unreachable, "deactivated"),
    (400, "Bad Request: USER_DEACTIVATED", Unreachable, "deactivated"),
    (400, "Bad Request: USER_IS_BOT", Unreachable, "is_a_bot"),
    (400, "Bad Request: chat not found", Unreachable, "not_found"),
    (400, "Bad Request: private chat not found", Unreachable, "not_found"),
    (400, "Bad Request: user not found", Unreachable, "not_found"),
    (400, "Bad Request: PEER_ID_INVALID", Unreachable, "not_found"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Unreachable, "may_not_write"),
    (400, "Bad Request: not enough rights to send text messages to the chat", Unreachable, "may_not_write"),
    (400, "Bad Request: group chat was upgraded to a supergroup chat", Rejected, "chat_migrated"),
    (
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message",
        Rejected,
        "unchanged",
    ),
    (400, "Bad Request: message to edit not found", Rejected, "gone"),
    (400, "Bad Request: message to delete not found", Rejected, "gone"),
    (400, "Bad Request: MESSAGE_ID_INVALID", Rejected, "bad_message_id"),
    (400, "Bad Request: message identifier is not specified", Rejected, "bad_message_id"),
    (400, "Bad Request: message can't be edited", Rejected, "cannot_edit"),
    (400, "Bad Request: message can't be deleted for everyone", Rejected, "cannot_delete"),
    (400, "Bad Request: message thread not found", Rejected, "no_such_thread"),
    (400, "Bad Request: message text is empty", Rejected, "empty"),
    (400, "Bad Request: text must be non-empty", Rejected, "empty"),
    (400, "Bad Request: message is too long", Rejected, "too_long"),
    (400, "Bad Request: MESSAGE_TOO_LONG", Rejected, "too_long"),
    (400, "Bad Request: can't parse entities: Can't find end of the entity at byte offset 4", Rejected, "bad_markup"),
    (400, "Bad Request: can't parse inline keyboard button: Text must be non-empty", Rejected, "bad_choices"),
    (400, "Bad Request: can't parse reply keyboard markup JSON object", Rejected, "bad_choices"),
    (400, "Bad Request: reply markup is too long", Rejected, "bad_choices"),
    (400, "Bad Request: REPLY_MARKUP_TOO_LONG", Rejected, "bad_choices"),
    (400, "Bad Request: BUTTON_DATA_INVALID", Rejected, "bad_choices"),
    (400, "Bad Request: query is too old and response timeout expired or query ID is invalid", Rejected, "too_late"),
    (400, "Bad Request: QUERY_ID_INVALID", Rejected, "too_late"),
    (400, "Bad Request: chat_id is empty", Rejected, "no_address"),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", Rejected, "stale_handle"),
    (400, "Bad Request: wrong remote file identifier specified: Wrong padding", Rejected, "stale_handle"),
    (400, "Bad Request: FILE_REFERENCE_EXPIRED", Rejected, "stale_handle"),
    (400, "Bad Request: there is no text in the message to edit", Rejected, "no_text"),
    (400, "Bad Request: message caption is too long", Rejected, "too_long"),
    (400, "Bad Request: file is too big", Rejected, "media_too_large"),
    (400, "Bad Request: file of size 10485761 bytes is too big for a photo", Rejected, "media_too_large"),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected, "bad_media"),
    (400, "Bad Request: IMAGE_PROCESS_FAILED", Rejected, "bad_media"),
    (400, "Bad Request: PHOTO_EXT_INVALID", Rejected, "bad_media"),
    (400, "Bad Request: failed to get HTTP URL content", Rejected, "bad_media"),
    (400, "Bad Request: file must be non-empty", Rejected, "bad_media"),
    (400, "Bad Request: invalid file_id", Rejected, "bad_media"),
    (400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook", Misconfigured, "bad_webhook"),
    (401, "Unauthorized", Misconfigured, "bad_token"),
    (404, "Not Found", Misconfigured, "bad_token"),
    (409, "Conflict: terminated by other getUpdates request", Misconfigured, "two_receivers"),
    (413, "Request Entity Too Large", Rejected, "too_long"),
]


def answer(code: int, description: str, **parameters: Any) -> bytes:
    said = {"ok": False, "error_code": code, "description": description}
    return orjson.dumps(said | ({"parameters": parameters} if parameters else {}))


@pytest.mark.parametrize(("status", "words", "expected", "reason"), KNOWN)
def test_each_word_of_telegrams_has_its_refusal(status: int, words: str, expected: type[Refusal], reason: str) -> None:
    refusal = refusals.translate(status, {}, answer(status, words))
    assert type(refusal) is expected
    assert refusal.reason == reason
    assert refusal.code == words


@pytest.mark.parametrize("row", refusals.TABLE, ids=lambda row: f"{row.status}-{row.words}")
def test_no_row_of_the_table_is_without_a_word_of_telegrams_that_shows_it(row: refusals.Row) -> None:
    shown = [words for status, words, *_ in KNOWN if refusals._found(status, words.casefold()) is row]
    assert shown


def test_a_group_that_moved_is_rejected_whatever_its_parameters_say() -> None:
    body = answer(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001)
    assert isinstance(refusals.translate(400, {}, body), Rejected)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, answer(429, "Too Many Requests: retry after 17", retry_after=17), 17),
        ({"Retry-After": "9"}, b"<html>Too Many Requests</html>", 9),
        ({"Retry-After": "9"}, answer(429, "Too Many Requests", retry_after="soon"), 1),
        ({}, answer(429, "Too Many Requests: retry after 10072", retry_after=10072), 10072),
        ({}, b"[]", 1),
        ({}, answer(429, "Too Many Requests: retry after 0", retry_after=0), 1),
    ],
)
def test_too_fast_waits_as_long_as_telegram_says(headers: dict[str, str], body: bytes, seconds: int) -> None:
    refusal = refusals.translate(429, headers, body)
    assert isinstance(refusal, Throttled)
    assert refusal.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(("status", "may_be_sent"), [(500, True), (502, True), (503, False), (504, True)])
def test_a_server_that_is_down_is_unavailable_and_only_503_is_sure(status: int, may_be_sent: bool) -> None:
    refusal = refusals.translate(status, {}, b"<html>Bad Gateway</html>")
    assert isinstance(refusal, Unavailable)
    assert refusal.may_be_sent is may_be_sent


def test_an_unknown_word_loses_nothing_and_is_logged_once() -> None:
    refusals._report_unknown.cache_clear()
    body = answer(400, "Bad Request: the moon is in the wrong quarter")
    with capture_logs() as logs:
        first, second = (refusals.translate(400, {}, body) for _ in range(2))
    assert isinstance(first, Unavailable)
    assert isinstance(second, Unavailable)
    assert not first.may_be_sent
    assert [entry["event"] for entry in logs] == ["telegram_word_unknown"]
