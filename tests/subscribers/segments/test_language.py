"""The language of segments: what is read, what is refused and where, and that nothing else is ever made of a text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import texts
from subscribers.segments import in_words, language, tree
from subscribers.segments.flaws import BadSegment, Flaw
from subscribers.segments.tree import And, Field, Not, Or, Sign, Term
from tests.subscribers.segments.growing import KNOWN, POSTER, trees

FLOODS = Term(Field.TOPIC, Sign.IS, ("floods",))
TAMIL = Term(Field.LANGUAGE, Sign.IS, ("ta",))
MALAY = Term(Field.LANGUAGE, Sign.IS, ("ms",))
JOINED = Term(Field.JOINED, Sign.AFTER, ("2026-01-01",))


def refused(text: str) -> BadSegment:
    with pytest.raises(BadSegment) as caught:
        language.read(text, KNOWN)
    return caught.value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("topic:floods", FLOODS),
        ("TOPIC = Floods", FLOODS),
        ('topic:"road   WORKS"', Term(Field.TOPIC, Sign.IS, ("roads",))),
        ("language:ta,ms", Term(Field.LANGUAGE, Sign.IS, ("ta", "ms"))),
        ("language:ta,தமிழ்,Tamil", TAMIL),
        ("topic:floods and language:ta or joined>2026-01-01", Or((And((FLOODS, TAMIL)), JOINED))),
        ("topic:floods and (language:ta or language:ms)", And((FLOODS, Or((TAMIL, MALAY))))),
        ("not topic:floods and language:ta", And((Not(FLOODS), TAMIL))),
        ("not (topic:floods and language:ta)", Not(And((FLOODS, TAMIL)))),
        ("((topic:floods)) and (language:ta and joined>2026-01-01)", And((FLOODS, TAMIL, JOINED))),
        ("主题：水灾 和 （语言：ta 或 语言：ms）", And((FLOODS, Or((TAMIL, MALAY))))),
        ("topik:banjir dan bukan bahasa:ta", And((FLOODS, Not(TAMIL)))),
        ("தலைப்பு:வெள்ளம் மற்றும் மொழி:ta அல்லது சேர்ந்தது>2026-01-01", Or((And((FLOODS, TAMIL)), JOINED))),
        ("joined≥2026-01-01", Term(Field.JOINED, Sign.SINCE, ("2026-01-01",))),
        ("seen <= 2026-01-01", Term(Field.SEEN, Sign.UNTIL, ("2026-01-01",))),
        ("area:bedok,none", Term(Field.AREA, Sign.IS, ("bedok", "none"))),
        ("source:“poster-bedok”", Term(Field.SOURCE, Sign.IS, ("poster-bedok",))),
    ],
)
def test_a_text_is_read_in_any_of_the_languages(text: str, meant: tree.Tree) -> None:
    assert language.read(text, KNOWN) == meant


@pytest.mark.parametrize(
    ("text", "flaw", "at"),
    [
        ("", Flaw.EMPTY, 1),
        (" \n\u3000 ", Flaw.EMPTY, 1),
        ("topic:floods language:ta", Flaw.NO_JOINT, 14),
        ("topic:floods and", Flaw.NO_TERM, 17),
        ("and topic:floods", Flaw.NO_TERM, 1),
        ("(topic:floods", Flaw.NO_END, 1),
        ("topic:floods)", Flaw.NO_JOINT, 13),
        ("(topic:floods language:ta)", Flaw.NO_JOINT, 15),
        ('topic:"floods', Flaw.NO_END, 7),
        ("colour:red", Flaw.NO_FIELD, 1),
        ("topic", Flaw.NO_SIGN, 6),
        ("topic:", Flaw.NO_VALUE, 7),
        ("topic:floods,", Flaw.NO_VALUE, 14),
        ("topic:flod", Flaw.UNKNOWN, 7),
        ("topic>floods", Flaw.WRONG_SIGN, 6),
        ("joined:2026-01-01", Flaw.WRONG_SIGN, 7),
        ("joined>yesterday", Flaw.NO_DAY, 8),
        ("joined>2026-02-30", Flaw.NO_DAY, 8),
        ("joined>9999-12-31", Flaw.NO_DAY, 8),
        ("joined>२०२६-०१-०१", Flaw.NO_DAY, 8),
        ("not " * 9 + "topic:floods", Flaw.TOO_DEEP, 37),
        ("(" * 400, Flaw.TOO_DEEP, 10),
        (" or ".join(["topic:floods"] * 13), Flaw.TOO_MANY, 193),
        ("topic:" + ",".join(["floods"] * 41), Flaw.TOO_MANY, 287),
        ("topic:floods" + " " * 489, Flaw.TOO_LONG, 501),
    ],
)
def test_what_means_nothing_is_refused_at_its_place(text: str, flaw: Flaw, at: int) -> None:
    bad = refused(text)
    assert (bad.flaw, bad.at) == (flaw, at)
    for locale in texts.locales():
        assert in_words.explained(bad, locale)


@pytest.mark.parametrize(
    "text",
    [
        "topic:floods'; DROP TABLE subscribers; --",
        "topic:floods) OR 1=1 --",
        "topic:%' OR '1'='1",
        "topic:floods UNION SELECT value FROM addresses",
        "topic:flo\u200bods",
        "topic:\u202esdoolf",
        "topic:flооds",  # two letters are Cyrillic
        "topic:floods\x00",
        "topic:\ud800",
        "language:{locale}",
        "topic:" + "\u0301" * 400,
        "\ufdfa" * 500,
        "topic:floods" + "\x1b[2J",
    ],
)
def test_hostile_input_is_an_error_message(text: str) -> None:
    told = in_words.explained(refused(text), "en")
    told.encode()
    assert not set("\x00\x1b\u202e\u200b") & set(told)


def test_a_hundred_kilobytes_are_refused_at_once() -> None:
    begun = time.process_time()
    for text in ("(" * 100_000, "topic:floods or " * 6_250, '"' * 100_000, "\ufdfa" * 100_000):
        assert refused(text).flaw is Flaw.TOO_LONG
    assert time.process_time() - begun < 1


@given(st.text(max_size=600))
def test_whatever_is_typed_is_a_tree_or_an_error(text: str) -> None:
    try:
        language.read(text, KNOWN)
    except BadSegment as bad:
        in_words.explained(bad, "ta").encode()


@given(trees())
def test_a_tree_that_is_written_down_is_read_as_itself(grown: tree.Tree) -> None:
    text = tree.show(grown)
    assert language.read(text) == grown
    assert language.read(text, KNOWN) == grown
    assert tree.show(language.read(text, KNOWN)) == text


@given(trees(), st.sampled_from(["en", "zh_Hans", "ms", "ta"]))
def test_every_tree_can_be_said_in_words(grown: tree.Tree, locale: str) -> None:
    words = in_words.said(grown, KNOWN, locale, zone="Asia/Singapore")
    assert "{" not in words
    assert words.count("(") == words.count(")")


def test_a_segment_is_read_back_in_the_officers_language() -> None:
    text = "topic:floods and (language:ta or joined>2026-01-31) and not channel:whatsapp"
    read = language.read(text, KNOWN)
    assert in_words.said(read, KNOWN, "en", zone="Asia/Singapore") == (
        "subscribed to Floods, and (reading Tamil, or subscribed after 31 Jan 2026), and not on whatsapp"
    )
    assert in_words.said(read, KNOWN, "zh_Hans", zone="Asia/Singapore").startswith("订阅了水灾，并且（阅读")


def test_an_error_says_what_was_meant_and_what_is_possible() -> None:
    assert in_words.explained(refused("language:ta and topic:flod"), "en") == (
        "At character 23: there is no topic “flod”.\nDid you mean floods?"
    )
    assert in_words.explained(refused("channel:pigeon"), "en") == (
        "At character 9: there is no app “pigeon”.\nPossible: telegram, whatsapp."
    )
    assert "Did you mean topic?" in in_words.explained(refused("topci:floods"), "en")


def test_a_source_with_quotes_in_it_can_be_typed() -> None:
    assert language.read(tree.show(Term(Field.SOURCE, Sign.IS, (POSTER,))), KNOWN).values == (POSTER,)  # type: ignore[union-attr]
