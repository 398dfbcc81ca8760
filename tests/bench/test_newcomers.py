"""The surge's people: what each says, what each has to hear, and that the proof sees one answer too few or too many."""

from collections import Counter

import pytest

from bench import calls, newcomers
from bench.house import TELEGRAM, WHATSAPP
from bench.newcomers import APPS, WORDS, Link, Newcomer, Surge
from bench.processes import Failed
from bench.receiver import Note

LINK = Link("abcd2345", {TELEGRAM: "/start abcd2345", WHATSAPP: "Hello! abcd2345"})


def surge(count: int = 80) -> Surge:
    """So many people, without a house to come to."""
    people = [Newcomer(app, number) for number in range(1, count // 2 + 1) for app in APPS]
    return Surge(people, {TELEGRAM: "t", WHATSAPP: "w"}, LINK)


def notes(of: Surge) -> list[Note]:
    """What the sink saw where all is well."""
    return [Note(mark, recipient, 0.0) for (mark, recipient), times in of.answers("A").items() for _ in range(times)]


def test_half_of_each_app_come_by_the_link_and_some_of_all_kinds_say_it_twice() -> None:
    people = surge().people
    for app in APPS:
        mine = [each for each in people if each.app == app]
        assert sum(each.is_by_link for each in mine) == len(mine) / 2
        for repeats in ("is_repeated", "presses"):
            twice = [each for each in mine if getattr(each, repeats) > (repeats == "presses")]
            assert {each.is_by_link for each in twice} == {True, False}
    assert {(each.presses, each.is_repeated) for each in surge().subscribers} == {(1, False), (2, False), (1, True)}
    assert all(each.is_by_link for each in surge().subscribers)


def test_a_call_made_twice_by_the_provider_is_the_same_and_a_second_word_is_another() -> None:
    said = list(surge().first_calls())
    times = Counter(said)
    assert len(said) == 80 + 16 + 16
    assert (len(times), max(times.values())) == (80 + 16, 2)
    assert sum(b"abcd2345" in call for call in said) == len(said) / 2
    assert len({call for turn in range(len(WORDS)) for call in surge().next_calls(turn)} | set(said)) == 96 + 6 * 3 + 2


@pytest.mark.parametrize("wrong", ["lost", "doubled", "another's", "an alert to who has not subscribed"])
def test_the_proof_misses_nobody_and_nothing_that_is_too_much(wrong: str) -> None:
    of = surge()
    right = notes(of)
    newcomers.proved(right, of.answers("A"))
    first = of.people[0].recipient
    came = {
        "lost": right[1:],
        "doubled": [*right, right[0]],
        "another's": [*right[1:], Note("", calls.on_telegram(999), 0.0)],
        "an alert to who has not subscribed": [*right, Note("A", first, 0.0)],
    }[wrong]
    with pytest.raises(Failed, match="answers were lost"):
        newcomers.proved(came, of.answers("A"))
