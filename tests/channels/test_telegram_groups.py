"""What Telegram tells of groups: only commands that are for us, by people, and what became of the group."""

from typing import Any

import orjson
import pytest

from channels.contract import Event, GroupChanged, GroupSaid
from channels.telegram import hooks

GROUP: dict[str, Any] = {"id": -1001234567890, "type": "supergroup", "title": "Duty room"}
AISYAH: dict[str, Any] = {"id": 5400112233, "is_bot": False, "first_name": "Aisyah"}


def read(kind: str, **parts: Any) -> list[Event]:
    """One update of this kind."""
    return hooks.read(orjson.dumps({"update_id": 7, kind: parts}), "City_Bot")


def said(text: str, **parts: Any) -> list[Event]:
    return read("message", **{"message_id": 1, "chat": GROUP, "from": AISYAH, "text": text} | parts)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/status", "/status"),
        ("/status@city_bot", "/status"),
        ("/status@City_Bot B7K2", "/status B7K2"),
        ("/group@city_bot K7F3 P2QM", "/group K7F3 P2QM"),
        ("/status\nplease", "/status\nplease"),
    ],
)
def test_a_command_for_us_is_heard_with_whoever_said_it(text: str, heard: str) -> None:
    assert said(text) == [GroupSaid("7", "-1001234567890", "5400112233", heard, "Duty room")]


@pytest.mark.parametrize("text", ["/status@other_bot", "hello", "city_bot /status", "/", "/ status", "/sta-tus", ""])
def test_what_is_for_nobody_or_for_another_bot_is_not_heard(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"sender_chat": GROUP, "from": {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}},
        {"sender_chat": GROUP},
        {"from": AISYAH | {"is_bot": True}},
        {"from": {}},
        {"from": {"id": "5400112233"}},
        {"chat": GROUP | {"type": "channel"}},
        {"chat": GROUP | {"id": "x"}},
        {"chat": "Duty room"},
    ],
)
def test_who_hides_or_is_no_person_is_not_heard(parts: dict[str, Any]) -> None:
    assert said("/status", **parts) == []


def test_a_tap_in_a_group_is_heard_as_one_and_its_spinner_is_stopped() -> None:
    tapped = read(
        "callback_query", id="99", data="announce:x", message={"message_id": 1, "chat": GROUP}, **{"from": AISYAH}
    )
    assert tapped == [GroupSaid("7", "-1001234567890", "5400112233", "", ack="99")]


def test_a_group_that_becomes_a_supergroup_is_told_the_same_from_both_sides() -> None:
    old, new = GROUP | {"id": -55, "type": "group"}, GROUP
    moved = [GroupChanged("7", "-55", moved_to="-1001234567890")]
    assert read("message", message_id=1, chat=old, migrate_to_chat_id=-1001234567890) == moved
    assert read("message", message_id=1, chat=new, migrate_from_chat_id=-55) == moved


@pytest.mark.parametrize(
    ("status", "heard"),
    [
        ("left", [GroupChanged("7", "-1001234567890")]),
        ("kicked", [GroupChanged("7", "-1001234567890")]),
        ("member", []),
    ],
)
def test_only_that_we_are_put_out_is_news(status: str, heard: list[Event]) -> None:
    assert read("my_chat_member", chat=GROUP, new_chat_member={"status": status}, **{"from": AISYAH}) == heard
