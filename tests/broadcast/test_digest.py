"""A bulletin says as much as fits, and always something."""

from hypothesis import given
from hypothesis import strategies as st

from broadcast import digest


def more(n: int) -> str:
    return f"and {n} more"


def composed(items: list[str], room: int) -> str:
    return digest.composed("Good morning.", items, more=more, fits=lambda text: len(text) <= room)


def test_with_room_enough_everything_is_said_whole() -> None:
    assert composed(["One.\nMore of it.", "Two."], 100) == "Good morning.\n\n• One.\nMore of it.\n\n• Two."


def test_what_does_not_fit_whole_is_shortened_before_anything_is_left_out() -> None:
    said = composed(["x" * 500, "y" * 500], 450)
    assert "x…" in said
    assert "y…" in said
    assert "more" not in said


def test_when_even_beginnings_are_too_much_the_rest_is_counted() -> None:
    said = composed(["x" * 90] * 20, 500)
    assert said.endswith("and 15 more")
    assert said.count("•") == 5


@given(st.lists(st.text(min_size=1), min_size=1, max_size=30), st.integers(60, 2000))
def test_it_always_fits_and_counts_everybody(items: list[str], room: int) -> None:
    said = composed(items, room)
    assert len(said) <= room
    assert said.startswith("Good morning.")
