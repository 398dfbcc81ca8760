"""Which prepared answer a text asks for."""

import pytest

from bot.keywords import normalise
from helpdesk import matching

ANSWERS = (
    ("refund", "money back", "退款", "bayaran balik", "பணம் திரும்ப"),
    ("opening hours", "open", "营业时间", "waktu", "நேரம்"),
    ("tax", "税"),
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("How do I get my refund?", 0),
        ("refunds", 0),
        ("什么时候可以退款", 0),
        ("பணம் திரும்பக் கிடைக்குமா?", 0),
        ("opening hours please", 1),
        ("your opening hours for refunds", 1),
        ("tax", 2),
        ("taxi to the office", None),
        ("shopping", None),
        ("", None),
    ],
)
def test_the_answer_whose_words_say_most_is_found(text: str, place: int | None) -> None:
    assert matching.best([[normalise(word) for word in words] for words in ANSWERS], normalise(text)) == place
