"""Telegram's word -> ours. Matched on status and a part of the description, never on the whole of it.

Sources: platforms.md A2 and A3 (tdlib/telegram-bot-api Client.cpp, Bot API ResponseParameters). An error answer in the
4xx range says that the call was not carried out; so a word we do not know becomes Unavailable(not sent): trying again
duplicates nothing, and giving up would lose a message to a word nobody had seen before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import orjson
import structlog

from channels.contract import STALE_HANDLE, Misconfigured, Refusal, Rejected, Throttled, Unavailable, Unreachable

log = structlog.get_logger()

UNCHANGED = "unchanged"
GONE = "gone"
NO_TEXT = "no_text"
BAD_MESSAGE_ID = "bad_message_id"


@dataclass(frozen=True, slots=True)
class Row:
    """Where `status` is the answer's and `words` (lower case) stand in its description, `refusal` follows."""

    status: int
    words: str
    refusal: type[Unreachable] | type[Rejected] | type[Misconfigured]
    reason: str


TABLE = (
    Row(403, "bot was blocked by the user", Unreachable, "blocked"),
    Row(403, "user is deactivated", Unreachable, "deactivated"),
    Row(403, "initiate conversation", Unreachable, "never_started"),
    Row(403, "can't send messages to bots", Unreachable, "is_a_bot"),
    Row(403, "bot was kicked", Unreachable, "removed"),
    Row(403, "bot is not a member", Unreachable, "removed"),
    Row(403, "group chat was deleted", Unreachable, "deleted"),
    # A 403 whose text is an ALL_CAPS code is rewritten to 400 by Telegram's server.
    Row(400, "user_is_blocked", Unreachable, "blocked"),
    Row(400, "input_user_deactivated", Unreachable, "deactivated"),
    Row(400, "user_deactivated", Unreachable, "deactivated"),
    Row(400, "user_is_bot", Unreachable, "is_a_bot"),
    Row(400, "chat not found", Unreachable, "not_found"),
    Row(400, "user not found", Unreachable, "not_found"),
    Row(400, "peer_id_invalid", Unreachable, "not_found"),
    Row(400, "chat_write_forbidden", Unreachable, "may_not_write"),
    Row(400, "not enough rights to send", Unreachable, "may_not_write"),
    Row(400, "upgraded to a supergroup", Rejected, "chat_migrated"),
    Row(400, "message is not modified", Rejected, UNCHANGED),
    Row(400, "message to edit not found", Rejected, GONE),
    Row(400, "no text in the message to edit", Rejected, NO_TEXT),
    Row(400, "message to delete not found", Rejected, GONE),
    Row(400, "message_id_invalid", Rejected, BAD_MESSAGE_ID),
    Row(400, "message identifier is not specified", Rejected, BAD_MESSAGE_ID),
    Row(400, "message can't be edited", Rejected, "cannot_edit"),
    Row(400, "message can't be deleted", Rejected, "cannot_delete"),
    Row(400, "message thread not found", Rejected, "no_such_thread"),
    Row(400, "message text is empty", Rejected, "empty"),
    Row(400, "message is too long", Rejected, "too_long"),
    Row(400, "message_too_long", Rejected, "too_long"),
    Row(400, "can't parse entities", Rejected, "bad_markup"),
    Row(400, "can't parse inline keyboard", Rejected, "bad_choices"),
    Row(400, "can't parse reply keyboard", Rejected, "bad_choices"),
    # After the rows above: what cannot be parsed may be so because a text is empty.
    Row(400, "text must be non-empty", Rejected, "empty"),
    Row(400, "reply markup is too long", Rejected, "bad_choices"),
    Row(400, "reply_markup_too_long", Rejected, "bad_choices"),
    Row(400, "button_data_invalid", Rejected, "bad_choices"),
    Row(400, "query is too old", Rejected, "too_late"),
    Row(400, "query_id_invalid", Rejected, "too_late"),
    Row(400, "chat_id is empty", Rejected, "no_address"),
    # A file_id of another bot, or one that Telegram forgot.
    Row(400, "wrong file identifier", Rejected, STALE_HANDLE),
    Row(400, "wrong remote file identifier", Rejected, STALE_HANDLE),
    Row(400, "file_reference_", Rejected, STALE_HANDLE),
    Row(400, "caption is too long", Rejected, "too_long"),
    Row(400, "file is too big", Rejected, "media_too_large"),
    Row(400, "is too big for a photo", Rejected, "media_too_large"),
    Row(400, "photo_invalid_dimensions", Rejected, "bad_media"),
    Row(400, "image_process_failed", Rejected, "bad_media"),
    Row(400, "photo_ext_invalid", Rejected, "bad_media"),
    Row(400, "failed to get http url content", Rejected, "bad_media"),
    Row(400, "file must be non-empty", Rejected, "bad_media"),
    Row(400, "invalid file_id", Rejected, "bad_media"),
    Row(400, "bad webhook", Misconfigured, "bad_webhook"),
    Row(401, "", Misconfigured, "bad_token"),
    Row(404, "", Misconfigured, "bad_token"),
    Row(409, "", Misconfigured, "two_receivers"),
    Row(413, "", Rejected, "too_long"),
)


def translate(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The refusal that an error answer means. Never raises, whatever the body holds; unknown words are logged once."""
    answer = _read(body)
    words = str(answer.get("description") or "")
    if status == 429:
        return Throttled("too_fast", code=words or "429", retry_after=_retry_after(answer, headers))
    if status >= 500:
        # 500 "restart", 502 and 504 are said by a server or gateway that may have passed the call on; 503 is not.
        return Unavailable("provider_down", code=words or str(status), may_be_sent=status != 503)
    row = _found(status, words.casefold())
    if row is None:
        _report_unknown(status, words)
        return Unavailable("unknown_word", code=words or str(status), may_be_sent=False)
    return row.refusal(row.reason, code=words or str(status))


def _found(status: int, words: str) -> Row | None:
    return next((row for row in TABLE if row.status == status and row.words in words), None)


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _retry_after(answer: Mapping[str, Any], headers: Mapping[str, str]) -> timedelta:
    parameters = answer.get("parameters")
    said = parameters.get("retry_after") if isinstance(parameters, dict) else None
    try:
        seconds = float(said if said is not None else headers.get("Retry-After", 1))
    except (TypeError, ValueError):
        seconds = 1.0
    return timedelta(seconds=max(seconds, 1.0))


@lru_cache(maxsize=512)
def _report_unknown(status: int, words: str) -> None:
    log.warning("telegram_word_unknown", status=status, words=words[:200])
