"""The stop of one topic: said clearly, by all of its names, in every language; and what only sounds like it."""

import pytest

from bot import topic_words
from bot.keywords import Intent, understand
from bot.topic_words import Named
from locales import texts
from tests.bot.people import TOPICS
from tests.bot.test_keywords import PHRASES, phrases

KEYS = list(TOPICS)
NAMED = [topic_words.named(place, [key, *TOPICS[key].values()]) for place, key in enumerate(KEYS)]
CLEAR = [line.split(": ", 1) for line in phrases("topic")]
UNCLEAR = (PHRASES / "no_topic.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("keys", "text"), CLEAR)
def test_the_stop_of_a_topic_is_understood_in_every_language(keys: str, text: str) -> None:
    reading = topic_words.read(text, NAMED)
    assert ([KEYS[place] for place in reading.ids], reading.is_clear) == (keys.split(), True)
    understood = understand(text)
    assert understood is None or understood.intent is not Intent.STOP, "that would stop everything"


@pytest.mark.parametrize("text", [*UNCLEAR, *phrases("stop"), *phrases("no_stop")])
def test_what_only_speaks_of_a_topic_stops_none(text: str) -> None:
    assert not topic_words.read(text, NAMED).is_clear


@pytest.mark.parametrize("locale", texts.locales())
def test_there_are_enough_examples_of_topics_in_each_language(locale: str) -> None:
    assert len(phrases("topic", locale)) >= 20


def test_the_longest_name_is_the_one_that_is_meant() -> None:
    floods, flash = Named(1, frozenset({"floods"})), Named(2, frozenset({"flash floods"}), parent_id=1)
    assert topic_words.read("stop flash floods", [floods, flash]).ids == (2,)
    assert topic_words.read("stop floods", [floods, flash]).ids == (1,)
    assert topic_words.with_children((1,), [floods, flash]) == (1, 2)
    assert topic_words.with_children((2,), [floods, flash]) == (2,)


def test_a_name_that_two_topics_share_is_asked_about() -> None:
    shared = [topic_words.named(1, ["Buses", "bus-routes"]), topic_words.named(2, ["Buses", "school-buses"])]
    reading = topic_words.read("stop buses", shared)
    assert (reading.ids, reading.is_clear, reading.is_about_stopping) == ((1, 2), False, True)
    assert topic_words.read("stop bus routes", shared).is_clear


def test_signs_in_a_name_are_only_signs() -> None:
    odd = [topic_words.named(1, ["C++ (beta)*", "水[灾"]), topic_words.named(2, ["…"])]
    assert topic_words.read("stop C++ (beta)*", odd).ids == (1,)
    assert topic_words.read("\ue000 stop", odd).ids == ()


@pytest.mark.parametrize(
    ("text", "ids", "is_clear"),
    [
        ("stop flood alerts", (1,), True),
        ("stop floods", (1,), True),
        ("no more flood alerts please", (1,), True),
        ("stop the flood", (1,), False),
        ("停止水灾", (1,), True),
        ("hentikan banjir", (1,), True),
        ("வெள்ளம் நிறுத்து", (1,), True),
        ("stop roads and transport", (2,), True),
        ("stop roads", (2,), False),
        ("停止道路通知", (2,), False),
        ("hentikan mesej jalan", (2,), False),
        ("stop alerts", (), False),
    ],
)
def test_names_of_several_words_are_known_by_what_they_are_about(
    text: str, ids: tuple[int, ...], is_clear: bool
) -> None:
    made = [
        topic_words.named(1, ["flood", "Flood alerts", "水灾警报", "Amaran banjir", "வெள்ள எச்சரிக்கை"]),
        topic_words.named(2, ["transport", "Roads and transport", "道路与交通", "Jalan dan pengangkutan"]),
    ]
    reading = topic_words.read(text, made)
    assert (reading.ids, reading.is_clear) == (ids, is_clear)
    assert reading.is_about_stopping is bool(ids)
