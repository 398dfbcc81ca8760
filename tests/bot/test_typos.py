"""One letter wrong is still a stop; another word that looks like one is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import typos
from bot.keywords import Intent, understand

LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz0")
WORDS = st.sampled_from(["unsubscribe", "berhenti", "hentikan", "stopall"])


@pytest.mark.parametrize(
    "text", ["sotp", "tsop", "stpo", "stp", "dtop", "st0p", "sttop", "stip", "sstop", "pls sotp", "st op", "pleasestop"]
)
def test_a_slip_of_the_finger_is_a_stop(text: str) -> None:
    understood = understand(text)
    assert understood is not None
    assert understood.intent is Intent.STOP


@pytest.mark.parametrize(
    "text",
    [
        "shop",
        "step",
        "slop",
        "stomp",
        "strop",
        "stow",
        "stok",
        "shop please",
        "step by step",
        "massage",
        "cancer",
        "bantal",
        "terhenti",
        "推定",
        "停滞",
        "நிறைத்து",
    ],
)
def test_an_ordinary_word_is_let_be(text: str) -> None:
    assert understand(text) is None


@pytest.mark.parametrize(
    "text", ["top", "stoop", "sop", "stops", "stop2", "unsubscribed", "stoop please", "sotp?", "stop massage"]
)
def test_what_may_be_either_is_asked_about(text: str) -> None:
    understood = understand(text)
    assert understood is not None
    assert understood.intent is Intent.ASK_STOP


@pytest.mark.parametrize(
    "text", ["sotp the road works", "sotp stpo", "I think he sotp", "the shop is flooded", "在发大水"]
)
def test_a_slip_counts_in_a_whole_short_text_only(text: str) -> None:
    understood = understand(text)
    assert understood is None or understood.intent is not Intent.STOP


@given(word=WORDS, place=st.integers(0, 10), letter=LETTERS)
def test_one_letter_too_many_too_few_or_changed_in_a_long_word_is_still_about_stopping(
    word: str, place: int, letter: str
) -> None:
    place %= len(word)
    for slipped in (word[:place] + word[place + 1 :], word[:place] + letter + word[place + 1 :]):
        assert slipped == word or typos.is_one_off(slipped, word)
    understood = understand(word[:place] + letter + word[place:])
    assert understood is None or understood.intent in (Intent.STOP, Intent.ASK_STOP)


@pytest.mark.parametrize(
    ("word", "target"),
    [("stop", "stop"), ("st", "stop"), ("stooop", "stop"), ("spot", "stop"), ("post", "stop"), ("opts", "stop")],
)
def test_more_than_one_letter_is_too_much(word: str, target: str) -> None:
    assert not typos.is_one_off(word, target)
