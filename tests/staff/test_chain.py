"""Whatever somebody does to a chain, short of writing it anew to its end and its head along with it, is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from staff.chain import BEGINNING, Broken, Head, How, Kept, Line, digest, first_broken

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=5))
WORDS = st.lists(st.tuples(st.text(max_size=5), st.dictionaries(st.text(max_size=3), VALUES, max_size=2)), max_size=8)


def chained(words: list[tuple[str, dict[str, object]]]) -> tuple[list[Kept], Head]:
    """A chain of lines with these verbs and details."""
    before, kept = BEGINNING, []
    for number, (verb, details) in enumerate(words, start=1):
        line = Line(1, number, NOW + timedelta(seconds=number), None, verb, "x", details)
        before = digest(before, line)
        kept.append(Kept(line, before))
    return kept, Head(len(kept), before)


def renumbered(lines: list[Kept]) -> list[Kept]:
    return [Kept(replace(each.line, number=place), each.digest) for place, each in enumerate(lines, start=1)]


@given(WORDS)
def test_what_nobody_touched_is_whole(words: list[tuple[str, dict[str, object]]]) -> None:
    assert first_broken(*chained(words)) is None


@given(WORDS.filter(bool), st.data())
def test_no_line_can_be_changed_taken_out_put_in_or_moved(
    words: list[tuple[str, dict[str, object]]], data: st.DataObject
) -> None:
    lines, head = chained(words)
    place = data.draw(st.integers(0, len(lines) - 1))
    false = data.draw(st.sampled_from(["f" * 64, lines[place].digest]))
    odd = Kept(Line(1, place + 1, NOW, 7, "forged", "x", {}), false)
    expected: Broken | None = None
    match data.draw(st.sampled_from(["change", "take out", "close the gap", "put in", "move"])):
        case "change":
            done, expected = [*lines[:place], odd, *lines[place + 1 :]], Broken(place + 1, How.CHANGED)
        case "take out":
            done, expected = [*lines[:place], *lines[place + 1 :]], Broken(place + 1, How.TAKEN_OUT)
        case "close the gap":
            done = renumbered([*lines[:place], *lines[place + 1 :]])
        case "put in":
            done, expected = renumbered([*lines[:place], odd, *lines[place:]]), Broken(place + 1, How.PUT_IN)
        case _:
            done = renumbered([*lines[place + 1 :], *lines[: place + 1]])
            if done == lines:
                return
    found = first_broken(done, head)
    assert found is not None
    assert expected in (None, found)
