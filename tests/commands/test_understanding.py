"""What a text means, told on the command line."""

import json

import pytest

from tests.commands.conftest import Run

NAMES = ["--name=en=Flood alerts", "--name=ms=Amaran banjir", "--name=ta=வெள்ள எச்சரிக்கை", "--name=zh_Hans=水灾警报"]


@pytest.mark.parametrize(
    ("text", "intent", "language", "code"),
    [
        ("pls stop", "stop", None, 0),
        ("தமிழ்", "language", "ta", 0),
        ("开始", "start", None, 0),
        ("/help", "help", None, 0),
        ("/topics", "topics", None, 0),
        ("does bus 12 stop here?", "ask", None, 3),
        ("stoop", "ask", None, 3),
        ("shop", "nothing", None, 4),
        ("/announce", "nothing", None, 4),
        ("", "nothing", None, 4),
    ],
)
def test_scripts_are_told_what_a_text_means_without_a_database(
    bare: Run, text: str, intent: str, language: str | None, code: int
) -> None:
    told = bare("understand", text, "--json")
    assert told.exit_code == code
    said = json.loads(told.output)
    assert (said["intent"], said["language"]) == (intent, language)


@pytest.mark.parametrize(
    ("text", "intent", "code"),
    [
        ("stop flood alerts", "stop_topic", 0),
        ("hentikan mesej banjir", "stop_topic", 0),
        ("停止水灾警报", "stop_topic", 0),
        ("வெள்ள எச்சரிக்கை வேண்டாம்", "stop_topic", 0),
        ("please stop the floods", "ask", 3),
        ("floods", "nothing", 4),
    ],
)
def test_an_agencys_topics_are_found(run: Run, text: str, intent: str, code: int) -> None:
    run("agency", "create", "city", "--name", "City Council")
    run("topic", "add", "city", "flood", *NAMES)
    told = run("understand", text, "--agency", "city")
    assert told.exit_code == code
    assert [line.split() for line in told.output.splitlines()] == [
        ["intent", intent],
        ["topic", "flood"],
        ["language", "–"],
    ]


def test_officers_are_told_of_a_word_that_means_something_else_to_them(bare: Run) -> None:
    assert "an officer who is writing" in bare("understand", "cancel").output
    assert "ta (தமிழ்)" in bare("understand", "tamil").output


def test_an_agency_that_is_not_there_is_an_error(run: Run) -> None:
    told = run("understand", "stop", "--agency", "town")
    assert told.exit_code == 1
    assert "no agency 'town'" in told.output
