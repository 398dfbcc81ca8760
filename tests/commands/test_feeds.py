"""loudhailer feed and bulletin parts: what an operator types to have bulletins say data."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds import chart
from tests.commands.conftest import Run
from tests.feeds import rivers
from tests.feeds.chart_lines import lines
from tests.feeds.servers import Act, says, serving

FEED = """
source = "http://127.0.0.1:{port}/now"
form = "json"
origin = "at"
max_age_minutes = 60
[fields.level]
path = "stations/id=S50/level"
type = "number"
unit = "length-meter"
most = 10
labels = {{ en = "Water level" }}
"""
PARTS = """
[[parts]]
kind = "feed"
feed = "river"
texts = { en = "The river: {level}.", ms = "Sungai: {level}." }
[[parts]]
kind = "picture"
texts = { en = "The gauge at the bridge." }
"""


@pytest.fixture
def city(run: Run) -> Run:
    for words in (
        ("agency", "create", "city", "--name", "City", "--locales", "en,ms"),
        ("topic", "add", "city", "river", "--name", "en=River", "--name", "ms=Sungai"),
        (
            "bulletin",
            "define",
            "city",
            "daily",
            "--topic",
            "river",
            "--at",
            "08:00",
            "--introduction",
            "en=Good morning.",
        ),
    ):
        done = run(*words)
        assert done.exit_code == 0, done.output
    return run


def written(folder: Path, text: str) -> str:
    path = folder / "said.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def tried(city: Run, folder: Path, act: Act) -> tuple[int, str]:
    with serving(act) as port:
        added = city("feed", "add", "city", "river", written(folder, FEED.format(port=port)))
        assert added.exit_code == 0, added.output
        done = city("feed", "try", "city", "river")
    return done.exit_code, " ".join(done.output.split())


def test_a_feed_is_added_tried_listed_and_removed(city: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_HOSTS", "127.0.0.1")
    code, said = tried(city, tmp_path, says(rivers.document(1.25, at=datetime.now(UTC))))
    assert code == 0, said
    assert "1.2 m" in said
    assert "river" in city("feed", "list", "city").output
    assert city("feed", "remove", "city", "river").exit_code == 0
    assert "no feed" in city("feed", "remove", "city", "river").output


def test_what_would_be_held_says_so_when_it_is_tried(
    city: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    for act, hosts, told in (
        (says(rivers.document(99, at=now)), "127.0.0.1", "held: out_of_bounds level 10"),
        (says(b"<html>"), "127.0.0.1", "cannot be read as json"),
        (says(b"{}"), "", "FEED_HOSTS may allow it"),
    ):
        monkeypatch.setenv("FEED_HOSTS", hosts)
        code, said = tried(city, tmp_path, act)
        assert code == 1
        assert told in said


def test_a_feed_or_parts_that_cannot_be_are_refused_with_the_reason(city: Run, tmp_path: Path) -> None:
    for words, text, reason in (
        (("feed", "add", "city", "river"), "source = 1", "source"),
        (("feed", "add", "city", "river"), "not toml", "TOML"),
        (("bulletin", "parts", "city", "daily"), PARTS, "it has none yet"),
        (("bulletin", "parts", "city", "daily"), "x = 1", "[[parts]]"),
        (("bulletin", "parts", "city", "none"), PARTS, "no bulletin"),
    ):
        refused = city(*words, written(tmp_path, text))
        assert refused.exit_code == 1
        assert reason in refused.output


def test_parts_are_set_from_a_file_with_a_picture_and_shown(city: Run, tmp_path: Path) -> None:
    city("feed", "add", "city", "river", written(tmp_path, FEED.format(port=9)))
    picture = tmp_path / "gauge.png"
    picture.write_bytes(chart.drawn(lines([1, 2])))
    done = city("bulletin", "parts", "city", "daily", written(tmp_path, PARTS), "--picture", str(picture))
    assert done.exit_code == 0, done.output
    shown = city("bulletin", "parts", "city", "daily").output
    assert "Data of river: The river: {level}." in shown
    assert "A picture: The gauge at the bridge." in shown
    bare = city("bulletin", "parts", "city", "daily", written(tmp_path, PARTS))
    assert "needs a picture of this agency" in bare.output
